import { isUuid } from '../base/ids.ts';

/** How far a scanner has heard: sales up to a key, revocations and scans up to a number. */
export type DoorCursor = {
  transactionId: string;
  revocationNo: number;
  scanNo: number;
  /** When it had heard of all sales; null: it has not yet. */
  since: Date | null;
};

/** The cursor of whoever has heard of nothing. */
export const firstDoorCursor: DoorCursor = {
  transactionId: '00000000-0000-0000-0000-000000000000',
  revocationNo: 0,
  scanNo: 0,
  since: null,
};

/** Writes a cursor as the API hands it out. */
export function formatDoorCursor({ transactionId, revocationNo, scanNo, since }: DoorCursor): string {
  return [transactionId, revocationNo, scanNo, since?.getTime() ?? 0].join('.');
}

/** Reads a cursor, or null for a text that is none. */
export function parseDoorCursor(text: string): DoorCursor | null {
  const match = /^([0-9a-f-]{36})\.(\d{1,9})\.(\d{1,9})\.(\d{1,15})$/.exec(text);
  const [, transactionId = '', revocationNo, scanNo, since] = match ?? [];
  if (!isUuid(transactionId)) return null;
  return {
    transactionId,
    revocationNo: Number(revocationNo),
    scanNo: Number(scanNo),
    since: since === '0' ? null : new Date(Number(since)),
  };
}
