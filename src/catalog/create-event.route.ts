import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { eventFacts, eventObject } from './event-draft-facts.ts';
import {
  changedEvent,
  draftToJson,
  eventDraftSchema,
  newEventSchema,
  readEventTime,
  refuseField,
} from './event-draft.schema.ts';
import { lockDraft, saveDraft } from './event-draft.store.ts';
import { createEvent } from './event.store.ts';
import { requireImages } from './image.store.ts';
import { giveSeatPlan } from './give-seat-plan.ts';
import { lockSeller } from './seller.store.ts';
import { lockVenue } from './venue.store.ts';
import type { Static } from 'typebox';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };
type Body = Static<typeof newEventSchema>;

async function create(tx: Tx, tenantId: number, body: Body, now: Date) {
  const seller = await lockSeller(tx, tenantId);
  if (!seller) throw new Problem('seller_not_found', 'There is no such seller.');
  const venue = await lockVenue(tx, tenantId, body.venue_id);
  if (!venue) throw refuseField('/venue_id', 'not_found', 'The seller has no such venue.');
  const startsAt = readEventTime(body.starts_at, venue.timezone, '/starts_at');
  if (startsAt <= now) throw refuseField('/starts_at', 'in_the_past', 'This has passed.');
  const base = {
    name: body.name,
    description: null,
    venueId: venue.venueId,
    timezone: venue.timezone,
    startsAt,
    salesStartAt: now,
    salesEndAt: startsAt,
    look: { color: null, picture: null, logo: null },
  };
  const event = changedEvent(base, body);
  await requireImages(tx, tenantId, event.look);
  const currency = body.currency ?? seller.currency;
  if (!Intl.supportedValuesOf('currency').includes(currency))
    throw refuseField('/currency', 'unknown', `${currency} is no currency.`);
  const key = await createEvent(tx, tenantId, { ...event, currency, status: 'draft' });
  await saveDraft(tx, key, event);
  if (body.seat_plan_id !== undefined) await giveSeatPlan(tx, key, { seatPlanId: body.seat_plan_id });
  return (await lockDraft(tx, key))!;
}

/** `POST /sellers/{id}/events`: a draft, which nobody else sees before it is published. */
export function createEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events',
    {
      config: {
        right: 'catalog.edit',
        problems: ['seat_plan_not_found', 'seat_plan_invalid', 'image_not_found'],
      },
      schema: {
        operationId: 'createEvent',
        tags: ['catalog'],
        summary: 'Make a draft of an event',
        params: sellerParamsSchema,
        body: newEventSchema,
        response: { 201: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const now = clock.now();
      const event = await transact(pool, async (tx) => {
        const made = await create(tx, tenantId, request.body, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: eventObject(made),
          after: { ...eventFacts(made), currency: made.currency, seat_plan_id: made.seatPlanId },
        });
        return made;
      });
      return reply.code(201).header('etag', etagOf(event.version)).send(draftToJson(event));
    },
  );
}
