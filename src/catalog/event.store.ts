import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { planRuleColumns, toPlanRule, type PlanRuleColumns } from '../payments/plan-rule.store.ts';
import type { PriceList, Reservation } from '../pricing/price-list.ts';
import type { CustomerKind, Rounding, RoundingScope, TaxBase, TaxRule } from '../tax/tax-rule.ts';
import { BLOCKED, FREE, HELD, SOLD, type Availability } from './availability.ts';
import type {
  CatalogEvent,
  Category,
  EventStatus,
  PlanArea,
  SeatColumns,
  SeatTrait,
  Zone,
  ZoneKind,
} from './event.ts';
import { lockSeller } from './seller.store.ts';

/** Where processes hear that an event's prices or plan, or a seller's taxes, have changed. */
export const catalogChannel = 'taquilla_catalog';

type EventRow = Row & {
  name: string;
  description: string | null;
  starts_at: Date;
  currency: string;
  status: EventStatus;
  sales_start_at: Date;
  sales_end_at: Date;
  pricing_version: number;
  plan_version: number;
  plan_width: number;
  plan_height: number;
  plan_areas: PlanArea[];
  tax_version: number;
  seller_name: string;
  legal_name: string;
  tax_id: string;
  seller_timezone: string;
  rounding: Rounding;
  tax_scope: RoundingScope;
  venue_name: string;
  address: string | null;
  venue_timezone: string;
  zones: [zoneNo: number, name: string, kind: ZoneKind, price: number | null, capacity: number][];
  categories: [categoryNo: number, name: string, color: string, price: number][];
  tax_rules: [
    taxRuleId: number,
    eventId: number | null,
    name: string,
    inclusion: TaxRule['inclusion'],
    ratePpm: number | null,
    amount: number | null,
    validFrom: number | string,
    validUntil: number | string,
    base: TaxBase,
    perOrder: boolean,
    categoryNo: number | null,
    zoneNo: number | null,
    customerKinds: CustomerKind[] | null,
    exemptKinds: CustomerKind[] | null,
    paymentMethods: string[] | null,
    currencies: string[] | null,
    onFees: boolean,
  ][];
  price_list: PriceList | null;
  reservations: [
    voucherId: number,
    seatNos: number[],
    zoneNos: number[],
    places: number[],
    from: number | string,
    until: number | string,
  ][];
  personal_vouchers: boolean;
  plan_rules: PlanRuleColumns[];
  seats: number;
  last_seat: number;
  zone_nos: number[];
  category_nos: number[];
  row_nos: number[];
  positions: number[];
  xs: number[];
  ys: number[];
  row_labels: string[];
  seat_labels: string[];
  traits: [seatNo: number, traits: SeatTrait[]][];
  retired: number[];
  color: string | null;
  picture: string | null;
  logo: string | null;
};

