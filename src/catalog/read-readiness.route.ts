import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { readinessSchema, readinessToJson } from './event-draft.schema.ts';
import { readDraft, readPreparation } from './event-draft.store.ts';
import { findMissing } from './readiness.ts';

/** `GET /sellers/{id}/events/{event}/readiness`: what is still missing before it can be published. */
export function readReadinessRoute(app: App, { reader, clock }: { reader: Reader; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/readiness',
    {
      config: { right: 'catalog.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readReadiness',
        tags: ['catalog'],
        summary: 'What an event lacks before it can be published',
        params: eventParamsSchema,
        response: { 200: readinessSchema },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      const event = await readDraft(reader, key);
      if (!event) throw eventNotFound(request.params.event_id);
      const preparation = await readPreparation(reader, key, event.startsAt);
      return readinessToJson(findMissing(event, preparation, clock.now()));
    },
  );
}
