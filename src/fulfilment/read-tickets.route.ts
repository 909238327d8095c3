import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import type { Sale } from '../orders/sale.ts';
import { drawTickets } from './ticket-pdf.ts';

type Deps = { secret: string; reader: Reader };

/** A name under which a person finds the file again, of characters that every system takes. */
function fileName(sale: Sale): string {
  const words = `${{ es: 'entradas', en: 'tickets' }[sale.locale]} ${sale.event.name} ${sale.fiscalNumber ?? ''}`;
  const plain = words.normalize('NFD').replaceAll(/\p{M}/gu, '');
  const name = plain.replaceAll(/[^A-Za-z0-9]+/g, '-').slice(0, 80);
  return `${name.replaceAll(/^-+|-+$/g, '').toLowerCase()}.pdf`;
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
      if (sale.items.some((item) => !item.ticket)) {
        const detail = 'The tickets of this sale are being made. They are usually ready within seconds.';
        throw new Problem('tickets_not_ready', detail, { retryAfterSeconds: 1 });
      }
      const pdf = await drawTickets(sale);
      reply.header('content-disposition', `inline; filename="${fileName(sale)}"`);
      return reply.type('application/pdf').send(pdf);
    },
  );
}
