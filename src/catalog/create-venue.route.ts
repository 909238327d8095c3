import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { newVenueSchema, readVenueBody, venueFacts, venueSchema, venueToJson } from './venue.schema.ts';
import { createVenue } from './venue.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/venues`: a place where events can take place. */
export function createVenueRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/venues',
    {
      config: { right: 'catalog.edit' },
      schema: {
        operationId: 'createVenue',
        tags: ['catalog'],
        summary: 'Add a venue',
        params: sellerParamsSchema,
        body: newVenueSchema,
        response: { 201: venueSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const venue = readVenueBody(request.body);
      const made = await transact(pool, async (tx) => {
        const created = await createVenue(tx, tenantId, venue, limits.venuesMax);
        if (!created) throw new Problem('body_invalid', `A seller has at most ${limits.venuesMax} venues.`);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'venue', id: String(created.venueId) },
          after: venueFacts(created),
        });
        return created;
      });
      return reply.code(201).header('etag', etagOf(made.version)).send(venueToJson(made));
    },
  );
}
