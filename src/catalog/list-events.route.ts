import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, pageQuerySchema } from '../http/schemas.ts';
import type { EventCache } from './event-cache.ts';
import { readEventCursor } from './event-cursor.schema.ts';
import { eventToJson } from './event-json.ts';
import { eventSchema } from './event.schema.ts';
import { listEvents } from './event.store.ts';
import { isPublic } from './event.ts';
import type { BuyerMethod } from '../payments/payment.ts';

type Deps = { events: EventCache; clock: Clock; reader: Reader; paymentMethods: readonly BuyerMethod[] };

/** `GET /events`: what is to come, the soonest first. */
export function listEventsRoute(app: App, deps: Deps): void {
  app.get(
    '/events',
    {
      config: { hot: true },
      schema: {
        operationId: 'listEvents',
        tags: ['catalog'],
        summary: 'The events to come',
        querystring: pageQuerySchema,
        response: { 200: list(eventSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const startingAfter = readEventCursor(starting_after);
      const now = deps.clock.now();
      const { keys, hasMore } = await listEvents(deps.reader, {
        startsFrom: now,
        limit,
        ...(startingAfter ? { startingAfter } : {}),
      });
      const events = await Promise.all(keys.map((key) => deps.events.get(key)));
      // Cancelled since the query, or not read again yet.
      const shown = events.filter((live) => live !== null).filter((live) => isPublic(live.event));
      return { data: shown.map((live) => eventToJson(live, now, deps.paymentMethods)), has_more: hasMore };
    },
  );
}
