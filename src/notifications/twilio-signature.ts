import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a form comes from Twilio: `X-Twilio-Signature` is the HMAC-SHA1, by the account's auth token, of the address as
 * Twilio knows it and of every field, name then value, in the order of the names and values, doubles left out.
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function isTwilioSignature(
  authToken: string,
  url: string,
  form: URLSearchParams,
  signature: string | undefined,
): boolean {
  const names = [...new Set(form.keys())].toSorted();
  const values = (name: string) => [...new Set(form.getAll(name))].toSorted();
  const text = url + names.flatMap((name) => values(name).map((value) => name + value)).join('');
  const expected = createHmac('sha1', authToken).update(text).digest();
  const given = Buffer.from(signature ?? '', 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
