import type { EventKey } from '../base/ids.ts';
import { FREE, type AvailabilityChange } from '../catalog/availability.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader } from '../db/transaction.ts';

type Row = { ended: string[]; freed_seats: number[]; zones: number[]; zones_left: number[] };

/**
 * Ends live holds of one event and puts their places back on sale: one transaction, one round trip.
 * @returns which holds were ended now, and what became free.
 */
export async function endHolds(
  pool: Pool,
  key: EventKey,
  holdIds: string[],
  state: 'released' | 'expired',
): Promise<{ ended: Set<string>; change: AvailabilityChange }> {
  const [row] = await transactOnce<Row>(pool, {
    name: 'end_holds',
    text: 'select * from end_holds($1, $2, $3, $4)',
    values: [key.tenantId, key.eventId, holdIds, state],
  });
  return {
    ended: new Set(row!.ended),
    change: {
      seats: row!.freed_seats.map((seatNo) => ({ seatNo, state: FREE })),
      zones: row!.zones.map((zoneNo, i) => ({ zoneNo, left: row!.zones_left[i]! })),
    },
  };
}

export type ExpiredHold = EventKey & { holdId: string; expiresAt: Date };

/** Live holds of any seller whose time has come, the oldest first. `since` bounds how far back to look. */
export async function findExpiredHolds(reader: Reader, since: Date, limit: number): Promise<ExpiredHold[]> {
  const rows = await reader.query<{ tenant_id: number; event_id: number; hold_id: string; expires_at: Date }>(
    {
      name: 'find_expired_holds',
      text: `select tenant_id, event_id, hold_id, expires_at from holds
            where expires_at >= $1 and expires_at <= clock_timestamp() and state = 'live'
            order by expires_at limit $2`,
      values: [since, limit],
    },
  );
  return rows.map((row) => ({
    tenantId: row.tenant_id,
    eventId: row.event_id,
    holdId: row.hold_id,
    expiresAt: row.expires_at,
  }));
}
