import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openTickets, saleNotFound } from '../orders/sale-token.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { isHeld, lacksTickets, type Sale } from '../orders/sale.ts';
import { fileName, ticketsNotReady, ticketReturned, ticketTransferred } from './sale-ticket.ts';
import type { TicketLooks } from './ticket-look.store.ts';
import { drawTickets } from './ticket-pdf.ts';

type Deps = { secret: string; reader: Reader; ticketLooks: TicketLooks };

/** A name under which a person finds the file again. */
function nameOf(sale: Sale): string {
  const word = { es: 'entradas', en: 'tickets' }[sale.locale];
  return fileName(`${word} ${sale.event.name} ${sale.fiscalNumber ?? ''}`, 'pdf');
}

/** `GET /sales/transactions/{id}/tickets.pdf`: the tickets of a sale that are still its buyer's, or a holder's one, a page each. */
export function readTicketsRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets.pdf',
    {
      compress: false,
      config: {
        problems: ['transaction_not_found', 'tickets_not_ready', 'ticket_transferred', 'ticket_returned'],
      },
      schema: {
        operationId: 'readTickets',
        tags: ['sales'],
        summary: 'The tickets as a PDF, a page each',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        produces: ['application/pdf'],
      },
    },
    async (request, reply) => {
      const access = openTickets(deps.secret, request.params.transaction_id, request.query.token);
      const sale = access && (await readHeldTickets(deps.reader, access));
      if (!sale) throw saleNotFound();
      if (lacksTickets(sale)) throw ticketsNotReady();
      if (!sale.items.some((item) => isHeld(sale, item)))
        throw sale.items.every((item) => item.isReturned) ? ticketReturned() : ticketTransferred();
      const pdf = await drawTickets(
        sale,
        await deps.ticketLooks.lookOf({ tenantId: sale.tenantId, eventId: sale.event.eventId }),
      );
      reply.header('content-disposition', `inline; filename="${nameOf(sale)}"`);
      return reply.type('application/pdf').send(pdf);
    },
  );
}
