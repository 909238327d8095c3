import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object, pageQuerySchema } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { readEventCursor } from './event-cursor.schema.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { listDrafts } from './event-draft.store.ts';

/** `GET /sellers/{id}/events`: all that a seller has made, drafts and cancelled ones too; the newest first. */
export function listSellerEventsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'listSellerEvents',
        tags: ['catalog'],
        summary: "A seller's events, drafts too",
        params: sellerParamsSchema,
        querystring: object({
          ...pageQuerySchema.properties,
          status: Type.Optional(Type.Enum(['draft', 'published', 'cancelled'])),
        }),
        response: { 200: list(eventDraftSchema) },
      },
    },
    async (request) => {
      const { status, starting_after, limit = limits.pageRowsDefault } = request.query;
      const after = readEventCursor(starting_after);
      const { events, hasMore } = await listDrafts(reader, request.params.seller_id, {
        status: status ?? null,
        startingAfter: after?.eventId ?? null,
        limit,
      });
      return { data: events.map(draftToJson), has_more: hasMore };
    },
  );
}
