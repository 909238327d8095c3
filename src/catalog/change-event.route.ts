import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { etagOf, requireVersion } from '../http/if-match.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from './change-event.schema.ts';
import { eventFacts, eventObject } from './event-draft-facts.ts';
import type { EventDraft } from './event-draft.ts';
import {
  changedEvent,
  draftToJson,
  eventChangeSchema,
  eventDraftSchema,
  refuseField,
  type EventChangeBody,
} from './event-draft.schema.ts';
import { lockDraft, saveDraft } from './event-draft.store.ts';
import { tellCatalogChanged } from './event.store.ts';
import { requireImages } from './image.store.ts';
import { readVenue } from './venue.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** What the event is to be. @throws Problem for what cannot be changed any more. */
async function readChange(tx: Tx, before: EventDraft, body: EventChangeBody, now: Date) {
  if (before.status === 'cancelled') throw new Problem('event_cancelled', 'The event is cancelled.');
  const venue = await readVenue(tx, before.tenantId, body.venue_id ?? before.venueId);
  if (!venue) throw refuseField('/venue_id', 'not_found', 'The seller has no such venue.');
  const to = changedEvent({ ...before, timezone: venue.timezone }, body);
  const hasMoved = to.startsAt.getTime() !== before.startsAt.getTime() || to.venueId !== before.venueId;
  if (hasMoved && before.status === 'published') {
    const detail = 'The event is published: move it, so that its buyers are told of another date or place.';
    throw new Problem('event_published', detail);
  }
  if (hasMoved && to.startsAt <= now) throw refuseField('/starts_at', 'in_the_past', 'This has passed.');
  await requireImages(tx, before.tenantId, to.look);
  return to;
}

/** `PATCH /sellers/{id}/events/{event}`: changes what the body names, of the version that If-Match names. */
export function changeEventRoute(app: App, { pool, clock, ids }: Deps): void {
  app.patch(
    '/sellers/:seller_id/events/:event_id',
    {
      config: {
        right: 'catalog.edit',
        problems: [
          'event_not_found',
          'event_cancelled',
          'event_published',
          'image_not_found',
          'if_match_missing',
          'version_changed',
        ],
      },
      schema: {
        operationId: 'changeEvent',
        tags: ['catalog'],
        summary: 'Change an event',
        params: eventParamsSchema,
        body: eventChangeSchema,
        response: { 200: eventDraftSchema },
      },
    },
    async (request, reply) => {
      const key = eventKeyOf(request.params);
      const now = clock.now();
      const event = await transact(pool, async (tx) => {
        const before = await lockDraft(tx, key);
        if (!before) throw eventNotFound(request.params.event_id);
        requireVersion(request, { version: before.version, json: draftToJson(before) });
        const to = await readChange(tx, before, request.body, now);
        await saveDraft(tx, key, to);
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: eventObject(key),
          before: eventFacts(before),
          after: eventFacts(to),
        });
        await tellCatalogChanged(tx, key);
        return (await lockDraft(tx, key))!;
      });
      reply.header('etag', etagOf(event.version));
      return draftToJson(event);
    },
  );
}
