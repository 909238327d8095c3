import { createHash } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';

function digest(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, canonical(inner)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/**
 * The stored form of an idempotency key: 16 bytes of SHA-256, written as a UUID. A key belongs to a caller
 * and a route, so the same text of two callers is two keys.
 */
export function digestKey(caller: string, route: string, key: string): string {
  return digest(`${caller}\n${route}\n${key}`);
}

/** The stored form of a body, the same whatever the order of its properties. */
export function digestBody(body: unknown): string {
  return digest(JSON.stringify(canonical(body)));
}

/**
 * The key that a request names itself by in its `Idempotency-Key`.
 * @throws Problem `idempotency_key_missing`, `idempotency_key_invalid`.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') {
    const detail =
      'Send an Idempotency-Key header: a text of your own, new for each change and the same for each retry.';
    throw new Problem('idempotency_key_missing', detail, {
      errors: [{ path: 'header/idempotency-key', code: 'missing', message: detail }],
    });
  }
  if (
    typeof header !== 'string' ||
    header.length > limits.idempotencyKeyCharsMax ||
    !/^[\x21-\x7e]+$/.test(header)
  ) {
    const detail = `An Idempotency-Key has 1 to ${limits.idempotencyKeyCharsMax} visible ASCII characters.`;
    throw new Problem('idempotency_key_invalid', detail, {
      errors: [{ path: 'header/idempotency-key', code: 'invalid', message: detail }],
    });
  }
  return header;
}
