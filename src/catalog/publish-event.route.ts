import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { eventKeyOf, eventParamsSchema } from './change-event.schema.ts';
import type { EventDraft } from './event-draft.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { readPreparation } from './event-draft.store.ts';
import { changeStatus } from './event-status.store.ts';
import { findMissing } from './readiness.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

async function refuseUnready(tx: Tx, event: EventDraft, now: Date): Promise<void> {
  if (event.status === 'published') throw new Problem('event_published', 'The event is published already.');
  const missing = findMissing(event, await readPreparation(tx, event, event.startsAt), now);
  const blocking = missing.filter(({ blocks }) => blocks);
  if (blocking.length === 0) return;
  const detail = `The event cannot be published yet. ${blocking.map(({ message }) => message).join(' ')}`;
  throw new Problem('event_not_ready', detail, { members: { missing } });
}

/** `POST /sellers/{id}/events/{event}/publish`: from now on buyers see it; what it lacks is refused as `readiness` says it. */
export function publishEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/publish',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'event_not_ready', 'event_published'] },
      schema: {
        operationId: 'publishEvent',
        tags: ['catalog'],
        summary: 'Publish an event',
        params: eventParamsSchema,
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const key = eventKeyOf(request.params);
      const now = clock.now();
      const to = { status: 'published', actor: actorOf(request), ids, now } as const;
      const event = await transact(pool, (tx) =>
        changeStatus(tx, key, to, (before) => refuseUnready(tx, before, now)),
      );
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
