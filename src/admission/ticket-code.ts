import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { decodeBase32, encodeBase32 } from '../base/base32.ts';
import { formatUuid } from '../base/ids.ts';

/** What a ticket's code says: which place of which sale it admits to which event. */
export type TicketClaims = {
  tenantId: number;
  eventId: number;
  transactionId: string;
  itemNo: number;
  /** The seller's key that signed it. */
  keyId: number;
  /** The how-manieth code of the ticket; a new one revokes those before it. */
  generation: number;
};

/** Finds a seller's public key, or undefined for one that it does not have. */
export type PublicKeyLookup = (tenantId: number, keyId: number) => KeyObject | undefined;

export type Verdict =
  | { valid: true; claims: TicketClaims }
  | { valid: false; reason: 'malformed' | 'unknown_key' | 'forged' };

// Layout: version 1, key 2, seller 4, event 4, sale 16, item 2, then 64 bytes of Ed25519. In base32
// these 93 bytes are 149 characters, all of QR's alphanumeric mode: with the prefix they fit version 6
// at level M (41 modules), where base64url needs bytes and version 8 (49 modules). A ticket's first code is
// version 1; later ones are version 2, with a byte for the generation after the item, and fill version 6 to
// its last of 154 characters.
const prefix = 'TQ-';
const firstPayloadBytes = 29;
const signatureBytes = 64;
const charsOf = (payloadBytes: number) =>
  prefix.length + Math.ceil(((payloadBytes + signatureBytes) * 8) / 5);

/** How many codes a ticket may have, the first included. */
export const generationsMax = 255;
// What is signed starts with its purpose, so that no other signature of the key can pass for a ticket.
const purpose = Buffer.from('taquilla ticket\n');

function encodePayload(claims: TicketClaims): Buffer {
  const isFirst = claims.generation === 1;
  const payload = Buffer.alloc(isFirst ? firstPayloadBytes : firstPayloadBytes + 1);
  payload.writeUInt8(isFirst ? 1 : 2, 0);
  payload.writeUInt16BE(claims.keyId, 1);
  payload.writeUInt32BE(claims.tenantId, 3);
  payload.writeUInt32BE(claims.eventId, 7);
  payload.write(claims.transactionId.replaceAll('-', ''), 11, 'hex');
  payload.writeUInt16BE(claims.itemNo, 27);
  if (!isFirst) payload.writeUInt8(claims.generation, firstPayloadBytes);
  return payload;
}

/** The part of a code that is signed, or null when it is not laid out as any code is. */
function payloadOf(code: string): { payload: Buffer; signature: Buffer } | null {
  if (!code.startsWith(prefix)) return null;
  const version = [1, 2].find((one) => code.length === charsOf(firstPayloadBytes + one - 1));
  const bytes = version === undefined ? null : decodeBase32(code.slice(prefix.length));
  if (version === undefined || bytes?.[0] !== version) return null;
  // The first generation has one spelling: version 1.
  if (version === 2 && bytes.readUInt8(firstPayloadBytes) < 2) return null;
  const end = bytes.length - signatureBytes;
  return { payload: bytes.subarray(0, end), signature: bytes.subarray(end) };
}

function decodePayload(payload: Buffer): TicketClaims {
  return {
    keyId: payload.readUInt16BE(1),
    tenantId: payload.readUInt32BE(3),
    eventId: payload.readUInt32BE(7),
    transactionId: formatUuid(payload.subarray(11, 27)),
    itemNo: payload.readUInt16BE(27),
    generation: payload[firstPayloadBytes] ?? 1,
  };
}

/** Reads a seller's private key (PKCS #8, DER), as `seller_keys` holds it. */
export function readPrivateKey(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** Reads a seller's public key (SPKI, DER), as `seller_keys` holds it. */
export function readPublicKey(der: Buffer): KeyObject {
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** Signs a ticket: the 64 bytes of Ed25519 that its row keeps. The same ticket has the same signature. */
export function signTicket(claims: TicketClaims, privateKey: KeyObject): Buffer {
  return sign(null, Buffer.concat([purpose, encodePayload(claims)]), privateKey);
}

/** The code of a ticket, as its QR shows it: 152 to 154 characters of A–Z, 2–7 and a hyphen. */
export function formatTicketCode(claims: TicketClaims, signature: Buffer): string {
  return prefix + encodeBase32(Buffer.concat([encodePayload(claims), signature]));
}

/**
 * Checks a scanned code without any connection: only the seller's public key is needed. It accepts
 * exactly one spelling of each code.
 */
export function verifyTicket(code: string, findKey: PublicKeyLookup): Verdict {
  const parts = payloadOf(code);
  if (!parts) return { valid: false, reason: 'malformed' };
  const { payload, signature } = parts;
  const claims = decodePayload(payload);
  const key = findKey(claims.tenantId, claims.keyId);
  if (!key) return { valid: false, reason: 'unknown_key' };
  const genuine = verify(null, Buffer.concat([purpose, payload]), key, signature);
  return genuine ? { valid: true, claims } : { valid: false, reason: 'forged' };
}
