import { Type } from 'typebox';
import { hasEvent } from '../admission/revoked-code.store.ts';
import { Problem } from '../base/errors.ts';
import { parseEventId, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { readTerms, saveTerms } from './ticket-terms.store.ts';

const textSchema = Type.Union([
  Type.String({ minLength: 1, maxLength: limits.ticketTermsCharsMax }),
  Type.Null(),
]);
const termsSchema = object({
  event_id: Type.Union([eventIdSchema, Type.Null()], {
    description: 'null: of all events that have no terms of their own',
  }),
  es: textSchema,
  en: textSchema,
});

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/ticket-terms`: what tickets say at their foot; without a text in either language, nothing. */
export function saveTicketTermsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/ticket-terms',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'seller_not_found'] },
      schema: {
        operationId: 'saveTicketTerms',
        tags: ['tickets'],
        summary: 'Change the terms on the tickets of an event or of a seller',
        params: sellerParamsSchema,
        body: termsSchema,
        response: { 200: termsSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const { event_id: id, es, en } = request.body;
      const event = id === null ? { tenantId, eventId: 0 } : parseEventId(id);
      const now = clock.now();
      await transact(pool, async (tx) => {
        const isOwn = event?.tenantId === tenantId && (id === null || (await hasEvent(tx, event)));
        if (!event || !isOwn) throw new Problem('event_not_found', `There is no event ${id}.`);
        const before = await readTerms(tx, event);
        await saveTerms(tx, event, { es, en }, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'ticket_terms', id: id ?? String(tenantId) },
          before,
          after: { es, en },
        });
      });
      return request.body;
    },
  );
}
