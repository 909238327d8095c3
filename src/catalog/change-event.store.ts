import type { EventKey } from '../base/ids.ts';
import type { Row, Tx } from '../db/transaction.ts';
import type { EventStatus } from './event.ts';

/** What of an event is said anew when it moves. */
export type EventPlace = {
  name: string;
  status: EventStatus;
  startsAt: Date;
  salesStartAt: Date;
  salesEndAt: Date;
  venueId: number;
  venueName: string;
};

/** Locks an event against other changes of its date, its place and its announcements; null when there is none such. */
export async function lockEvent(tx: Tx, { tenantId, eventId }: EventKey): Promise<EventPlace | null> {
  const [row] = await tx.query<Row & EventPlace>({
    text: `select e.name, e.status, e.starts_at as "startsAt", e.sales_start_at as "salesStartAt",
                  e.sales_end_at as "salesEndAt", e.venue_id as "venueId", v.name as "venueName"
             from events e join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id
            where e.tenant_id = $1 and e.event_id = $2 for no key update of e`,
    values: [tenantId, eventId],
  });
  return row ?? null;
}

/** The name of a seller's venue, or null when there is none such. */
export async function readVenueName(tx: Tx, tenantId: number, venueId: number): Promise<string | null> {
  const [row] = await tx.query<Row & { name: string }>({
    text: 'select name from venues where tenant_id = $1 and venue_id = $2',
    values: [tenantId, venueId],
  });
  return row?.name ?? null;
}

/** Moves an event to another date or place. Its sale is open for as long before it as it was. */
export async function moveEvent(
  tx: Tx,
  { tenantId, eventId }: EventKey,
  to: Pick<EventPlace, 'startsAt' | 'salesEndAt' | 'venueId'>,
): Promise<void> {
  await tx.query({
    text: `update events set starts_at = $3, sales_end_at = $4, venue_id = $5, version = version + 1
            where tenant_id = $1 and event_id = $2`,
    values: [tenantId, eventId, to.startsAt, to.salesEndAt, to.venueId],
  });
}

/** Cancels an event: nothing of it is sold any more. */
export async function cancelEvent(tx: Tx, { tenantId, eventId }: EventKey): Promise<void> {
  await tx.query({
    text: `update events set status = 'cancelled', version = version + 1 where tenant_id = $1 and event_id = $2`,
    values: [tenantId, eventId],
  });
}
