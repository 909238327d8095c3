import { Type } from 'typebox';
import { Problem, type FieldError } from '../base/errors.ts';
import { formatEventId, type Clock, type IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { instantInputSchema, object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { takeBackAnnouncements } from '../notifications/announcement.store.ts';
import { announceChange } from './announce-change.store.ts';
import {
  eventKeyOf,
  eventNotFound,
  eventParamsSchema,
  eventPlaceAnswer,
  eventPlaceSchema,
  noteSchema,
} from './change-event.schema.ts';
import { lockEvent, moveEvent, readVenueName, type EventPlace } from './change-event.store.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock };

function refuse(path: string, code: string, message: string): never {
  const errors: FieldError[] = [{ path, code, message }];
  throw new Problem('body_invalid', 'The event cannot be moved like this.', { errors });
}

/** The event as it is to be. @throws Problem for what cannot be. */
function movedTo(
  event: EventPlace,
  body: { starts_at?: string; venue_id?: number },
  venueName: string | null,
  now: Date,
): EventPlace {
  if (event.status === 'cancelled') throw new Problem('event_cancelled', 'The event is cancelled.');
  if (venueName === null) refuse('/venue_id', 'not_found', 'The seller has no such venue.');
  const startsAt = body.starts_at === undefined ? event.startsAt : new Date(body.starts_at);
  if (Number.isNaN(startsAt.getTime())) refuse('/starts_at', 'instant', 'There is no such instant.');
  if (startsAt <= now) refuse('/starts_at', 'in_the_past', 'This has passed.');
  const by = startsAt.getTime() - event.startsAt.getTime();
  const salesEndAt = new Date(event.salesEndAt.getTime() + by);
  if (salesEndAt <= event.salesStartAt) {
    refuse('/starts_at', 'too_early', 'Its sale would end before it begins.');
  }
  return { ...event, startsAt, salesEndAt, venueId: body.venue_id ?? event.venueId, venueName };
}

const facts = ({ startsAt, venueId, salesEndAt }: EventPlace) => ({
  starts_at: startsAt.toISOString(),
  sales_end_at: salesEndAt.toISOString(),
  venue_id: venueId,
});

/** `POST /sellers/{id}/events/{event}/move`: another date or place, of which every buyer is told. */
export function moveEventRoute(app: App, { pool, ids, clock }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/move',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'event_cancelled'] },
      schema: {
        operationId: 'moveEvent',
        tags: ['catalog'],
        summary: 'Move an event to another date or place, and tell its buyers',
        params: eventParamsSchema,
        body: object({
          starts_at: Type.Optional(instantInputSchema),
          venue_id: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
          note: Type.Optional(noteSchema),
        }),
        response: { 200: eventPlaceSchema },
      },
    },
    async (request) => {
      const { body, params } = request;
      const key = eventKeyOf(params);
      const now = clock.now();
      return await transact(pool, async (tx) => {
        const before = await lockEvent(tx, key);
        if (!before) throw eventNotFound(params.event_id);
        const venueName = await readVenueName(tx, key.tenantId, body.venue_id ?? before.venueId);
        const after = movedTo(before, body, venueName, now);
        const hasMoved = after.startsAt.getTime() !== before.startsAt.getTime();
        await moveEvent(tx, key, after);
        if (hasMoved) await takeBackAnnouncements(tx, key, ['event_reminder'], now);
        const announcementId = await announceChange(tx, ids, key, {
          kind: 'event_changed',
          data: {
            ...(hasMoved && { old_starts_at: before.startsAt.toISOString() }),
            ...(after.venueId !== before.venueId && { old_venue: before.venueName }),
            ...(body.note !== undefined && { note: body.note }),
          },
          at: now,
        });
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'move',
          object: { kind: 'event', id: formatEventId(key) },
          before: facts(before),
          after: { ...facts(after), note: body.note ?? null },
        });
        return eventPlaceAnswer(key, after, announcementId);
      });
    },
  );
}
