import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase32, encodeBase32 } from '../base/base32.ts';
import { formatUuid } from '../base/ids.ts';
import { messageKinds } from './message-kind.ts';
import type { MessageKey } from './message-reference.ts';

// A seller's number, a sale's id, a kind's place and an occasion; then 80 bits that prove them.
const keyBytes = 4 + 16 + 1 + 2;
const macBytes = 10;
const pattern = /^b-([a-z2-7]{53})@(.+)$/;

/** What mails' envelopes are sent from, so that what comes back names its message: `b-…@bounces.example.com`. */
export type ReturnPaths = { domain: string; secret: string };

function prove(secret: string, key: Buffer): Buffer {
  return createHmac('sha256', secret).update('return path|').update(key).digest().subarray(0, macBytes);
}

/** The address to which one mail comes back (VERP); its local part has 55 characters of the 64 that one may have. */
export function formatReturnPath({ domain, secret }: ReturnPaths, key: Omit<MessageKey, 'channel'>): string {
  const bytes = Buffer.alloc(keyBytes);
  bytes.writeInt32BE(key.tenantId);
  bytes.write(key.transactionId.replaceAll('-', ''), 4, 'hex');
  bytes.writeUInt8(messageKinds.indexOf(key.kind), 20);
  bytes.writeInt16BE(key.occasionNo, 21);
  const text = encodeBase32(Buffer.concat([bytes, prove(secret, bytes)]));
  return `b-${text.toLowerCase()}@${domain}`;
}

/** The mail that came back to an address, however it is spelled; null for one that we never gave. */
export function parseReturnPath({ domain, secret }: ReturnPaths, address: string): MessageKey | null {
  const match = pattern.exec(address.toLowerCase());
  const bytes = match && match[2] === domain.toLowerCase() ? decodeBase32(match[1]!.toUpperCase()) : null;
  if (!bytes) return null;
  const key = bytes.subarray(0, keyBytes);
  if (!timingSafeEqual(prove(secret, key), bytes.subarray(keyBytes))) return null;
  const kind = messageKinds[key.readUInt8(20)];
  if (!kind) return null;
  return {
    tenantId: key.readInt32BE(),
    transactionId: formatUuid(key.subarray(4, 20)),
    channel: 'email',
    kind,
    occasionNo: key.readInt16BE(21),
  };
}
