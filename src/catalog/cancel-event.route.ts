import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock, type IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
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
import { cancelEvent, lockEvent } from './change-event.store.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock };

/** `POST /sellers/{id}/events/{event}/cancel`: ends its sale for good; every buyer is told. Nothing is refunded by it. */
export function cancelEventRoute(app: App, { pool, ids, clock }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/cancel',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'event_cancelled'] },
      schema: {
        operationId: 'cancelEvent',
        tags: ['catalog'],
        summary: 'Cancel an event, and tell its buyers',
        params: eventParamsSchema,
        body: object({ note: Type.Optional(noteSchema) }),
        response: { 200: eventPlaceSchema },
      },
    },
    async (request) => {
      const { body, params } = request;
      const key = eventKeyOf(params);
      const now = clock.now();
      return await transact(pool, async (tx) => {
        const event = await lockEvent(tx, key);
        if (!event) throw eventNotFound(params.event_id);
        if (event.status === 'cancelled') {
          throw new Problem('event_cancelled', 'The event is cancelled already.');
        }
        await cancelEvent(tx, key);
        await takeBackAnnouncements(tx, key, ['event_reminder', 'event_changed'], now);
        const announcementId = await announceChange(tx, ids, key, {
          kind: 'event_cancelled',
          data: body.note === undefined ? {} : { note: body.note },
          at: now,
        });
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'cancel',
          object: { kind: 'event', id: formatEventId(key) },
          before: { status: event.status },
          after: { status: 'cancelled', note: body.note ?? null },
        });
        return eventPlaceAnswer(key, { ...event, status: 'cancelled' }, announcementId);
      });
    },
  );
}
