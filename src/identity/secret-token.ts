import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';

/** What a token is for: `live` is an API key, `invite` and `reset` links in a mail, `transfer` one that a ticket goes by. */
export type TokenKind = 'live' | 'device' | 'invite' | 'reset' | 'transfer';

/** A token that is shown once. Only its hash is stored: 256 random bits need no slow one. */
export type SecretToken = { text: string; hash: Buffer };

const tokenPattern = /^tq_(live|device|invite|reset|transfer)_(0|[1-9]\d{0,9})_([A-Za-z0-9_-]{43})$/;
// Without I, L, O and U, which are misread or spell words.
const codeAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 6;
const maxInt4 = 2_147_483_647;

/** The hash of a secret, as it is stored and looked for. */
export function hashSecret(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Makes a token of a seller, such as `tq_live_1_…`; 0 is the platform's. */
export function makeToken(kind: Exclude<TokenKind, 'transfer'>, tenantId: number): SecretToken {
  const text = `tq_${kind}_${tenantId}_${randomBytes(32).toString('base64url')}`;
  return { text, hash: hashSecret(text) };
}

/**
 * The token of a transfer, derived from the server's secret: a message that brings it is made again from the transfer's
 * id, so that nothing with which a ticket can be taken is stored.
 */
export function transferToken(secret: string, tenantId: number, transferId: string): SecretToken {
  const mac = createHmac('sha256', secret).update(`transfer|${tenantId}|${transferId}`).digest('base64url');
  const text = `tq_transfer_${tenantId}_${mac}`;
  return { text, hash: hashSecret(text) };
}

/** The seller that a token names and the hash to look for, or null for a text that is no such token. */
export function parseToken(text: string): { kind: TokenKind; tenantId: number; hash: Buffer } | null {
  const match = tokenPattern.exec(text);
  const tenantId = Number(match?.[2]);
  if (!match || tenantId > maxInt4) return null;
  return { kind: match[1] as TokenKind, tenantId, hash: hashSecret(text) };
}

/** Makes a code that a person types into a device: its seller, its number, and six characters (30 bits). */
export function makeEnrolmentCode(tenantId: number, deviceNo: number): SecretToken {
  const secret = Array.from({ length: codeLength }, () => codeAlphabet[randomInt(codeAlphabet.length)]).join(
    '',
  );
  const text = `${tenantId}-${deviceNo}-${secret}`;
  return { text, hash: hashSecret(text) };
}

/** Reads a typed code, in lower case, with spaces, or with O for 0 and I or L for 1; null for a text that is none. */
export function parseEnrolmentCode(
  typed: string,
): { tenantId: number; deviceNo: number; hash: Buffer } | null {
  const text = typed.toUpperCase().replaceAll(/\s/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  const match = /^([1-9]\d{0,9})-([1-9]\d{0,9})-([0-9A-Z]{6})$/.exec(text);
  if (!match) return null;
  const [tenantId, deviceNo] = [Number(match[1]), Number(match[2])];
  return tenantId > maxInt4 || deviceNo > maxInt4 ? null : { tenantId, deviceNo, hash: hashSecret(text) };
}
