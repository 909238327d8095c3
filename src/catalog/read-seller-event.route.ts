import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { etagOf } from '../http/if-match.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { readDraft } from './event-draft.store.ts';

/** `GET /sellers/{id}/events/{event}`: an event as those who make it see it, with the ETag that changing it asks for. */
export function readSellerEventRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id',
    {
      config: { right: 'catalog.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readSellerEvent',
        tags: ['catalog'],
        summary: "One of a seller's events, a draft too",
        params: eventParamsSchema,
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const event = await readDraft(reader, eventKeyOf(request.params));
      if (!event) throw eventNotFound(request.params.event_id);
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
