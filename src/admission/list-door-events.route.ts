import { formatEventId, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { doorEventSchema } from './door.schema.ts';
import { listDoorEvents } from './door.store.ts';

/** `GET /sellers/{id}/door-events`: the events that a scanner may stand at, the next first. */
export function listDoorEventsRoute(app: App, { reader, clock }: { reader: Reader; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/door-events',
    {
      config: { right: 'admission.read' },
      schema: {
        operationId: 'listDoorEvents',
        tags: ['admission'],
        summary: 'The published events of a seller from two days ago on, the next first',
        params: sellerParamsSchema,
        response: { 200: list(doorEventSchema) },
      },
    },
    async ({ params }) => {
      const after = new Date(clock.now().getTime() - limits.doorEventPastSeconds * 1_000);
      const events = await listDoorEvents(reader, params.seller_id, after, limits.doorEventsMax + 1);
      return {
        data: events.slice(0, limits.doorEventsMax).map((event) => ({
          id: formatEventId(event),
          name: event.name,
          starts_at: event.startsAt.toISOString(),
          timezone: event.timezone,
          venue_name: event.venueName,
        })),
        has_more: events.length > limits.doorEventsMax,
      };
    },
  );
}
