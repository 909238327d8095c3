import type { Locale } from '../base/format.ts';

/** Which way somebody goes; an undo takes a scan back. */
export const scanDirections = ['entry', 'exit', 'undo'] as const;
export type ScanDirection = (typeof scanDirections)[number];

/** What a scan came to. `admitted` and `left` let somebody through; what each refusal means stands in sql/0060_door.sql. */
export const scanVerdicts = [
  'admitted',
  'left',
  'undone',
  'already_admitted',
  'not_inside',
  'not_valid_here',
  'wrong_event',
  'revoked',
  'unknown',
  'too_early',
  'too_late',
] as const;
export type ScanVerdict = (typeof scanVerdicts)[number];

/** Why a code is refused: what became of its ticket (`revoked`), or why it is none (`unknown`). */
export const scanReasons = [
  'reissued',
  'transferred',
  'returned',
  'refunded',
  'voided',
  'exchanged',
  'malformed',
  'unknown_key',
  'forged',
  'not_sold',
] as const;
export type ScanReason = (typeof scanReasons)[number];

/** A way in. Empty lists admit all. */
export type Gate = { gateNo: number; name: string; zoneNos: number[]; ticketKinds: string[] };

/** How an event's door works. Version 0: nobody has said. */
export type Door = {
  version: number;
  opensAt: Date | null;
  closesAt: Date | null;
  /** Whether who has left may come in again. */
  reentry: boolean;
  gates: Gate[];
};

/** Whether a gate admits a ticket of a zone and a kind. */
export function admits(gate: Gate, zoneNo: number, ticketKind: string | null): boolean {
  return (
    (gate.zoneNos.length === 0 || gate.zoneNos.includes(zoneNo)) &&
    (gate.ticketKinds.length === 0 || (ticketKind !== null && gate.ticketKinds.includes(ticketKind)))
  );
}

/** A ticket as whoever stands at the door sees it. */
export type DoorTicket = {
  transactionId: string;
  itemNo: number;
  generation: number;
  zoneNo: number;
  zoneName: string;
  row: string | null;
  number: string | null;
  ticketKind: string | null;
  /** Who holds it. */
  name: string;
  /** The last characters of the buyer's document. */
  documentEnd: string | null;
  saleNumber: string | null;
  locale: Locale;
  isLive: boolean;
  state: 'inside' | 'outside' | null;
};
