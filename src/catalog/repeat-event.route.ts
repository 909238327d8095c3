import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { eventKeyOf, eventParamsSchema } from './change-event.schema.ts';
import { copyTo, lockModel } from './copy-event.store.ts';
import type { EventDraft } from './event-draft.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { readDates, recurrenceSchema } from './recurrence.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

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
        const from = await lockModel(tx, eventKeyOf(params));
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
          events.push(await copyTo(tx, from, { name: from.name, startsAt }, maker));
        }
        return events;
      });
      return reply.code(201).send({ data: made.map(draftToJson) });
    },
  );
}
