import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { isUuid } from '../base/ids.ts';
import { formatTicketId, type Sale } from '../orders/sale.ts';

/**
 * The serial number of a ticket's pass. A buyer's is the ticket's id and a holder's the transfer's, so that the one is
 * void while the other goes on.
 */
export function passSerial(sale: Sale, itemNo: number): string {
  return sale.heldBy ?? formatTicketId(sale.transactionId, itemNo);
}

/** What a serial number names: a transfer, or a place of a sale; null for a text that is none. */
export function parseSerial(
  serial: string,
): { transferId: string } | { transactionId: string; itemNo: number } | null {
  if (isUuid(serial)) return { transferId: serial };
  const [transactionId, itemNo] = [serial.slice(0, 36), serial.slice(36)];
  if (!isUuid(transactionId) || !/^-[1-9]\d{0,4}$/.test(itemNo) || Number(itemNo) < -32_767) return null;
  return { transactionId, itemNo: -Number(itemNo) };
}

/** What a telephone proves with that it has a pass: the `authenticationToken` within it. */
export function passToken(secret: string, tenantId: number, serial: string): string {
  const text = `apple pass|${tenantId}|${serial}`;
  return createHmac('sha256', secret).update(text).digest().subarray(0, 24).toString('base64url');
}

/** Whether an Authorization header proves that its sender has the pass. */
export function provesPass(
  secret: string,
  tenantId: number,
  serial: string,
  header: string | undefined,
): boolean {
  const given = Buffer.from(/^ApplePass (.+)$/.exec(header ?? '')?.[1] ?? '');
  const right = Buffer.from(passToken(secret, tenantId, serial));
  return given.length === right.length && timingSafeEqual(given, right);
}

/**
 * Where a telephone asks for what has become of a pass (Apple appends `/v1/…`), and what it proves with that it has it;
 * null when our public address is not known.
 */
export function passService(
  { secret, publicUrl }: { secret: string; publicUrl: string | undefined },
  tenantId: number,
  serial: string,
): { url: string; token: string } | null {
  if (publicUrl === undefined) return null;
  const url = `${publicUrl.replace(/\/+$/, '')}/wallet/apple/${tenantId}`;
  return { url, token: passToken(secret, tenantId, serial) };
}

/** @throws Problem `unauthenticated` when the header does not prove that its sender has the pass. */
export function requirePass(
  secret: string,
  { tenant_id: tenantId, serial }: { tenant_id: number; serial: string },
  header: string | undefined,
): void {
  if (provesPass(secret, tenantId, serial, header)) return;
  throw new Problem('unauthenticated', 'The authorization is not the one of this pass.');
}
