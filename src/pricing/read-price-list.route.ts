import { Problem } from '../base/errors.ts';
import { loadEvent } from '../catalog/event.store.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import {
  eventKeyOf,
  eventParamsSchema,
  priceListAnswerSchema,
  priceListToJson,
} from './price-list.schema.ts';

/** `GET /sellers/{id}/events/{id}/price-list`: all that the event's prices are made of. */
export function readPriceListRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/price-list',
    {
      config: { right: 'catalog.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readPriceList',
        tags: ['prices'],
        summary: "An event's prices",
        params: eventParamsSchema,
        response: { 200: priceListAnswerSchema },
      },
    },
    async ({ params }) => {
      const event = await loadEvent(reader, eventKeyOf(params));
      if (!event) throw new Problem('event_not_found', `This seller has no event ${params.event_id}.`);
      return priceListToJson(event);
    },
  );
}
