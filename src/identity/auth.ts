import { Problem } from '../base/errors.ts';
import { tooManyAttempts } from './attempt.ts';

/** What of better-auth is used over HTTP; what is not in this list cannot be reached. */
export type AuthPath =
  | '/sign-in/email'
  | '/sign-out'
  | '/two-factor/enable'
  | '/two-factor/disable'
  | '/two-factor/verify-totp'
  | '/two-factor/verify-backup-code'
  | '/two-factor/generate-backup-codes';

/** Who calls, as the sign-in sees it. */
export type AuthCaller = {
  cookie: string | undefined;
  address: string;
  userAgent: string | undefined;
};

/** What a call answered, with the cookies that go back to the browser. */
export type AuthAnswer = { body: Record<string, unknown>; cookies: string[] };

/** A session that has not ended, and whose it is. */
export type SignedIn = {
  sessionId: string;
  userId: string;
  name: string;
  email: string;
  twoFactor: boolean;
  expiresAt: Date;
};

/** The sign-in of staff: passwords, second factors and sessions. */
export type Auth = {
  /** @throws Problem for what is refused. */
  call(path: AuthPath, caller: AuthCaller, body: Record<string, unknown>): Promise<AuthAnswer>;
  /** Whoever is signed in by these cookies, or null. */
  readSession(cookie: string | undefined): Promise<SignedIn | null>;
  /** Writes a password as it is stored: scrypt with a salt of its own. */
  hashPassword(password: string): Promise<string>;
  verifyPassword(hash: string, password: string): Promise<boolean>;
};

/** The refusal of a body in which one field is wrong. */
export function wrongField(path: string, message: string): Problem {
  const errors = [{ path, code: 'wrong', message }];
  return new Problem('body_invalid', 'The body is well formed but wrong; "errors" names each field.', {
    errors,
  });
}

/** The refusal of whoever is not signed in. */
export function unauthenticated(): Problem {
  return new Problem('unauthenticated', 'Sign in, or send the token of an API key or a device.');
}

const lockSeconds = 900;

/** What a refusal of better-auth means in our contract; null for one that nobody should see. */
export function toProblem(status: number, code: string, retryAfterSeconds: number): Problem | null {
  switch (code) {
    case 'INVALID_EMAIL':
    case 'INVALID_EMAIL_OR_PASSWORD':
      return new Problem('sign_in_failed', 'The e-mail address or the password is wrong.');
    case 'INVALID_PASSWORD':
    case 'PASSWORD_TOO_LONG':
      return wrongField('/password', 'This is not your password.');
    case 'INVALID_CODE':
    case 'INVALID_BACKUP_CODE':
      return new Problem('second_factor_wrong', 'The code is wrong, was used before, or is too old.');
    case 'INVALID_TWO_FACTOR_COOKIE':
    case 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE':
      return new Problem('sign_in_ended', 'Sign in with the password again, then send a code.');
    case 'ACCOUNT_TEMPORARILY_LOCKED':
      return tooManyAttempts(lockSeconds);
    case 'TOTP_ALREADY_ENABLED':
      return new Problem('two_factor_enabled', 'A second factor is set up; disable it first.');
    case 'TOTP_NOT_ENABLED':
    case 'TWO_FACTOR_NOT_ENABLED':
    case 'BACKUP_CODES_NOT_ENABLED':
      return new Problem('two_factor_missing', 'Set up a second factor first.');
    default:
      if (status === 401) return unauthenticated();
      return status === 429 ? tooManyAttempts(retryAfterSeconds) : null;
  }
}

/**
 * Tries a second factor: six digits of an app, or else a backup code, which is used up.
 * @throws Problem `second_factor_wrong`, `sign_in_ended`, `too_many_attempts`.
 */
export function verifySecondFactor(auth: Auth, caller: AuthCaller, code: string): Promise<AuthAnswer> {
  const path = /^\d{6}$/.test(code) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code';
  return auth.call(path, caller, { code });
}

/** The Cookie header that a browser would send after these Set-Cookie headers. */
export function cookieAfter(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
}
