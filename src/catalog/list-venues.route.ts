import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { venueSchema, venueToJson } from './venue.schema.ts';
import { listVenues } from './venue.store.ts';

/** `GET /sellers/{id}/venues`: where a seller's events take place. */
export function listVenuesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/venues',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'listVenues',
        tags: ['catalog'],
        summary: "A seller's venues",
        params: sellerParamsSchema,
        querystring: object({
          starting_after: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageRowsMax })),
        }),
        response: { 200: list(venueSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { venues, hasMore } = await listVenues(reader, request.params.seller_id, {
        startingAfter: starting_after ?? null,
        limit,
      });
      return { data: venues.map(venueToJson), has_more: hasMore };
    },
  );
}