// One statement, so that plan, prices and versions are of one snapshot. The seats come as one JSON array a
// column: for 50,000 seats that takes 110 ms, where rows through the driver take 140 ms and as many arrays.
const loadEventText = `
  select e.name, e.description, e.starts_at, e.currency, e.status, e.sales_start_at, e.sales_end_at,
         e.pricing_version, e.plan_version, e.plan_width, e.plan_height, e.plan_areas,
         s.tax_version, s.name as seller_name, s.legal_name, s.tax_id, s.timezone as seller_timezone, s.rounding,
         s.tax_scope,
         v.name as venue_name, v.address, v.timezone as venue_timezone,
         e.color, encode(e.picture, 'hex') as picture, encode(e.logo, 'hex') as logo,
         (select coalesce(json_agg(json_build_array(zone_no, name, kind, price, capacity) order by zone_no), '[]')
            from zones where tenant_id = $1 and event_id = $2) as zones,
         (select coalesce(json_agg(json_build_array(category_no, name, color, price) order by category_no), '[]')
            from categories where tenant_id = $1 and event_id = $2) as categories,
         (select coalesce(json_agg(json_build_array(tax_rule_id, event_id, name, inclusion, rate_ppm, amount,
                   extract(epoch from valid_from) * 1000, extract(epoch from valid_until) * 1000,
                   base, per_order, category_no, zone_no, customer_kinds, exempt_kinds, payment_methods, currencies,
                   on_fees)
                 order by tax_rule_id), '[]')
            from tax_rules where tenant_id = $1 and (event_id is null or event_id = $2)) as tax_rules,
         (select list from price_lists where tenant_id = $1 and event_id = $2
           order by pricing_version desc limit 1) as price_list,
         (select coalesce(json_agg(json_build_array(voucher_id, reserved_seats, reserved_zones, reserved_places,
                   extract(epoch from valid_from) * 1000, extract(epoch from valid_until) * 1000)), '[]')
            from vouchers where tenant_id = $1 and event_id = $2
             and (cardinality(reserved_seats) > 0 or cardinality(reserved_zones) > 0)) as reservations,
         exists (select from vouchers where tenant_id = $1 and (event_id is null or event_id = $2)
                    and customer_uses_max is not null) as personal_vouchers,
         (select coalesce(json_agg(json_build_array(${planRuleColumns}) order by rule_id), '[]') from payment_plan_rules
           where tenant_id = $1 and (event_id is null or event_id = $2) and currency = e.currency and ended_at is null)
           as plan_rules,
         c.*
    from events e
    join sellers s on s.tenant_id = e.tenant_id
    join venues v on v.tenant_id = e.tenant_id and v.venue_id = e.venue_id
   cross join (
     select count(*)::integer as seats, coalesce(max(seat_no), 0) as last_seat,
            coalesce(json_agg(zone_no), '[]') as zone_nos, coalesce(json_agg(category_no), '[]') as category_nos,
            coalesce(json_agg(row_no), '[]') as row_nos, coalesce(json_agg(position), '[]') as positions,
            coalesce(json_agg(x), '[]') as xs, coalesce(json_agg(y), '[]') as ys,
            coalesce(json_agg(row_label), '[]') as row_labels, coalesce(json_agg(seat_label), '[]') as seat_labels,
            coalesce(json_agg(json_build_array(seat_no, traits)) filter (where traits <> '{}'), '[]') as traits,
            coalesce(json_agg(seat_no) filter (where retired), '[]') as retired
       from (select * from seats where tenant_id = $1 and event_id = $2 order by seat_no) ordered) c
   where e.tenant_id = $1 and e.event_id = $2`;

function toSeats(row: EventRow): SeatColumns {
  if (row.last_seat !== row.seats)
    throw new Error(`an event has ${row.seats} seats, but its last is ${row.last_seat}`);
  return {
    count: row.seats,
    zoneNo: Int16Array.from(row.zone_nos),
    categoryNo: Int16Array.from(row.category_nos),
    rowNo: Int32Array.from(row.row_nos),
    position: Int32Array.from(row.positions),
    x: Float32Array.from(row.xs),
    y: Float32Array.from(row.ys),
    rowLabel: row.row_labels,
    seatLabel: row.seat_labels,
    traits: new Map(row.traits),
    retired: new Set(row.retired),
  };
}

function toTaxRule(rule: EventRow['tax_rules'][number]): TaxRule {
  const [taxRuleId, eventId, name, inclusion, ratePpm, amount, validFrom, validUntil, base, perOrder] = rule;
  const [
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    ,
    categoryNo,
    zoneNo,
    customerKinds,
    exemptKinds,
    paymentMethods,
    currencies,
    onFees,
  ] = rule;
  const condition = {
    ...(categoryNo !== null && { categoryNo }),
    ...(zoneNo !== null && { zoneNo }),
    ...(customerKinds && { customerKinds }),
    ...(exemptKinds && { exemptKinds }),
    ...(paymentMethods && { paymentMethods }),
    ...(currencies && { currencies }),
    ...(onFees && { onFees }),
  };
  // JSON has no infinity: PostgreSQL writes it as a text, which Number reads.
  const common = {
    taxRuleId,
    eventId,
    name,
    inclusion,
    validFrom: Number(validFrom),
    validUntil: Number(validUntil),
    ...(Object.keys(condition).length > 0 && { condition }),
  };
  return ratePpm === null
    ? { ...common, kind: 'fixed', amount: amount!, ...(perOrder && { per: 'order' }) }
    : { ...common, kind: 'percentage', ratePpm, ...(base !== 'net' && { base }) };
}

