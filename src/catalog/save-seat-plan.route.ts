import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf, requireVersion } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { refuseFaults } from './give-seat-plan.ts';
import { countPlaces, readPlanDocument } from './plan-document.ts';
import {
  newSeatPlanSchema,
  planBodyLimit,
  seatPlanNotFound,
  seatPlanParamsSchema,
  seatPlanSchema,
  seatPlanToJson,
} from './plan-document.schema.ts';
import { lockSeatPlan, readSeatPlan, saveSeatPlan } from './seat-plan.store.ts';
import { venueNotFound } from './venue.schema.ts';
import { lockVenue } from './venue.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/seat-plans/{plan}`: its next version; events keep the one that they have until they are given this. */
export function saveSeatPlanRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/seat-plans/:seat_plan_id',
    {
      config: {
        right: 'catalog.edit',
        problems: [
          'seat_plan_not_found',
          'seat_plan_invalid',
          'venue_not_found',
          'if_match_missing',
          'version_changed',
        ],
      },
      bodyLimit: planBodyLimit,
      schema: {
        operationId: 'saveSeatPlan',
        tags: ['catalog'],
        summary: 'Save the next version of a seat plan',
        params: seatPlanParamsSchema,
        body: newSeatPlanSchema,
        response: { 200: seatPlanSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, seat_plan_id: seatPlanId } = request.params;
      const { name, venue_id: venueId, document } = request.body;
      const counts = countPlaces(refuseFaults(() => readPlanDocument(document, name)));
      const now = clock.now();
      const plan = await transact(pool, async (tx) => {
        const before = await lockSeatPlan(tx, tenantId, seatPlanId);
        if (!before) throw seatPlanNotFound(seatPlanId);
        requireVersion(request, { version: before.version, json: seatPlanToJson(before) });
        if (!(await lockVenue(tx, tenantId, venueId))) throw venueNotFound(venueId);
        const version = before.version + 1;
        const content = { seatPlanId, venueId, name: name.trim(), document, ...counts, version };
        await saveSeatPlan(tx, tenantId, content, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'seat_plan', id: String(seatPlanId) },
          before: {
            name: before.name,
            venue_id: before.venueId,
            version: before.version,
            seats: before.seats,
          },
          after: { name, venue_id: venueId, version, seats: counts.seats },
        });
        return (await readSeatPlan(tx, tenantId, seatPlanId))!;
      });
      reply.header('etag', etagOf(plan.newest));
      return seatPlanToJson(plan);
    },
  );
}
