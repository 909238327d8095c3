import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf, requireVersion } from '../http/if-match.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { eventObject } from './event-draft-facts.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { lockDraft } from './event-draft.store.ts';
import { giveSeatPlan } from './give-seat-plan.ts';
import { seatPlanIdSchema } from './plan-document.schema.ts';
import { Problem } from '../base/errors.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/events/{event}/seat-plan`: places by a version of a plan; what is held or sold stays what it is. */
export function setEventPlanRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/events/:event_id/seat-plan',
    {
      config: {
        right: 'catalog.edit',
        problems: [
          'event_not_found',
          'event_cancelled',
          'seat_plan_not_found',
          'seat_plan_invalid',
          'seats_in_use',
          'if_match_missing',
          'version_changed',
        ],
      },
      schema: {
        operationId: 'setEventPlan',
        tags: ['catalog'],
        summary: 'Give an event a seat plan, or a newer version of it',
        params: eventParamsSchema,
        body: object({
          seat_plan_id: seatPlanIdSchema,
          version: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'The newest when absent' }),
          ),
        }),
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const key = eventKeyOf(request.params);
      const { seat_plan_id: seatPlanId, version = null } = request.body;
      const event = await transact(pool, async (tx) => {
        const before = await lockDraft(tx, key);
        if (!before) throw eventNotFound(request.params.event_id);
        requireVersion(request, { version: before.version, json: draftToJson(before) });
        if (before.status === 'cancelled') throw new Problem('event_cancelled', 'The event is cancelled.');
        const { seats, retired } = await giveSeatPlan(tx, key, { seatPlanId, version });
        const after = (await lockDraft(tx, key))!;
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'give_seat_plan',
          object: eventObject(key),
          before: { seat_plan_id: before.seatPlanId, seat_plan_version: before.seatPlanVersion },
          after: {
            seat_plan_id: after.seatPlanId,
            seat_plan_version: after.seatPlanVersion,
            seats,
            seats_left_out: retired,
          },
        });
        return after;
      });
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
