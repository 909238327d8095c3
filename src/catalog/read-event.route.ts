import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import type { BuyerMethod } from '../payments/payment.ts';
import { getPublicEvent, type EventCache } from './event-cache.ts';
import { eventToJson } from './event-json.ts';
import { accessCodeSchema, eventSchema } from './event.schema.ts';

type Deps = { events: EventCache; clock: Clock; paymentMethods: readonly BuyerMethod[] };

/** `GET /events/{id}`: one event, its prices and what is left of it. */
export function readEventRoute(app: App, deps: Deps): void {
  app.get(
    '/events/:event_id',
    {
      config: { hot: true, problems: ['event_not_found'] },
      schema: {
        operationId: 'readEvent',
        tags: ['catalog'],
        summary: 'One event',
        params: object({ event_id: eventIdSchema }),
        querystring: object({ access_code: Type.Optional(accessCodeSchema) }),
        response: { 200: eventSchema },
      },
    },
    async (request) =>
      eventToJson(
        await getPublicEvent(deps.events, request.params.event_id),
        deps.clock.now(),
        deps.paymentMethods,
        request.query.access_code ?? null,
      ),
  );
}
