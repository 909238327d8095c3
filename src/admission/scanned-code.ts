import type { KeyObject } from 'node:crypto';
import type { ScanReason } from './door.ts';
import { verifyTicket } from './ticket-code.ts';

/** What was scanned: a ticket with the generation of its code, or why it is none. */
export type Scanned =
  | { ticket: { transactionId: string; itemNo: number; generation: number | null }; reason: null }
  | { ticket: null; reason: ScanReason };

/**
 * Reads a code as a scanner gives it, in whatever case and with spaces about it.
 * @param keys the seller's public keys by their numbers.
 */
export function readScannedCode(
  tenantId: number,
  code: string,
  keys: ReadonlyMap<number, KeyObject>,
): Scanned {
  const verdict = verifyTicket(code.trim().toUpperCase(), (seller, keyId) =>
    seller === tenantId ? keys.get(keyId) : undefined,
  );
  if (!verdict.valid) return { ticket: null, reason: verdict.reason };
  const { transactionId, itemNo, generation } = verdict.claims;
  return { ticket: { transactionId, itemNo, generation }, reason: null };
}

/** Reads a ticket's id, which staff picked from a list: whatever its code is now. */
export function readPickedTicket(ticketId: string): Scanned {
  const match = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([1-9]\d{0,3})$/.exec(ticketId);
  const [, transactionId, itemNo] = match ?? [];
  if (transactionId === undefined) return { ticket: null, reason: 'malformed' };
  return { ticket: { transactionId, itemNo: Number(itemNo), generation: null }, reason: null };
}
