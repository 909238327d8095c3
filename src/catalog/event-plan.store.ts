import type { EventKey } from '../base/ids.ts';
import type { Row, Tx } from '../db/transaction.ts';
import type { FittedPlan, FittedSeat, PresentPlan } from './fit-plan.ts';

const seatsPerStatement = 10_000;

/** Reads and locks what stands in an event whose row `tx` holds: nobody holds or buys a place of it meanwhile. */
export async function lockPresentPlan(tx: Tx, key: EventKey): Promise<Omit<PresentPlan, 'keptOff'>> {
  const values = [key.tenantId, key.eventId];
  const states = await tx.query<Row & { seat_no: number; state: string }>({
    text: `select seat_no, state from seat_states where tenant_id = $1 and event_id = $2 order by seat_no for update`,
    values,
  });
  const counters = await tx.query<Row & { zone_no: number; used: number }>({
    text: `select zone_no, held + sold as used from zone_counters
            where tenant_id = $1 and event_id = $2 order by zone_no for update`,
    values,
  });
  const zones = await tx.query<Row & PresentPlan['zones'][number]>({
    text: `select zone_no as "zoneNo", name, kind, price, capacity from zones
            where tenant_id = $1 and event_id = $2 order by zone_no`,
    values,
  });
  const categories = await tx.query<Row & PresentPlan['categories'][number]>({
    text: `select category_no as "categoryNo", name, color, price from categories
            where tenant_id = $1 and event_id = $2 order by category_no`,
    values,
  });
  const seats = await tx.query<Row & PresentPlan['seats'][number]>({
    text: `select seat_no as "seatNo", guid, zone_no as "zoneNo", row_label as "rowLabel", seat_label as "seatLabel"
             from seats where tenant_id = $1 and event_id = $2 order by seat_no`,
    values,
  });
  const sold = await tx.query<Row & { seat_no: number }>({
    text: `select distinct seat_no from transaction_items where tenant_id = $1 and event_id = $2 and seat_no is not null`,
    values,
  });
  const isTaken = ({ state }: { state: string }) => state === 'held' || state === 'sold';
  return {
    zones,
    categories,
    seats,
    taken: new Set(states.filter(isTaken).map(({ seat_no }) => seat_no)),
    sold: new Set(sold.map(({ seat_no }) => seat_no)),
    zonesUsed: new Map(counters.map(({ zone_no, used }) => [zone_no, used])),
  };
}

/** Whether nothing refers to the numbers of an event's places yet, so that a new plan may begin afresh. */
export async function isUntouched(tx: Tx, key: EventKey): Promise<boolean> {
  const own = 'tenant_id = $1 and event_id = $2';
  const [row] = await tx.query<Row & { touched: boolean }>({
    text: `
      select exists (select from holds where ${own}) or exists (select from transactions where ${own})
          or exists (select from price_lists where ${own}) or exists (select from vouchers where ${own})
          or exists (select from tax_rules where ${own}) as touched`,
    values: [key.tenantId, key.eventId],
  });
  return !row!.touched;
}

async function saveZones(tx: Tx, key: EventKey, { zones, categories }: FittedPlan): Promise<void> {
  await tx.query({
    text: `
      insert into categories (tenant_id, event_id, category_no, name, color, price)
      select $1, $2, c.* from unnest($3::smallint[], $4::text[], $5::text[], $6::bigint[]) c
      on conflict (tenant_id, event_id, category_no) do update set color = excluded.color`,
    values: [
      key.tenantId,
      key.eventId,
      categories.map((one) => one.categoryNo),
      categories.map((one) => one.name),
      categories.map((one) => one.color),
      categories.map((one) => one.price),
    ],
  });
  await tx.query({
    text: `
      insert into zones (tenant_id, event_id, zone_no, name, kind, price, capacity)
      select $1, $2, z.* from unnest($3::smallint[], $4::text[], $5::zone_kind[], $6::bigint[], $7::integer[]) z
      on conflict (tenant_id, event_id, zone_no) do update set capacity = excluded.capacity`,
    values: [
      key.tenantId,
      key.eventId,
      zones.map((one) => one.zoneNo),
      zones.map((one) => one.name),
      zones.map((one) => one.kind),
      zones.map((one) => one.price),
      zones.map((one) => one.capacity),
    ],
  });
  await tx.query({
    text: `
      insert into zone_counters (tenant_id, event_id, zone_no, capacity)
      select tenant_id, event_id, zone_no, capacity from zones
       where tenant_id = $1 and event_id = $2 and kind = 'general'
      on conflict (tenant_id, event_id, zone_no) do update set capacity = excluded.capacity`,
    values: [key.tenantId, key.eventId],
  });
}

