import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import type { Sale } from '../orders/sale.ts';
import { fileName, ticketsNotReady } from './sale-ticket.ts';
import { drawTickets } from './ticket-pdf.ts';

type Deps = { secret: string; reader: Reader };

/** A name under which a person finds the file again. */
function nameOf(sale: Sale): string {
  const word = { es: 'entradas', en: 'tickets' }[sale.locale];
  return fileName(`${word} ${sale.event.name} ${sale.fiscalNumber ?? ''}`, 'pdf');
}

/** `GET /sales/transactions/{id}/tickets.pdf`: the tickets of a sale, a page each. */
export function readTicketsRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets.pdf',
    {
      compress: false,
      config: { problems: ['transaction_not_found', 'tickets_not_ready'] },
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
      const key = openSale(deps.secret, request.params.transaction_id, request.query.token);
      const sale = key && (await readSale(deps.reader, key));
      if (!sale) throw saleNotFound();
      if (sale.items.some((item) => !item.ticket)) throw ticketsNotReady();
      const pdf = await drawTickets(sale);
      reply.header('content-disposition', `inline; filename="${nameOf(sale)}"`);
      return reply.type('application/pdf').send(pdf);
    },
  );
}
