import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether a body comes from Meta: `X-Hub-Signature-256` is `sha256=` and the HMAC-SHA256 of its bytes by the app's secret.
 * @see https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
export function isHubSignature(appSecret: string, body: Buffer, signature: string | undefined): boolean {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature ?? '')?.[1] ?? '';
  const expected = createHmac('sha256', appSecret).update(body).digest();
  const given = Buffer.from(hex, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
