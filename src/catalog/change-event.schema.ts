import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventIdSchema, instantSchema, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import type { EventPlace } from './change-event.store.ts';

export const eventParamsSchema = object({ seller_id: sellerIdSchema, event_id: eventIdSchema });

export const noteSchema = Type.String({
  minLength: 1,
  maxLength: limits.eventNoteCharsMax,
  pattern: '\\S',
  description: 'what buyers are told beside it',
});

/** What a change of an event is answered with. */
export const eventPlaceSchema = object({
  id: Type.String(),
  name: Type.String(),
  status: Type.Enum(['draft', 'published', 'cancelled']),
  starts_at: instantSchema,
  sales_end_at: instantSchema,
  venue_id: Type.Integer(),
  venue_name: Type.String(),
  announcement_id: Type.String({ description: 'What is said of it to the buyers' }),
});

/** The answer for an event as it is then. */
export function eventPlaceAnswer(key: EventKey, event: EventPlace, announcementId: string) {
  return {
    id: formatEventId(key),
    name: event.name,
    status: event.status,
    starts_at: event.startsAt.toISOString(),
    sales_end_at: event.salesEndAt.toISOString(),
    venue_id: event.venueId,
    venue_name: event.venueName,
    announcement_id: announcementId,
  };
}

/** What a missing event and another seller's are answered with. */
export function eventNotFound(id: string): Problem {
  return new Problem('event_not_found', `There is no event ${id}.`);
}

/** The event of a path. @throws Problem `event_not_found` when it is not one of the seller's. */
export function eventKeyOf(params: { seller_id: number; event_id: string }): EventKey {
  const key = parseEventId(params.event_id);
  if (!key || key.tenantId !== params.seller_id) throw eventNotFound(params.event_id);
  return key;
}
