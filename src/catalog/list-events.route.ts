import { Problem } from '../base/errors.ts';
import { parseEventId, type Clock, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, pageQuerySchema } from '../http/schemas.ts';
import type { EventCache } from './event-cache.ts';
import { eventToJson } from './event-json.ts';
import { eventSchema } from './event.schema.ts';
import { listEvents } from './event.store.ts';
import { isPublic } from './event.ts';
import type { BuyerMethod } from '../payments/payment.ts';

function readCursor(startingAfter: string | undefined): EventKey | undefined {
  if (startingAfter === undefined) return undefined;
  const key = parseEventId(startingAfter);
  if (key) return key;
  const message = 'needs to be the id of an event, such as "1-3"';
  throw new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
    errors: [{ path: 'query/starting_after', code: 'id_invalid', message }],
  });
}

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
      const startingAfter = readCursor(starting_after);
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
