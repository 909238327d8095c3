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

/**
 * Live holds of any seller whose time has come by the database's clock, the oldest first.
 * @param since bounds how far back to look.
 * @returns them, and when that was by the same clock.
 */
export async function findExpiredHolds(
  reader: Reader,
  since: Date,
  limit: number,
): Promise<{ at: Date; holds: ExpiredHold[] }> {
  const rows = await reader.query<{ at: Date } & ExpiredRow>({
    name: 'find_expired_holds',
    text: `select c.at, h.* from (select clock_timestamp() as at) c
             left join lateral (
               select tenant_id, event_id, hold_id, expires_at from holds
                where expires_at >= $1 and expires_at <= c.at and state = 'live'
                order by expires_at limit $2) h on true
            order by h.expires_at`,
    values: [since, limit],
  });
  const holds = rows.flatMap(
    ({ tenant_id: tenantId, event_id: eventId, hold_id: holdId, expires_at: expiresAt }) =>
      holdId === null ? [] : [{ tenantId, eventId, holdId, expiresAt }],
  );
  return { at: rows[0]!.at, holds };
}

/** Where the first sweep of a process begins: so long before the last one that any process has noted. */
export async function readSweepStart(reader: Reader, reachSeconds: number): Promise<Date> {
  const [row] = await reader.query<{ since: Date }>({
    name: 'read_hold_sweep_mark',
    text: 'select swept_until - make_interval(secs => $1) as since from hold_sweep_mark',
    values: [reachSeconds],
  });
  return row!.since;
}

/** Notes that the holds whose time had come by then have been ended. */
export async function noteSwept(pool: Pool, until: Date): Promise<void> {
  await transactOnce(pool, {
    name: 'note_swept_holds',
    text: 'update hold_sweep_mark set swept_until = $1 where swept_until < $1',
    values: [until],
  });
}

type ExpiredRow = { tenant_id: number; event_id: number; hold_id: string | null; expires_at: Date };
