import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock, type EventKey, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { eventFacts, eventObject } from './event-draft-facts.ts';
import type { EventDraft } from './event-draft.ts';
import {
  draftToJson,
  eventDraftSchema,
  eventNameSchema,
  eventTimeSchema,
  readEventTime,
  refuseField,
} from './event-draft.schema.ts';
import { copyEvent, lockDraft } from './event-draft.store.ts';
import { readDates, recurrenceSchema } from './recurrence.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };
type Maker = { actor: Actor; ids: IdSource; now: Date };

/** Copies an event to another date and tells the audit log. */
async function copyTo(
  tx: Tx,
  from: EventDraft,
  to: { name: string; startsAt: Date; salesStartAt: Date },
  { actor, ids, now }: Maker,
): Promise<EventDraft> {
  const key = await copyEvent(tx, from, { ...to, at: now });
  const made = (await lockDraft(tx, key))!;
  await recordChange(tx, ids, {
    tenantId: key.tenantId,
    at: now,
    actor,
    verb: 'duplicate',
    object: eventObject(key),
    after: { ...eventFacts(made), copied_from: formatEventId(from) },
  });
  return made;
}

async function lockSource(tx: Tx, key: EventKey, id: string): Promise<EventDraft> {
  const from = await lockDraft(tx, key);
  if (!from) throw eventNotFound(id);
  return from;
}

/** A copy goes on sale as its model did, and never after it ends. */
function salesStartOf(from: EventDraft, startsAt: Date, now: Date): Date {
  const by = startsAt.getTime() - from.startsAt.getTime();
  const end = from.salesEndAt.getTime() + by;
  return new Date(Math.min(Math.max(from.salesStartAt.getTime(), now.getTime()), end - 60_000));
}

/** `POST /sellers/{id}/events/{event}/duplicate`: a draft with the same plan, prices, taxes and look. */
export function duplicateEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/duplicate',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found'] },
      schema: {
        operationId: 'duplicateEvent',
        tags: ['catalog'],
        summary: 'Make a draft like an event',
        params: eventParamsSchema,
        body: object({ name: Type.Optional(eventNameSchema), starts_at: eventTimeSchema }),
        response: { 201: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const { body, params } = request;
      const now = clock.now();
      const made = await transact(pool, async (tx) => {
        const from = await lockSource(tx, eventKeyOf(params), params.event_id);
        const startsAt = readEventTime(body.starts_at, from.timezone, '/starts_at');
        if (startsAt <= now) throw refuseField('/starts_at', 'in_the_past', 'This has passed.');
        const to = {
          name: body.name?.trim() ?? from.name,
          startsAt,
          salesStartAt: salesStartOf(from, startsAt, now),
        };
        return await copyTo(tx, from, to, { actor: actorOf(request), ids, now });
      });
      return reply.code(201).header('etag', etagOf(made.version)).send(draftToJson(made));
    },
  );
}

/** `POST /sellers/{id}/events/{event}/recurrences`: a draft like the event for each date of a rule, all or none. */
export function repeatEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/recurrences',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'recurrence_invalid'] },
      schema: {
        operationId: 'repeatEvent',
        tags: ['catalog'],
        summary: 'Make a draft for each date of a rule',
        params: eventParamsSchema,
        body: recurrenceSchema,
        response: { 201: object({ data: Type.Array(eventDraftSchema) }) },
      },
    },
    async (request, reply) => {
      const { body, params } = request;
      const now = clock.now();
      const maker = { actor: actorOf(request), ids, now };
      const made = await transact(pool, async (tx) => {
        const from = await lockSource(tx, eventKeyOf(params), params.event_id);
        const dates = readDates(from, body).filter((at) => at > now);
        if (dates.length === 0) throw new Problem('recurrence_invalid', 'All dates of the rule have passed.');
        const seats = from.zones.reduce(
          (sum, zone) => sum + (zone.kind === 'numbered' ? zone.capacity : 0),
          0,
        );
        if (dates.length * seats > limits.recurringSeatsMax) {
          const detail = `${dates.length} events of ${seats} seats are more than ${limits.recurringSeatsMax} seats at once.`;
          throw new Problem('recurrence_invalid', detail);
        }
        const events: EventDraft[] = [];
        for (const startsAt of dates) {
          const to = { name: from.name, startsAt, salesStartAt: salesStartOf(from, startsAt, now) };
          events.push(await copyTo(tx, from, to, maker));
        }
        return events;
      });
      return reply.code(201).send({ data: made.map(draftToJson) });
    },
  );
}
