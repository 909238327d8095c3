import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { AttemptRule } from '../identity/attempt.ts';
import { openTickets, saleNotFound, type TicketAccess } from '../orders/sale-token.ts';

/** One place of a sale. */
export type TicketKey = { tenantId: number; transactionId: string; itemNo: number };

/** A ticket under its lock: nobody else changes it until the transaction ends. */
export type LockedTicket = TicketKey & {
  eventId: number;
  startsAt: Date;
  generation: number;
  /** By which its holder has it; null: it is the buyer's. */
  transferId: string | null;
};

/** How often the holder of one ticket may ask for another code. */
export const reissueRule: AttemptRule = {
  max: limits.reissuesPerTicketMax,
  windowSeconds: limits.ticketChangesSeconds,
};

/** How often the holder of one ticket may offer it. */
export const transferRule: AttemptRule = {
  max: limits.transfersPerTicketMax,
  windowSeconds: limits.ticketChangesSeconds,
};

/** What a link to tickets opens. @throws Problem `transaction_not_found`. */
export function requireAccess(
  secret: string,
  transactionId: string,
  token: string | undefined,
): TicketAccess {
  const access = openTickets(secret, transactionId, token);
  if (!access) throw saleNotFound();
  return access;
}

/** @throws Problem `ticket_transferred` when somebody else has the ticket by now. */
export function refuseFormerHolder(ticket: LockedTicket, access: TicketAccess): void {
  if (ticket.transferId === access.transferId) return;
  throw new Problem('ticket_transferred', 'The ticket was transferred: somebody else has it now.');
}

/** @throws Problem `event_started`: from then on a ticket changes hands no more. */
export function refuseStarted(ticket: LockedTicket, now: Date): void {
  if (ticket.startsAt > now) return;
  throw new Problem('event_started', 'The event has begun, so its tickets can no longer be transferred.');
}