function toZones(rows: EventRow['zones']): Zone[] {
  return rows.map(([zoneNo, name, kind, price, capacity]) => ({ zoneNo, name, kind, price, capacity }));
}

function toCategories(rows: EventRow['categories']): Category[] {
  return rows.map(([categoryNo, name, color, price]) => ({ categoryNo, name, color, price }));
}

function toReservations(rows: EventRow['reservations']): Reservation[] {
  return rows.map(([voucherId, seatNos, zoneNos, places, from, until]) => ({
    voucherId,
    seatNos,
    zones: zoneNos.map((zoneNo, i) => ({ zoneNo, places: places[i]! })),
    from: Number(from),
    until: Number(until),
  }));
}

/** Whether a sale costs or counts differently by who buys or how they pay. */
function bindsBuyer(row: EventRow, rules: TaxRule[]): boolean {
  return (
    row.personal_vouchers ||
    (row.price_list?.customerPlacesMax ?? null) !== null ||
    rules.some(({ condition: c }) => c?.customerKinds ?? c?.exemptKinds ?? c?.paymentMethods)
  );
}

/** Reads an event with its plan, prices and tax rules, in whatever status it is; null when there is none such. */
export async function loadEvent(reader: Reader, key: EventKey): Promise<CatalogEvent | null> {
  const [row] = await reader.query<EventRow>({
    name: 'load_event',
    text: loadEventText,
    values: [key.tenantId, key.eventId],
  });
  if (!row) return null;
  const taxRules = row.tax_rules.map(toTaxRule);
  return {
    tenantId: key.tenantId,
    eventId: key.eventId,
    name: row.name,
    description: row.description,
    seller: {
      name: row.seller_name,
      legalName: row.legal_name,
      taxId: row.tax_id,
      timezone: row.seller_timezone,
      rounding: row.rounding,
      taxScope: row.tax_scope,
    },
    venue: { name: row.venue_name, address: row.address, timezone: row.venue_timezone },
    look: { color: row.color, picture: row.picture, logo: row.logo },
    startsAt: row.starts_at,
    currency: row.currency,
    status: row.status,
    salesStartAt: row.sales_start_at,
    salesEndAt: row.sales_end_at,
    pricingVersion: row.pricing_version,
    taxVersion: row.tax_version,
    planVersion: row.plan_version,
    planSize: { width: row.plan_width, height: row.plan_height },
    areas: row.plan_areas,
    zones: toZones(row.zones),
    categories: toCategories(row.categories),
    seats: toSeats(row),
    taxRules,
    priceList: row.price_list,
    reservations: toReservations(row.reservations),
    planRules: row.plan_rules.map(toPlanRule),
    bindsBuyer: bindsBuyer(row, taxRules),
  };
}

type AvailabilityRow = Row & {
  last_seat: number;
  held: number[];
  sold: number[];
  blocked: number[];
  zones: [zoneNo: number, left: number][];
  used: [counter: string, used: number][];
};

