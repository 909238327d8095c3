import type { Reason, TicketKey } from './contract.ts';

/** What a code says: which ticket of which event, by the how-manieth code of it. */
export type Claims = { eventId: string; ticketId: string; generation: number };

export type Read = { ticket: Claims; reason?: undefined } | { ticket: null; reason: Reason };

/** A key that verifies. */
export type VerifyingKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const prefix = 'TQ-';
const signatureBytes = 64;
const firstPayloadBytes = 29;
const purpose = new TextEncoder().encode('taquilla ticket\n');

/** A code as it was printed, whatever the keyboard layout made of its hyphen and capitals. */
export function tidyCode(text: string): string {
  const code = text.trim().toUpperCase();
  return code.replace(/^TQ[^A-Z0-9]/, prefix);
}

function decodeBase32(text: string): Uint8Array<ArrayBuffer> | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  if (text.length !== Math.ceil((bytes.length * 8) / 5)) return null;
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const char of text) {
    const value = alphabet.indexOf(char);
    if (value < 0) return null;
    buffer = ((buffer << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (buffer >> bits) & 0xff;
  }
  // Left-over bits are zero, so that a code has one spelling.
  return (buffer & ((1 << bits) - 1)) === 0 ? bytes : null;
}

function parse(
  code: string,
): { payload: Uint8Array<ArrayBuffer>; signature: Uint8Array<ArrayBuffer> } | null {
  if (!code.startsWith(prefix)) return null;
  const bytes = decodeBase32(code.slice(prefix.length));
  const version = bytes?.[0];
  if (!bytes || (version !== 1 && version !== 2)) return null;
  const payloadBytes = firstPayloadBytes + version - 1;
  if (bytes.length !== payloadBytes + signatureBytes) return null;
  if (version === 2 && bytes[firstPayloadBytes]! < 2) return null;
  return { payload: bytes.slice(0, payloadBytes), signature: bytes.slice(payloadBytes) };
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Makes keys that tickets are verified with. @throws where the browser knows no Ed25519. */
export async function importKeys(keys: readonly TicketKey[]): Promise<Map<number, VerifyingKey>> {
  const imported = keys.map(async ({ kid, x }): Promise<[number, VerifyingKey]> => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x };
    return [Number(kid), await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['verify'])];
  });
  return new Map(await Promise.all(imported));
}

/** Reads a code without a connection: its signature is checked with the seller's keys. */
export async function readCode(
  code: string,
  sellerId: number,
  keys: ReadonlyMap<number, VerifyingKey>,
): Promise<Read> {
  const parts = parse(code);
  if (!parts) return { ticket: null, reason: 'malformed' };
  const { payload, signature } = parts;
  const view = new DataView(payload.buffer);
  const seller = view.getUint32(3);
  const key = seller === sellerId ? keys.get(view.getUint16(1)) : undefined;
  if (!key) return { ticket: null, reason: 'unknown_key' };
  const signed = new Uint8Array([...purpose, ...payload]);
  if (!(await crypto.subtle.verify('Ed25519', key, signature, signed)))
    return { ticket: null, reason: 'forged' };
  const id = hex(payload.subarray(11, 27)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return {
    ticket: {
      eventId: `${seller}-${view.getUint32(7)}`,
      ticketId: `${id}-${view.getUint16(27)}`,
      generation: payload[firstPayloadBytes] ?? 1,
    },
  };
}
