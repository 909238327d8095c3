import { Problem } from '../base/errors.ts';
import type { Clock, EventKey, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { eventKeyOf, eventParamsSchema } from './change-event.schema.ts';
import type { EventStatus } from './event.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { isSelling } from './event-draft.store.ts';
import { changeStatus } from './event-status.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

async function refuseSelling(tx: Tx, key: EventKey, status: EventStatus): Promise<void> {
  if (status !== 'published') throw new Problem('event_not_published', 'The event is not published.');
  if (await isSelling(tx, key))
    throw new Problem('event_on_sale', 'Places of it are held or sold: cancel the event instead.');
}

/** `POST /sellers/{id}/events/{event}/withdraw`: a draft again, as long as nobody has held or bought a place. */
export function withdrawEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/withdraw',
    {
      config: {
        right: 'catalog.edit',
        problems: ['event_not_found', 'event_not_published', 'event_on_sale'],
      },
      schema: {
        operationId: 'withdrawEvent',
        tags: ['catalog'],
        summary: 'Make a draft of a published event again',
        params: eventParamsSchema,
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const key = eventKeyOf(request.params);
      const to = { status: 'draft', actor: actorOf(request), ids, now: clock.now() } as const;
      const event = await transact(pool, (tx) =>
        changeStatus(tx, key, to, ({ status }) => refuseSelling(tx, key, status)),
      );
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
