import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openTickets, saleNotFound, ticketLinks } from '../orders/sale-token.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { writeCalendar } from './calendar.ts';
import { fileName } from './sale-ticket.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined };

/** `GET /sales/transactions/{id}/calendar.ics`: the event for a calendar. */
export function readCalendarRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/calendar.ics',
    {
      compress: false,
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readCalendar',
        tags: ['sales'],
        summary: 'The event of a sale as a calendar file',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        produces: ['text/calendar'],
      },
    },
    async (request, reply) => {
      const access = openTickets(deps.secret, request.params.transaction_id, request.query.token);
      const sale = access && (await readHeldTickets(deps.reader, access));
      if (!sale) throw saleNotFound();
      const { page } = ticketLinks(deps.secret, deps.publicUrl, access);
      const calendar = writeCalendar(sale, deps.publicUrl === undefined ? null : page);
      reply.header('content-disposition', `attachment; filename="${fileName(sale.event.name, 'ics')}"`);
      return reply.type('text/calendar; charset=utf-8').send(calendar);
    },
  );
}
