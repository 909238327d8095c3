import { formatTicketCode } from '../admission/ticket-code.ts';
import { Problem } from '../base/errors.ts';
import { isHeld, type Sale, type SaleItem } from '../orders/sale.ts';

/** A place whose ticket is made. */
export type TicketItem = SaleItem & { ticket: NonNullable<SaleItem['ticket']> };

/** What is answered while the tickets of a sale are being made. */
export function ticketsNotReady(): Problem {
  const detail = 'The tickets of this sale are being made. They are usually ready within seconds.';
  return new Problem('tickets_not_ready', detail, { retryAfterSeconds: 1 });
}

/** What is answered to whoever had a ticket before its holder. */
export function ticketTransferred(): Problem {
  return new Problem('ticket_transferred', 'The ticket was transferred: somebody else has it now.');
}

/** What is answered of a ticket whose place was given back. */
export function ticketReturned(): Problem {
  return new Problem('ticket_returned', 'The place of this ticket was given back.');
}

/**
 * One ticket of a sale.
 * @throws Problem `not_found` when the sale has no such place, `tickets_not_ready` until its ticket is made,
 * `ticket_transferred` when somebody else has it, `ticket_returned` when its place was given back.
 */
export function findTicket(sale: Sale, itemNo: number): TicketItem {
  const item = sale.items.find((one) => one.itemNo === itemNo);
  if (!item) throw new Problem('not_found', 'This sale has no such ticket.');
  if (item.isReturned) throw ticketReturned();
  if (!item.ticket) throw ticketsNotReady();
  if (!isHeld(sale, item)) throw ticketTransferred();
  return { ...item, ticket: item.ticket };
}

/** The code that the door reads: what stands in the QR of PDF and wallet passes. */
export function ticketCodeOf({ tenantId, transactionId, event }: Sale, item: TicketItem): string {
  const { keyId, signature, generation } = item.ticket;
  return formatTicketCode(
    { tenantId, eventId: event.eventId, transactionId, itemNo: item.itemNo, keyId, generation },
    signature,
  );
}

/** A file's name, of characters that every system takes. */
export function fileName(words: string, extension: string): string {
  const plain = words.normalize('NFD').replaceAll(/\p{M}/gu, '');
  const name = plain.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 80);
  return `${name.replaceAll(/^-+|-+$/g, '').toLowerCase()}.${extension}`;
}
