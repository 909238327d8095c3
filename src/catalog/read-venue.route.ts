import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { etagOf } from '../http/if-match.ts';
import { venueNotFound, venueParamsSchema, venueSchema, venueToJson } from './venue.schema.ts';
import { readVenue } from './venue.store.ts';

/** `GET /sellers/{id}/venues/{venue}`: a venue, with the ETag that changing it asks for. */
export function readVenueRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/venues/:venue_id',
    {
      config: { right: 'catalog.read', problems: ['venue_not_found'] },
      schema: {
        operationId: 'readVenue',
        tags: ['catalog'],
        summary: 'A venue',
        params: venueParamsSchema,
        response: { 200: venueSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, venue_id: venueId } = request.params;
      const venue = await readVenue(reader, tenantId, venueId);
      if (!venue) throw venueNotFound(venueId);
      reply.header('etag', etagOf(venue.version));
      return venueToJson(venue);
    },
  );
}
