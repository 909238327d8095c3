import type { Direction, Door, Gate, Reason, Ticket, Verdict } from './contract.ts';
import type { Read } from './ticket-code.ts';

/** How a ticket stands by the last scan that counted. */
export type Standing = { state: 'inside' | 'outside' | 'undone'; at: string; gate_id: number };

/** What a scanner knows without asking. */
export type DoorList = {
  tickets: Map<string, Ticket>;
  /** The last revoked code of a ticket, and why. */
  revoked: Map<string, { generation: number; reason: Reason }>;
  standings: Map<string, Standing>;
};

export type Decision = {
  verdict: Verdict;
  reason?: Reason | 'not_listed';
  before?: { at: string; gate_id: number };
  admitting_gates?: string[];
};

/** The gate of an event that has none of its own. */
export const mainGate: Gate = { id: 0, name: '', zone_ids: [], ticket_kinds: [] };

function admits(gate: Gate, ticket: Ticket): boolean {
  const { zone_ids: zones, ticket_kinds: kinds } = gate;
  return (
    (zones.length === 0 || zones.includes(ticket.zone_id)) &&
    (kinds.length === 0 || (ticket.ticket_kind !== undefined && kinds.includes(ticket.ticket_kind)))
  );
}

function refuseEntry(door: Door, gate: Gate, ticket: Ticket | undefined, now: Date): Decision | null {
  if (door.opens_at !== null && now < new Date(door.opens_at)) return { verdict: 'too_early' };
  if (door.closes_at !== null && now >= new Date(door.closes_at)) return { verdict: 'too_late' };
  const isOpen = gate.zone_ids.length + gate.ticket_kinds.length === 0;
  if (isOpen) return null;
  // Its signature is genuine; where it may go in only the list can tell.
  if (!ticket) return { verdict: 'unknown', reason: 'not_listed' };
  if (admits(gate, ticket)) return null;
  const admitting = door.gates.filter((one) => admits(one, ticket)).map(({ name }) => name);
  return { verdict: 'not_valid_here', admitting_gates: admitting };
}

/**
 * Decides without a connection as record_scan of the server does, by what was synced last.
 * @param read a code, or a ticket that staff picked, whose generation is then null.
 */
export function decide(
  list: DoorList,
  at: { door: Door; gate: Gate; direction: Direction; now: Date },
  read: Read | { ticket: { eventId: string; ticketId: string; generation: null } },
): Decision {
  const { door, gate, direction, now } = at;
  if (!read.ticket) return { verdict: 'unknown', reason: read.reason };
  const { eventId, ticketId, generation } = read.ticket;
  if (eventId !== door.event.id) return { verdict: 'wrong_event' };
  const revoked = list.revoked.get(ticketId);
  const ticket = list.tickets.get(ticketId);
  if (revoked && (generation === null ? revoked.reason === 'returned' : generation <= revoked.generation))
    return { verdict: 'revoked', reason: revoked.reason };
  if (generation !== null && ticket && generation < ticket.generation)
    return { verdict: 'revoked', reason: 'reissued' };
  const standing = list.standings.get(ticketId);
  const before =
    standing && standing.state !== 'undone' ? { at: standing.at, gate_id: standing.gate_id } : null;
  if (direction === 'exit') {
    if (standing?.state === 'inside') return { verdict: 'left' };
    return { verdict: 'not_inside', ...(before && { before }) };
  }
  const refusal = refuseEntry(door, gate, ticket, now);
  if (refusal) return refusal;
  const isUsed = standing?.state === 'inside' || (standing?.state === 'outside' && !door.reentry);
  return isUsed && before ? { verdict: 'already_admitted', before } : { verdict: 'admitted' };
}
