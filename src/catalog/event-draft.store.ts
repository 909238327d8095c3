import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { PriceList } from '../pricing/price-list.ts';
import { shiftStages, type DraftChange, type EventDraft, type Preparation } from './event-draft.ts';
import type { EventLook, EventStatus } from './event.ts';
import { lockSeller } from './seller.store.ts';

type DraftRow = Row & Omit<EventDraft, 'look'> & EventLook;

const select = `
  select e.tenant_id as "tenantId", e.event_id as "eventId", e.version, e.status, e.name, e.description,
         e.venue_id as "venueId", v.name as "venueName", v.timezone, e.starts_at as "startsAt",
         e.sales_start_at as "salesStartAt", e.sales_end_at as "salesEndAt", e.currency,
         e.seat_plan_id as "seatPlanId", e.seat_plan_version as "seatPlanVersion",
         (select coalesce(json_agg(json_build_object('zoneNo', zone_no, 'name', z.name, 'kind', kind,
                                                     'capacity', capacity) order by zone_no), '[]')
            from zones z where z.tenant_id = e.tenant_id and z.event_id = e.event_id and capacity > 0) as zones,
         e.color, encode(e.picture, 'hex') as picture, encode(e.logo, 'hex') as logo
    from events e join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id`;

function toDraft({ color, picture, logo, ...row }: DraftRow): EventDraft {
  return { ...row, look: { color, picture, logo } };
}

/** A page of a seller's events of any status, the newest number first. */
export async function listDrafts(
  reader: Reader,
  tenantId: number,
  page: { status: EventStatus | null; startingAfter: number | null; limit: number },
): Promise<{ events: EventDraft[]; hasMore: boolean }> {
  const rows = await reader.query<DraftRow>({
    text: `${select} where e.tenant_id = $1 and ($2::event_status is null or e.status = $2)
             and ($3::integer is null or e.event_id < $3)
           order by e.event_id desc limit $4`,
    values: [tenantId, page.status, page.startingAfter, page.limit + 1],
  });
  return { events: rows.slice(0, page.limit).map(toDraft), hasMore: rows.length > page.limit };
}

/** A seller's event in whatever status it is, or null. */
export async function readDraft(reader: Reader, key: EventKey): Promise<EventDraft | null> {
  const [row] = await reader.query<DraftRow>({
    text: `${select} where e.tenant_id = $1 and e.event_id = $2`,
    values: [key.tenantId, key.eventId],
  });
  return row ? toDraft(row) : null;
}

/** As `readDraft`, and locked until `tx` ends. */
export async function lockDraft(tx: Tx, key: EventKey): Promise<EventDraft | null> {
  const [row] = await tx.query<DraftRow>({
    text: `${select} where e.tenant_id = $1 and e.event_id = $2 for no key update of e`,
    values: [key.tenantId, key.eventId],
  });
  return row ? toDraft(row) : null;
}

/** Writes a locked event. */
export async function saveDraft(tx: Tx, key: EventKey, to: DraftChange): Promise<void> {
  await tx.query({
    text: `
      update events set name = $3, description = $4, venue_id = $5, starts_at = $6, sales_start_at = $7,
             sales_end_at = $8, color = $9, picture = decode($10, 'hex'), logo = decode($11, 'hex'),
             version = version + 1
       where tenant_id = $1 and event_id = $2`,
    values: [
      key.tenantId,
      key.eventId,
      to.name,
      to.description,
      to.venueId,
      to.startsAt,
      to.salesStartAt,
      to.salesEndAt,
      to.look.color,
      to.look.picture,
      to.look.logo,
    ],
  });
}

/** Publishes a locked event, or makes a draft of it again. */
export async function saveStatus(tx: Tx, key: EventKey, status: EventStatus): Promise<void> {
  await tx.query({
    text: `update events set status = $3, version = version + 1 where tenant_id = $1 and event_id = $2`,
    values: [key.tenantId, key.eventId, status],
  });
}

/** Whether a place of an event is held or sold, or an order for it waits for its money. */
export async function isSelling(tx: Tx, key: EventKey): Promise<boolean> {
  const own = 'tenant_id = $1 and event_id = $2';
  const [row] = await tx.query<Row & { selling: boolean }>({
    text: `select exists (select from holds where ${own} and state in ('live', 'confirmed'))
               or exists (select from transactions where ${own}) as selling`,
    values: [key.tenantId, key.eventId],
  });
  return row!.selling;
}

/** Reads what is asked before an event may be published. A category or general zone is free when its places cost nothing by base price. */
export async function readPreparation(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  startsAt: Date,
): Promise<Preparation> {
  const [row] = await reader.query<Row & Preparation>({
    text: `
      select array(select c.name from categories c
                    where c.tenant_id = $1 and c.event_id = $2 and c.price = 0
                      and exists (select from seats s
                                    join seat_states t on t.tenant_id = $1 and t.event_id = $2 and t.seat_no = s.seat_no
                                    join zones z on z.tenant_id = $1 and z.event_id = $2 and z.zone_no = s.zone_no
                                   where s.tenant_id = $1 and s.event_id = $2 and s.category_no = c.category_no
                                     and t.state <> 'blocked' and z.price is null)
                    order by c.category_no) as "freeCategories",
             array(select name from zones where tenant_id = $1 and event_id = $2 and price = 0 and capacity > 0
                    order by zone_no) as "freeZones",
             exists (select from price_lists where tenant_id = $1 and event_id = $2) as "hasPriceList",
             exists (select from tax_rules where tenant_id = $1 and (event_id is null or event_id = $2)
                        and valid_from <= $3 and valid_until > now()) as "hasTaxes",
             exists (select from fiscal_series where tenant_id = $1 and kind = 'sales') as "hasSeries",
             exists (select from seller_keys where tenant_id = $1) as "hasKey"`,
    values: [tenantId, eventId, startsAt],
  });
  return row!;
}

