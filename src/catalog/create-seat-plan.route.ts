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
import { refuseFaults } from './give-seat-plan.ts';
import { countPlaces, readPlanDocument } from './plan-document.ts';
import { newSeatPlanSchema, planBodyLimit, seatPlanSchema, seatPlanToJson } from './plan-document.schema.ts';
import { createSeatPlan, readSeatPlan } from './seat-plan.store.ts';
import { venueNotFound } from './venue.schema.ts';
import { lockVenue } from './venue.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/seat-plans`: a plan of a venue, from which events take their places. */
export function createSeatPlanRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/seat-plans',
    {
      config: { right: 'catalog.edit', problems: ['venue_not_found', 'seat_plan_invalid'] },
      bodyLimit: planBodyLimit,
      schema: {
        operationId: 'createSeatPlan',
        tags: ['catalog'],
        summary: 'Add a seat plan',
        params: sellerParamsSchema,
        body: newSeatPlanSchema,
        response: { 201: seatPlanSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const { name, venue_id: venueId, document } = request.body;
      const counts = countPlaces(refuseFaults(() => readPlanDocument(document, name)));
      const now = clock.now();
      const plan = await transact(pool, async (tx) => {
        if (!(await lockVenue(tx, tenantId, venueId))) throw venueNotFound(venueId);
        const content = { venueId, name: name.trim(), document, ...counts };
        const seatPlanId = await createSeatPlan(tx, tenantId, content, now, limits.seatPlansMax);
        if (seatPlanId === null)
          throw new Problem('body_invalid', `A seller has at most ${limits.seatPlansMax} seat plans.`);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'seat_plan', id: String(seatPlanId) },
          after: { name, venue_id: venueId, version: 1, seats: counts.seats },
        });
        return (await readSeatPlan(tx, tenantId, seatPlanId))!;
      });
      return reply.code(201).header('etag', etagOf(plan.newest)).send(seatPlanToJson(plan));
    },
  );
}
