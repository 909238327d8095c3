import type { App } from '../http/app.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { getPublicEvent, type EventCache } from './event-cache.ts';
import { availabilityToJson, changeBetween } from './event-json.ts';
import { availabilitySchema } from './event.schema.ts';
import type { LiveEvent } from './live-event.ts';

/** The text of a state of an event, kept until the next change: a stadium half sold takes 5 ms to write. */
const texts = new WeakMap<LiveEvent, { version: number; text: string }>();

function availabilityText(live: LiveEvent): string {
  const known = texts.get(live);
  if (known?.version === live.version) return known.text;
  const text = JSON.stringify(availabilityToJson(live.event, changeBetween(null, live.availability)));
  texts.set(live, { version: live.version, text });
  return text;
}

/** `GET /events/{id}/availability`: what is taken. */
export function readAvailabilityRoute(app: App, deps: { events: EventCache }): void {
  app.get(
    '/events/:event_id/availability',
    {
      config: { hot: true, problems: ['event_not_found'] },
      schema: {
        operationId: 'readAvailability',
        tags: ['catalog'],
        summary: 'What is taken',
        params: object({ event_id: eventIdSchema }),
        response: { 200: availabilitySchema },
      },
    },
    async (request, reply) => {
      const live = await getPublicEvent(deps.events, request.params.event_id);
      reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
      return reply.send(availabilityText(live) as never);
    },
  );
}
