import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf, requireVersion } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { tellSellerChanged } from './event.store.ts';
import {
  newVenueSchema,
  readVenueBody,
  venueFacts,
  venueNotFound,
  venueParamsSchema,
  venueSchema,
  venueToJson,
} from './venue.schema.ts';
import { lockVenue, saveVenue } from './venue.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/venues/{venue}`: what its events say of their place. Their instants stay, whatever its time zone. */
export function changeVenueRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/venues/:venue_id',
    {
      config: { right: 'catalog.edit', problems: ['venue_not_found', 'if_match_missing', 'version_changed'] },
      schema: {
        operationId: 'changeVenue',
        tags: ['catalog'],
        summary: 'Change a venue',
        params: venueParamsSchema,
        body: newVenueSchema,
        response: { 200: venueSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, venue_id: venueId } = request.params;
      const to = readVenueBody(request.body);
      const venue = await transact(pool, async (tx) => {
        const before = await lockVenue(tx, tenantId, venueId);
        if (!before) throw venueNotFound(venueId);
        requireVersion(request, { version: before.version, json: venueToJson(before) });
        const saved = await saveVenue(tx, tenantId, venueId, to);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'venue', id: String(venueId) },
          before: venueFacts(before),
          after: venueFacts(saved),
        });
        await tellSellerChanged(tx, tenantId);
        return saved;
      });
      reply.header('etag', etagOf(venue.version));
      return venueToJson(venue);
    },
  );
}
