import { NetworkFailure, Refusal } from './api.ts';
import type { Gate, Mood, Ticket } from './contract.ts';
import type { Shown } from './door-session.svelte.ts';
import { t } from './language.svelte.ts';

/** A fault in the reader's own words; the server's sentence where the code is not known here. */
export function faultWords(error: unknown): string {
  if (!(error instanceof Refusal)) return error instanceof NetworkFailure ? t.faults.network : String(error);
  return t.faults.codes[error.code] ?? (error.status >= 500 ? t.faults.server : error.message);
}

/** The name of a gate; the main one has none of its own. */
export function gateName(gates: readonly Gate[], id: number): string {
  return gates.find((gate) => gate.id === id)?.name || t.scan.mainGate;
}

export function seatWords(ticket: Ticket): string {
  const { row, number, zone_name: zone } = ticket;
  return row === undefined || number === undefined ? zone : `${zone} · ${t.details.row(row, number)}`;
}

/** What a verdict is to whoever stands there: what can be helped is no alarm. */
export function moodOf({ verdict, isConflict }: Pick<Shown, 'verdict' | 'isConflict'>): Mood {
  if (isConflict) return 'bad';
  if (verdict === 'admitted' || verdict === 'left') return 'good';
  return ['not_valid_here', 'too_early', 'undone', 'not_inside'].includes(verdict) ? 'warn' : 'bad';
}
