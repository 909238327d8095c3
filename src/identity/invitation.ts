import { Problem, type FieldError } from '../base/errors.ts';

/** What a link is answered with that was used, revoked, has expired, or never was: nobody learns which. */
export function invitationEnded(): Problem {
  return new Problem(
    'invitation_ended',
    'This invitation was used, revoked, or has expired. Ask for another.',
  );
}

/** What somebody sends to accept an invitation. */
export type Acceptance = { name?: string; password?: string };

/** Who accepts: somebody who signs in already, or a new person with a name and a password. */
export type Accepting = { isNew: false } | { isNew: true; name: string; password: string };

function refuse(errors: FieldError[]): Problem {
  return new Problem('body_invalid', 'The body is well formed but wrong; "errors" names each field.', {
    errors,
  });
}

/**
 * Tells what an acceptance means. The link proves the address, not the password of an account that is there, so it
 * can never set one.
 * @param suggestedName whoever invites may have given a name.
 * @throws Problem `body_invalid`.
 */
export function decideAcceptance(
  hasAccount: boolean,
  { name, password }: Acceptance,
  suggestedName: string | null,
): Accepting {
  if (hasAccount) {
    const message = 'This address signs in already: accept without it, then sign in with your own password.';
    const given = { name, password };
    const errors = (['name', 'password'] as const)
      .filter((field) => given[field] !== undefined)
      .map((field) => ({ path: `/${field}`, code: 'not_allowed', message }));
    if (errors.length > 0) throw refuse(errors);
    return { isNew: false };
  }
  const chosen = name ?? suggestedName;
  if (chosen !== null && password !== undefined) return { isNew: true, name: chosen, password };
  const missing = [...(chosen === null ? ['name'] : []), ...(password === undefined ? ['password'] : [])];
  throw refuse(
    missing.map((field) => ({ path: `/${field}`, code: 'missing', message: `"${field}" is missing.` })),
  );
}
