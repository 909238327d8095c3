import type { Actor } from './principal.ts';

/** What an audit entry tells of a thing before or after a change. */
export type Facts = Record<string, string | number | boolean | null | readonly string[]>;

/** A change, as it goes into the audit log. */
export type Change = {
  tenantId: number;
  at: Date;
  actor: Actor;
  /** What was done, in the past tense of no language: `invite`, `revoke`, `change`. */
  verb: string;
  object: { kind: string; id: string };
  before?: Facts;
  after?: Facts;
};

const secretName = /password|secret|token|hash|code|cookie/i;

/**
 * Sees that no secret gets into the log, which nobody can take out again.
 * @throws when a fact has the name of a secret: that is a fault in the code that made it.
 */
export function refuseSecrets(facts: Facts | undefined): void {
  const name = Object.keys(facts ?? {}).find((one) => secretName.test(one));
  if (name !== undefined) throw new Error(`the audit log must not hold "${name}"`);
}
