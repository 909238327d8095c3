import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

/** How often something may be tried in a time. */
export type AttemptRule = { max: number; windowSeconds: number };

/** How often a person's password or second factor may be guessed. */
export const guessRule: AttemptRule = {
  max: limits.secretGuessesMax,
  windowSeconds: limits.secretGuessesSeconds,
};

/** How often an address may try to enrol a device. */
export const enrolmentRule: AttemptRule = {
  max: limits.enrolmentsPerAddressMax,
  windowSeconds: limits.enrolmentsPerAddressSeconds,
};

/** How often a link to a new password is sent to one address of mail, and asked for by one of the network. */
export const resetRule: AttemptRule = {
  max: limits.passwordResetsPerPersonMax,
  windowSeconds: limits.passwordResetSeconds,
};
export const resetsOfAddressRule: AttemptRule = {
  max: limits.passwordResetsPerAddressMax,
  windowSeconds: limits.passwordResetSeconds,
};

/** A code of an app is used once, although its neighbours in time are taken too (RFC 6238, section 5.2). */
export const codeUseRule: AttemptRule = { max: 1, windowSeconds: 90 };

/** What came of counting an attempt. */
export type AttemptCount = { allowed: boolean; retryAfterSeconds: number };

/**
 * What an address counts as: an IPv6 address with all others of its /64, which one customer has to themselves.
 * @param address as the socket or a trusted proxy names it.
 */
export function addressKey(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  const zeros = tail === undefined ? 0 : 8 - groups.length - after;
  return [...groups, ...Array.from({ length: zeros }, () => '0')].slice(0, 4).join(':').toLowerCase();
}

/** The refusal of somebody who tried too often. */
export function tooManyAttempts(retryAfterSeconds: number): Problem {
  const detail = 'This was tried too often. Wait a while, then try again.';
  return new Problem('too_many_attempts', detail, { retryAfterSeconds });
}
