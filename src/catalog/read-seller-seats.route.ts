import type { App } from '../http/app.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import type { EventCache } from './event-cache.ts';
import { seatColumnsToJson } from './event-json.ts';
import { seatPlanSchema } from './seat-plan.schema.ts';

/** `GET /sellers/{id}/events/{event}/seats`: the seats of an event in columns, of a draft too. */
export function readSellerSeatsRoute(app: App, { events }: { events: EventCache }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/seats',
    {
      config: { right: 'catalog.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readSellerSeats',
        tags: ['catalog'],
        summary: "The seats of one of a seller's events, in columns",
        params: eventParamsSchema,
        response: { 200: seatPlanSchema },
      },
    },
    async (request) => {
      const live = await events.get(eventKeyOf(request.params));
      if (!live) throw eventNotFound(request.params.event_id);
      return seatColumnsToJson(live.event, null);
    },
  );
}
