import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import type { Row, Tx } from '../db/transaction.ts';
import type { PlanArea } from './event.ts';
import type { PlanCategory } from './plan.ts';

/** What an event has beside its plan, once `tx` holds its row. */
export type LockedEvent = { name: string; currency: string; hasPlan: boolean };

/** Reads and locks an event, so that two imports into it follow each other; null when there is none such. */
export async function lockEvent(tx: Tx, key: EventKey): Promise<LockedEvent | null> {
  const [row] = await tx.query<Row & { name: string; currency: string; has_plan: boolean }>({
    text: `
      select name, currency,
             exists (select from zones where tenant_id = $1 and event_id = $2) as has_plan
        from events where tenant_id = $1 and event_id = $2 for update`,
    values: [key.tenantId, key.eventId],
  });
  return row ? { name: row.name, currency: row.currency, hasPlan: row.has_plan } : null;
}

/**
 * Takes an event's plan away, with all that was free in it.
 * @returns false, and the transaction must then roll back, when a place is held or sold.
 */
export async function clearPlan(tx: Tx, key: EventKey): Promise<boolean> {
  const values = [key.tenantId, key.eventId];
  // A hold that is being placed has its places locked: these two wait for it, and then leave its places.
  await tx.query({
    text: `delete from seat_states where tenant_id = $1 and event_id = $2 and state in ('free', 'blocked')`,
    values,
  });
  await tx.query({
    text: 'delete from zone_counters where tenant_id = $1 and event_id = $2 and held = 0 and sold = 0',
    values,
  });
  const [used] = await tx.query<Row & { used: boolean }>({
    text: `
      select exists (select from seat_states where tenant_id = $1 and event_id = $2)
          or exists (select from zone_counters where tenant_id = $1 and event_id = $2)
          or exists (select from holds where tenant_id = $1 and event_id = $2 and state in ('live', 'confirmed'))
          as used`,
    values,
  });
  if (used!.used) return false;
  for (const table of ['seats', 'zones', 'categories']) {
    await tx.query({ text: `delete from ${table} where tenant_id = $1 and event_id = $2`, values });
  }
  return true;
}

/** Writes an event's canvas, and counts the change of its plan and prices. */
export async function updateCanvas(
  tx: Tx,
  key: EventKey,
  canvas: { width: number; height: number; areas: PlanArea[] },
): Promise<void> {
  await tx.query({
    text: `
      update events set plan_width = $3, plan_height = $4, plan_areas = $5,
             plan_version = plan_version + 1, pricing_version = pricing_version + 1
       where tenant_id = $1 and event_id = $2`,
    values: [key.tenantId, key.eventId, canvas.width, canvas.height, JSON.stringify(canvas.areas)],
  });
}

/** Writes the categories, numbered from 1, with their prices in minor units. */
export async function insertCategories(
  tx: Tx,
  key: EventKey,
  categories: (PlanCategory & { price: number })[],
): Promise<void> {
  await tx.query({
    text: `
      insert into categories (tenant_id, event_id, category_no, name, color, price)
      select $1, $2, c.no, c.name, c.color, c.price
        from unnest($3::text[], $4::text[], $5::bigint[]) with ordinality c (name, color, price, no)`,
    values: [
      key.tenantId,
      key.eventId,
      categories.map((category) => category.name),
      categories.map((category) => category.color),
      categories.map((category) => category.price),
    ],
  });
}

export type NewZone = { name: string; kind: 'numbered' | 'general'; price: number | null; capacity: number };

/** Writes the zones, numbered from 1, and the counters of the general ones. */
export async function insertZones(tx: Tx, key: EventKey, zones: NewZone[]): Promise<void> {
  await tx.query({
    text: `
      insert into zones (tenant_id, event_id, zone_no, name, kind, price, capacity)
      select $1, $2, z.no, z.name, z.kind, z.price, z.capacity
        from unnest($3::text[], $4::zone_kind[], $5::bigint[], $6::integer[])
             with ordinality z (name, kind, price, capacity, no)`,
    values: [
      key.tenantId,
      key.eventId,
      zones.map((zone) => zone.name),
      zones.map((zone) => zone.kind),
      zones.map((zone) => zone.price),
      zones.map((zone) => zone.capacity),
    ],
  });
  await tx.query({
    text: `
      insert into zone_counters (tenant_id, event_id, zone_no, capacity)
      select tenant_id, event_id, zone_no, capacity from zones
       where tenant_id = $1 and event_id = $2 and kind = 'general'`,
    values: [key.tenantId, key.eventId],
  });
}

/** Seats in columns, in the order of their numbers. */
export type NewSeats = {
  seatNo: number[];
  zoneNo: number[];
  categoryNo: number[];
  guid: string[];
  rowLabel: string[];
  seatLabel: string[];
  rowNo: number[];
  position: number[];
  x: number[];
  y: number[];
  blocked: boolean[];
};

// The driver would quote and escape each of half a million numbers: a quarter of an import of 50,000 seats.
function numbers(values: number[]): string {
  return `{${values.join(',')}}`;
}

/** Writes seats with their states, free or blocked. */
export async function insertSeats(tx: Tx, key: EventKey, seats: NewSeats): Promise<void> {
  await tx.query({
    name: 'insert_seats',
    text: `
      insert into seats (tenant_id, event_id, seat_no, zone_no, category_no, guid, row_label, seat_label,
                         row_no, position, x, y)
      select $1, $2, s.*
        from unnest($3::integer[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::text[],
                    $9::integer[], $10::integer[], $11::real[], $12::real[]) s`,
    values: [
      key.tenantId,
      key.eventId,
      numbers(seats.seatNo),
      numbers(seats.zoneNo),
      numbers(seats.categoryNo),
      seats.guid,
      seats.rowLabel,
      seats.seatLabel,
      numbers(seats.rowNo),
      numbers(seats.position),
      numbers(seats.x),
      numbers(seats.y),
    ],
  });
  await tx.query({
    name: 'insert_seat_states',
    text: `
      insert into seat_states (tenant_id, event_id, seat_no, state)
      select $1, $2, s.seat_no, case when s.blocked then 'blocked' else 'free' end::seat_state
        from unnest($3::integer[], $4::boolean[]) s (seat_no, blocked)`,
    values: [key.tenantId, key.eventId, numbers(seats.seatNo), seats.blocked],
  });
}

/** Has the planner look at new plans: it would take 50,000 seats for a handful until autovacuum comes by. */
export async function analyzePlans(pool: Pool): Promise<void> {
  await pool.query('analyze seats, seat_states, zones, categories, events');
}
