import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { formatTicketId } from '../orders/sale.ts';
import { firstDoorCursor, formatDoorCursor, parseDoorCursor } from './door-cursor.ts';
import { gateIdSchema } from './door.schema.ts';
import { readDoorList } from './door-list.store.ts';
import { hasEvent, readRevokedCodes } from './revoked-code.store.ts';
import { doorTicketAnswer, doorTicketSchema } from './scan.schema.ts';

const listSchema = object({
  tickets: Type.Array(doorTicketSchema),
  revoked: Type.Array(
    object({
      ticket_id: Type.String(),
      generation: Type.Integer({ description: 'Codes of this ticket up to this generation are refused' }),
      reason: Type.Enum(['reissued', 'transferred', 'returned']),
    }),
  ),
  admissions: Type.Array(
    object({
      ticket_id: Type.String(),
      state: Type.Enum(['inside', 'outside', 'undone']),
      at: instantSchema,
      gate_id: gateIdSchema,
    }),
  ),
  cursor: Type.String({ description: 'What to ask with for what is new since' }),
  has_more: Type.Boolean(),
});

/** `GET /sellers/{id}/events/{id}/door-list`: what a scanner needs to go on without a connection, by what is new. */
export function readDoorListRoute(app: App, { reader, clock }: { reader: Reader; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/door-list',
    {
      config: { right: 'admission.read', hot: true, problems: ['event_not_found'] },
      schema: {
        operationId: 'readDoorList',
        tags: ['admission'],
        summary: 'Tickets, revoked codes and admissions that are new since a cursor',
        description: 'A ticket may come again; the last that was told of it holds.',
        params: eventParamsSchema,
        querystring: object({ cursor: Type.Optional(Type.String({ maxLength: 100 })) }),
        response: { 200: listSchema },
      },
    },
    async ({ params, query }) => {
      const key = eventKeyOf(params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(params.event_id);
      const cursor = query.cursor === undefined ? firstDoorCursor : parseDoorCursor(query.cursor);
      if (!cursor) {
        const message = 'This is no cursor. Leave it out to begin anew.';
        const errors = [{ path: 'query/cursor', code: 'malformed', message }];
        throw new Problem('body_invalid', message, { errors });
      }
      const list = await readDoorList(reader, key, cursor, clock.now());
      const revoked = await readRevokedCodes(reader, key, cursor.revocationNo, limits.doorListRowsMax);
      const revocationNo = revoked.codes.at(-1)?.revocationNo ?? cursor.revocationNo;
      return {
        tickets: list.tickets.map((ticket) => doorTicketAnswer(key, ticket)),
        revoked: revoked.codes.map((code) => ({
          ticket_id: formatTicketId(code.transactionId, code.itemNo),
          generation: code.generation,
          reason: code.reason,
        })),
        admissions: list.admissions.map(({ transactionId, itemNo, state, at, gateNo }) => {
          const id = formatTicketId(transactionId, itemNo);
          return { ticket_id: id, state, at: at.toISOString(), gate_id: gateNo };
        }),
        cursor: formatDoorCursor({ ...list.cursor, revocationNo }),
        has_more: list.hasMore || revoked.hasMore,
      };
    },
  );
}