/** The newest price list of an event, or null. */
async function readPriceList(tx: Tx, key: EventKey): Promise<PriceList | null> {
  const [row] = await tx.query<Row & { list: PriceList }>({
    text: `select list from price_lists where tenant_id = $1 and event_id = $2 order by pricing_version desc limit 1`,
    values: [key.tenantId, key.eventId],
  });
  return row?.list ?? null;
}

const copyPlan = [
  `insert into categories (tenant_id, event_id, category_no, name, color, price)
   select tenant_id, $3, category_no, name, color, price from categories where tenant_id = $1 and event_id = $2`,
  `insert into zones (tenant_id, event_id, zone_no, name, kind, price, capacity)
   select tenant_id, $3, zone_no, name, kind, price, capacity from zones where tenant_id = $1 and event_id = $2`,
  `insert into zone_counters (tenant_id, event_id, zone_no, capacity)
   select tenant_id, $3, zone_no, capacity from zone_counters where tenant_id = $1 and event_id = $2`,
  `insert into seats (tenant_id, event_id, seat_no, zone_no, category_no, guid, row_label, seat_label, row_no, position,
                      x, y, traits, retired)
   select tenant_id, $3, seat_no, zone_no, category_no, guid, row_label, seat_label, row_no, position, x, y, traits,
          retired
     from seats where tenant_id = $1 and event_id = $2`,
  `insert into seat_states (tenant_id, event_id, seat_no, state)
   select s.tenant_id, $3, s.seat_no, (case when t.state = 'blocked' and (s.retired or not exists (
            select from transaction_items i where i.tenant_id = $1 and i.event_id = $2 and i.seat_no = s.seat_no))
          then 'blocked' else 'free' end)::seat_state
     from seats s join seat_states t on t.tenant_id = $1 and t.event_id = $2 and t.seat_no = s.seat_no
    where s.tenant_id = $1 and s.event_id = $2`,
  `insert into tax_rules (tenant_id, tax_rule_id, event_id, name, kind, rate_ppm, amount, inclusion, valid_from,
                          valid_until, base, per_order, category_no, zone_no, customer_kinds, exempt_kinds,
                          payment_methods, currencies)
   select tenant_id, (select max(tax_rule_id) from tax_rules where tenant_id = $1) + row_number() over (order by tax_rule_id),
          $3, name, kind, rate_ppm, amount, inclusion, valid_from, valid_until, base, per_order, category_no, zone_no,
          customer_kinds, exempt_kinds, payment_methods, currencies
     from tax_rules where tenant_id = $1 and event_id = $2 and valid_until > now()`,
];

/**
 * Makes a draft like an event: with its plan, prices, own taxes and look, on sale as long before its end as that one.
 * What was sold is not copied. The event must be there.
 * @param to.salesStartAt when it goes on sale.
 */
export async function copyEvent(
  tx: Tx,
  from: EventDraft,
  to: { name: string; startsAt: Date; salesStartAt: Date; at: Date },
): Promise<EventKey> {
  const { tenantId } = from;
  // The seller's row is the lock under which its events and tax rules are numbered.
  await lockSeller(tx, tenantId);
  const by = to.startsAt.getTime() - from.startsAt.getTime();
  const [row] = await tx.query<Row & { event_id: number; pricing_version: number }>({
    text: `
      insert into events (tenant_id, event_id, venue_id, name, description, starts_at, currency, status, sales_start_at,
                          sales_end_at, plan_width, plan_height, plan_areas, seat_plan_id, seat_plan_version, color,
                          picture, logo)
      select tenant_id, (select max(event_id) from events where tenant_id = $1) + 1, venue_id, $3, description, $4,
             currency, 'draft', $5, $6, plan_width, plan_height, plan_areas, seat_plan_id, seat_plan_version, color,
             picture, logo
        from events where tenant_id = $1 and event_id = $2
      returning event_id, pricing_version`,
    values: [
      tenantId,
      from.eventId,
      to.name,
      to.startsAt,
      to.salesStartAt,
      new Date(from.salesEndAt.getTime() + by),
    ],
  });
  const key = { tenantId, eventId: row!.event_id };
  for (const text of copyPlan) await tx.query({ text, values: [tenantId, from.eventId, key.eventId] });
  const list = await readPriceList(tx, from);
  if (list) {
    await tx.query({
      text: `insert into price_lists (tenant_id, event_id, pricing_version, list, created_at) values ($1, $2, $3, $4, $5)`,
      values: [tenantId, key.eventId, row!.pricing_version, JSON.stringify(shiftStages(list, by)), to.at],
    });
  }
  return key;
}
