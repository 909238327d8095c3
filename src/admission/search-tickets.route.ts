import { Type } from 'typebox';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { searchTickets } from './door-list.store.ts';
import { hasEvent } from './revoked-code.store.ts';
import { doorTicketAnswer, doorTicketSchema } from './scan.schema.ts';

/** `GET /sellers/{id}/events/{id}/door-tickets?q=…`: tickets by a name, the end of a document, or a sale's number. */
export function searchTicketsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/door-tickets',
    {
      config: { right: 'admission.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'searchTickets',
        tags: ['admission'],
        summary: "Tickets of an event by name, the end of a document, or a sale's number",
        params: eventParamsSchema,
        querystring: object({ q: Type.String({ minLength: 2, maxLength: 80, pattern: '\\S' }) }),
        response: { 200: object({ data: Type.Array(doorTicketSchema) }) },
      },
    },
    async ({ params, query }) => {
      const key = eventKeyOf(params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(params.event_id);
      const tickets = await searchTickets(reader, key, query.q.trim());
      return { data: tickets.map((ticket) => doorTicketAnswer(key, ticket)) };
    },
  );
}
