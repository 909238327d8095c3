import { formatEventId, type EventKey } from '../base/ids.ts';
import type { Facts } from '../identity/audit-log.ts';
import type { DraftChange } from './event-draft.ts';

/** What the audit log tells of an event. */
export function eventFacts(event: DraftChange): Facts {
  return {
    name: event.name,
    description: event.description,
    venue_id: event.venueId,
    starts_at: event.startsAt.toISOString(),
    sales_start_at: event.salesStartAt.toISOString(),
    sales_end_at: event.salesEndAt.toISOString(),
    color: event.look.color,
    picture: event.look.picture,
    logo: event.look.logo,
  };
}

/** An event as the audit log names it. */
export function eventObject(key: EventKey): { kind: string; id: string } {
  return { kind: 'event', id: formatEventId(key) };
}
