import { Problem } from '../base/errors.ts';
import type { Clock, EventKey, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { eventObject } from './event-draft-facts.ts';
import type { EventDraft } from './event-draft.ts';
import { draftToJson, eventDraftSchema } from './event-draft.schema.ts';
import { isSelling, lockDraft, readPreparation, saveStatus } from './event-draft.store.ts';
import { tellCatalogChanged } from './event.store.ts';
import { findMissing } from './readiness.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

async function refuseUnready(tx: Tx, event: EventDraft, now: Date): Promise<void> {
  const missing = findMissing(event, await readPreparation(tx, event, event.startsAt), now);
  const blocking = missing.filter(({ blocks }) => blocks);
  if (blocking.length === 0) return;
  const detail = `The event cannot be published yet. ${blocking.map(({ message }) => message).join(' ')}`;
  throw new Problem('event_not_ready', detail, { members: { missing } });
}

async function changeStatus(
  { pool, ids }: Deps,
  key: EventKey,
  to: { status: 'draft' | 'published'; actor: Actor; now: Date; id: string },
  check: (tx: Tx, event: EventDraft) => Promise<void>,
): Promise<EventDraft> {
  const { status, actor, now } = to;
  return await transact(pool, async (tx) => {
    const before = await lockDraft(tx, key);
    if (!before) throw eventNotFound(to.id);
    await check(tx, before);
    await saveStatus(tx, key, status);
    await recordChange(tx, ids, {
      tenantId: key.tenantId,
      at: now,
      actor,
      verb: status === 'published' ? 'publish' : 'withdraw',
      object: eventObject(key),
      before: { status: before.status },
      after: { status },
    });
    await tellCatalogChanged(tx, key);
    return (await lockDraft(tx, key))!;
  });
}

/** `POST /sellers/{id}/events/{event}/publish`: from now on buyers see it; what it lacks is refused as `readiness` says it. */
export function publishEventRoute(app: App, deps: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/publish',
    {
      config: {
        right: 'catalog.edit',
        problems: ['event_not_found', 'event_not_ready', 'event_published'],
      },
      schema: {
        operationId: 'publishEvent',
        tags: ['catalog'],
        summary: 'Publish an event',
        params: eventParamsSchema,
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const now = deps.clock.now();
      const to = { status: 'published', actor: actorOf(request), now, id: request.params.event_id } as const;
      const event = await changeStatus(deps, eventKeyOf(request.params), to, async (tx, before) => {
        if (before.status === 'published')
          throw new Problem('event_published', 'The event is published already.');
        await refuseUnready(tx, before, now);
      });
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}

/** `POST /sellers/{id}/events/{event}/withdraw`: a draft again, as long as nobody has held or bought a place. */
export function withdrawEventRoute(app: App, deps: Deps): void {
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
      const to = {
        status: 'draft',
        actor: actorOf(request),
        now: deps.clock.now(),
        id: request.params.event_id,
      } as const;
      const event = await changeStatus(deps, key, to, async (tx, before) => {
        if (before.status !== 'published')
          throw new Problem('event_not_published', 'The event is not published.');
        if (await isSelling(tx, key))
          throw new Problem('event_on_sale', 'Places of it are held or sold: cancel the event instead.');
      });
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
