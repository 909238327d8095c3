import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { object } from '../http/schemas.ts';
import { eventKeyOf, eventParamsSchema } from './change-event.schema.ts';
import { copyTo, lockModel } from './copy-event.store.ts';
import {
  draftToJson,
  eventDraftSchema,
  eventNameSchema,
  eventTimeSchema,
  readEventTime,
  refuseField,
} from './event-draft.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

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
        const from = await lockModel(tx, eventKeyOf(params));
        const startsAt = readEventTime(body.starts_at, from.timezone, '/starts_at');
        if (startsAt <= now) throw refuseField('/starts_at', 'in_the_past', 'This has passed.');
        const to = { name: body.name?.trim() ?? from.name, startsAt };
        return await copyTo(tx, from, to, { actor: actorOf(request), ids, now });
      });
      return reply.code(201).header('etag', etagOf(made.version)).send(draftToJson(made));
    },
  );
}