/** Reads what is taken; free seats, mostly the most, are not sent. An unknown event has no seats. */
export async function loadAvailability(reader: Reader, key: EventKey): Promise<Availability> {
  const [row] = await reader.query<AvailabilityRow>({
    name: 'load_availability',
    text: `
      select s.*, (select coalesce(json_agg(json_build_array(zone_no, capacity - held - sold)), '[]')
                     from zone_counters where tenant_id = $1 and event_id = $2) as zones,
             (select coalesce(json_agg(json_build_array(counter_key, used)), '[]') from use_counters
               where tenant_id = $1 and counter_key like 'stage:' || $2::integer || ':%') as used
        from (select coalesce(max(seat_no), 0) as last_seat,
                     coalesce(json_agg(seat_no) filter (where state = 'held'), '[]') as held,
                     coalesce(json_agg(seat_no) filter (where state = 'sold'), '[]') as sold,
                     coalesce(json_agg(seat_no) filter (where state = 'blocked'), '[]') as blocked
                from seat_states where tenant_id = $1 and event_id = $2) s`,
    values: [key.tenantId, key.eventId],
  });
  const seats = new Uint8Array(row!.last_seat).fill(FREE);
  for (const [state, seatNos] of [
    [HELD, row!.held],
    [SOLD, row!.sold],
    [BLOCKED, row!.blocked],
  ] as const) {
    for (const seatNo of seatNos) seats[seatNo - 1] = state;
  }
  return { seats, zonesLeft: new Map(row!.zones), used: new Map(row!.used) };
}

/**
 * Lists published events of all sellers that start at `startsFrom` or later, by their start and then by id.
 * @param options.startingAfter the event that the page before ended with; after an unknown one comes nothing.
 */
export async function listEvents(
  reader: Reader,
  options: { startsFrom: Date; startingAfter?: EventKey; limit: number },
): Promise<{ keys: EventKey[]; hasMore: boolean }> {
  const { startingAfter: after, limit } = options;
  const rows = await reader.query<Row & { tenant_id: number; event_id: number }>({
    name: 'list_events',
    text: `
      select e.tenant_id, e.event_id
        from events e
       where e.status = 'published' and e.starts_at >= $1
         and ($2::integer is null
              or (e.starts_at, e.tenant_id, e.event_id)
                 > ((select a.starts_at from events a where a.tenant_id = $2 and a.event_id = $3), $2, $3))
       order by e.starts_at, e.tenant_id, e.event_id
       limit $4`,
    values: [options.startsFrom, after?.tenantId ?? null, after?.eventId ?? null, limit + 1],
  });
  const keys = rows.slice(0, limit).map((row) => ({ tenantId: row.tenant_id, eventId: row.event_id }));
  return { keys, hasMore: rows.length > limit };
}

/** What an event is made of before it has a plan. */
export type NewEvent = {
  venueId: number;
  name: string;
  description: string | null;
  startsAt: Date;
  currency: string;
  status: EventStatus;
  salesStartAt: Date;
  salesEndAt: Date;
};

/** Creates an event without places, and gives it the seller's next event id. The seller must exist. */
export async function createEvent(tx: Tx, tenantId: number, event: NewEvent): Promise<EventKey> {
  // The seller's row is the lock under which its events are numbered.
  await lockSeller(tx, tenantId);
  const [row] = await tx.query<Row & { event_id: number }>({
    text: `
      insert into events (tenant_id, event_id, venue_id, name, description, starts_at, currency, status,
                          sales_start_at, sales_end_at)
      select $1, coalesce(max(event_id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9 from events where tenant_id = $1
      returning event_id`,
    values: [
      tenantId,
      event.venueId,
      event.name,
      event.description,
      event.startsAt,
      event.currency,
      event.status,
      event.salesStartAt,
      event.salesEndAt,
    ],
  });
  return { tenantId, eventId: row!.event_id };
}

/** Tells all processes that something of all events of a seller has changed, once the transaction is committed. */
export async function tellSellerChanged(tx: Tx, tenantId: number): Promise<void> {
  await tx.query({ text: 'select pg_notify($1, $2)', values: [catalogChannel, `${tenantId}`] });
}

/** Tells every process, once the transaction commits, that an event's plan or prices have changed. */
export async function tellCatalogChanged(tx: Tx, key: EventKey): Promise<void> {
  await tx.query({
    text: 'select pg_notify($1, $2)',
    values: [catalogChannel, `${key.tenantId}-${key.eventId}`],
  });
}
