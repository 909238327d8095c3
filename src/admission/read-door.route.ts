import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { doorAnswer, doorSchema } from './door.schema.ts';
import { readDoor } from './door.store.ts';

/** `GET /sellers/{id}/events/{id}/door`: the gates of an event, whom each admits, and when. */
export function readDoorRoute(app: App, { reader, events }: { reader: Reader; events: EventCache }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/door',
    {
      config: { right: 'admission.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readDoor',
        tags: ['admission'],
        summary: 'The gates of an event and their rules',
        params: eventParamsSchema,
        response: { 200: doorSchema },
      },
    },
    async ({ params }) => {
      const key = eventKeyOf(params);
      const live = await events.get(key);
      if (!live) throw eventNotFound(params.event_id);
      return doorAnswer(live.event, await readDoor(reader, key));
    },
  );
}
