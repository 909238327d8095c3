import { Type } from 'typebox';
import { formatLocalTime } from '../base/local-time.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { readDraft } from './event-draft.store.ts';
import { readDates, recurrenceSchema } from './recurrence.schema.ts';

/** `POST /sellers/{id}/events/{event}/date-previews`: the dates that a rule would make, before it makes them. */
export function previewDatesRoute(app: App, { reader }: { reader: Reader }): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/date-previews',
    {
      config: { right: 'catalog.read', problems: ['event_not_found', 'recurrence_invalid'] },
      schema: {
        operationId: 'previewDates',
        tags: ['catalog'],
        summary: 'The dates of a rule',
        params: eventParamsSchema,
        body: recurrenceSchema,
        response: {
          200: object({
            data: Type.Array(object({ starts_at: instantSchema, starts_at_local: Type.String() })),
          }),
        },
      },
    },
    async (request) => {
      const event = await readDraft(reader, eventKeyOf(request.params));
      if (!event) throw eventNotFound(request.params.event_id);
      return {
        data: readDates(event, request.body).map((at) => ({
          starts_at: at.toISOString(),
          starts_at_local: formatLocalTime(at, event.timezone),
        })),
      };
    },
  );
}
