import { createHmac, timingSafeEqual } from 'node:crypto';
import { formatUuid } from '../base/ids.ts';
import type { SaleKey } from '../orders/sale-token.ts';

// The sale's 16 bytes before 18 of a signature: 34 bytes are 46 characters.
const pattern = /^([1-9]\d{0,9})\.([A-Za-z0-9_-]{46})$/;
const maxInt4 = 2_147_483_647;

function sign(secret: string, { tenantId, transactionId }: SaleKey): Buffer {
  const text = `unsubscribe|${tenantId}|${transactionId}`;
  return createHmac('sha256', secret).update(text).digest().subarray(0, 18);
}

/** What a link says that ends reminders to a sale's buyer. It opens nothing else: whoever has it cannot read the sale. */
function unsubscribeCode(secret: string, key: SaleKey): string {
  const id = Buffer.from(key.transactionId.replaceAll('-', ''), 'hex');
  return `${key.tenantId}.${Buffer.concat([id, sign(secret, key)]).toString('base64url')}`;
}

/** The sale whose buyer a code is for, or null when it is malformed or was not made by this secret. */
export function openUnsubscribeCode(secret: string, code: string): SaleKey | null {
  const match = pattern.exec(code);
  const tenantId = Number(match?.[1]);
  if (!match || tenantId > maxInt4) return null;
  const bytes = Buffer.from(match[2]!, 'base64url');
  const key = { tenantId, transactionId: formatUuid(bytes.subarray(0, 16)) };
  return timingSafeEqual(bytes.subarray(16), sign(secret, key)) ? key : null;
}

/** The address of the page that ends reminders, which programs may post to as well (RFC 8058). */
export function unsubscribeUrl(secret: string, publicUrl: string, key: SaleKey): string {
  return `${publicUrl.replace(/\/+$/, '')}/unsubscribe/${unsubscribeCode(secret, key)}`;
}