async function saveSeats(tx: Tx, key: EventKey, seats: FittedSeat[]): Promise<void> {
  const column = <T>(of: (seat: FittedSeat) => T) => seats.map(of);
  await tx.query({
    text: `
      insert into seats (tenant_id, event_id, seat_no, zone_no, category_no, guid, row_label, seat_label,
                         row_no, position, x, y, traits)
      select $1, $2, s.seat_no, s.zone_no, s.category_no, s.guid, s.row_label, s.seat_label, s.row_no, s.position,
             s.x, s.y, string_to_array(s.traits, ',')::seat_trait[]
        from unnest($3::integer[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::text[],
                    $9::integer[], $10::integer[], $11::real[], $12::real[], $13::text[])
             s (seat_no, zone_no, category_no, guid, row_label, seat_label, row_no, position, x, y, traits)
      on conflict (tenant_id, event_id, seat_no) do update
         set zone_no = excluded.zone_no, category_no = excluded.category_no, row_label = excluded.row_label,
             seat_label = excluded.seat_label, row_no = excluded.row_no, position = excluded.position,
             x = excluded.x, y = excluded.y, traits = excluded.traits, retired = false`,
    values: [
      key.tenantId,
      key.eventId,
      column((seat) => seat.seatNo),
      column((seat) => seat.zoneNo),
      column((seat) => seat.categoryNo),
      column((seat) => seat.guid),
      column((seat) => seat.rowLabel),
      column((seat) => seat.seatLabel),
      column((seat) => seat.rowNo),
      column((seat) => seat.position),
      column((seat) => seat.x),
      column((seat) => seat.y),
      column((seat) => seat.traits.join(',')),
    ],
  });
  await tx.query({
    text: `
      insert into seat_states (tenant_id, event_id, seat_no, state)
      select $1, $2, s.seat_no, (case when s.blocked then 'blocked' else 'free' end)::seat_state
        from unnest($3::integer[], $4::boolean[]) s (seat_no, blocked)
      on conflict (tenant_id, event_id, seat_no) do update set state = excluded.state
       where seat_states.state = 'free' and excluded.state = 'blocked'
          -- A seat that went back is blocked when it is not to be sold again, which a plan does not change.
          or seat_states.state = 'blocked' and excluded.state = 'free'
             and not exists (select from transaction_items i
                              where i.tenant_id = $1 and i.event_id = $2 and i.seat_no = seat_states.seat_no)`,
    values: [key.tenantId, key.eventId, column((seat) => seat.seatNo), column((seat) => seat.blocked)],
  });
}

async function retireSeats(tx: Tx, key: EventKey, seatNos: number[], rows: number): Promise<void> {
  // Each in a row of its own, so that it is nobody's neighbour.
  await tx.query({
    text: `update seats set retired = true, row_no = $4 + seat_no
            where tenant_id = $1 and event_id = $2 and seat_no = any ($3::integer[])`,
    values: [key.tenantId, key.eventId, seatNos, rows],
  });
  await tx.query({
    text: `update seat_states set state = 'blocked'
            where tenant_id = $1 and event_id = $2 and seat_no = any ($3::integer[]) and state = 'free'`,
    values: [key.tenantId, key.eventId, seatNos],
  });
}

/** Stores a plan that fits; the event and its places must be locked. */
export async function saveFittedPlan(tx: Tx, key: EventKey, fitted: FittedPlan): Promise<void> {
  await saveZones(tx, key, fitted);
  for (let from = 0; from < fitted.seats.length; from += seatsPerStatement) {
    await saveSeats(tx, key, fitted.seats.slice(from, from + seatsPerStatement));
  }
  const rows = fitted.seats.at(-1)?.rowNo ?? 0;
  if (fitted.retired.length > 0) await retireSeats(tx, key, fitted.retired, rows);
}

/** Notes which version of which plan an event has; the event must be locked. */
export async function noteSeatPlan(
  tx: Tx,
  key: EventKey,
  plan: { seatPlanId: number; version: number },
): Promise<void> {
  await tx.query({
    text: `update events set seat_plan_id = $3, seat_plan_version = $4, version = version + 1
            where tenant_id = $1 and event_id = $2`,
    values: [key.tenantId, key.eventId, plan.seatPlanId, plan.version],
  });
}
