import { SOLD, type AvailabilityChange } from '../catalog/availability.ts';
import type { Row, Tx } from '../db/transaction.ts';
import { requireOpenDayOf } from '../fiscal/selling-point.store.ts';
import type { TillLease } from './till-lease.ts';
import { digestOf, type SoldPlace, type TillRecord } from './till-record.ts';
import type { KeptLease, TillKey } from './till.store.ts';

/** A sale of a till that is to be recorded. */
export type TillSale = {
  record: TillRecord;
  kept: KeptLease;
  lease: TillLease;
  places: SoldPlace[];
  transactionId: string;
  /** Of the hold that the sale's own places go into. */
  holdId: string;
};

type Allotment = {
  state: string;
  line_zone: number[];
  line_seat: number[];
  line_quantity: number[];
  line_unit_price: number[];
  line_net: number[];
  line_discounts: number[];
  line_fees: number[];
  line_taxes: number[];
  tax_amounts: number[];
};

type Zone = { zone_no: number; left: number };

const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

async function lockAllotment(tx: Tx, tenantId: number, holdId: string): Promise<Allotment> {
  const [row] = await tx.query<Allotment & Row>({
    text: `select state, line_zone, line_seat, line_quantity, line_unit_price, line_net, line_discounts, line_fees, line_taxes,
                  tax_amounts
             from holds where tenant_id = $1 and hold_id = $2 for update`,
    values: [tenantId, holdId],
  });
  return row!;
}

/** For each place whether it can be had: from the allotment, else from what is on sale. Locks seats, then counters. */
async function findPlaces(
  tx: Tx,
  { tenantId }: TillKey,
  { kept, places }: TillSale,
  allotment: Allotment,
): Promise<('leased' | 'free' | 'taken')[]> {
  const seatNos = places.flatMap(({ seatNo }) => seatNo ?? []);
  const zoneNos = places.filter(({ seatNo }) => seatNo === null).map(({ zoneNo }) => zoneNo);
  const seats = await tx.query<{ seat_no: number; state: string; hold_id: string | null }>({
    text: `select seat_no, state, hold_id from seat_states
            where tenant_id = $1 and event_id = $2 and seat_no = any ($3) order by seat_no for update`,
    values: [tenantId, kept.eventId, seatNos],
  });
  const zones = await tx.query<Zone>({
    text: `select zone_no, capacity - held - sold as left from zone_counters
            where tenant_id = $1 and event_id = $2 and zone_no = any ($3) order by zone_no for update`,
    values: [tenantId, kept.eventId, zoneNos],
  });
  const isLive = allotment.state === 'live';
  const leased = new Map(
    allotment.line_zone.flatMap((zone, i) =>
      isLive && allotment.line_seat[i] === 0 ? [[zone, allotment.line_quantity[i]!]] : [],
    ),
  );
  const free = new Map(zones.map(({ zone_no, left }) => [zone_no, left]));
  const take = (stock: Map<number, number>, zoneNo: number) => {
    const left = stock.get(zoneNo) ?? 0;
    stock.set(zoneNo, left - 1);
    return left > 0;
  };
  const seen = new Set<number>();
  return places.map(({ seatNo, zoneNo }) => {
    if (seatNo === null) return take(leased, zoneNo) ? 'leased' : take(free, zoneNo) ? 'free' : 'taken';
    const seat = seats.find((one) => one.seat_no === seatNo);
    if (!seat || seen.has(seatNo)) return 'taken';
    seen.add(seatNo);
    if (seat.state === 'free') return 'free';
    return isLive && seat.state === 'held' && seat.hold_id === kept.holdId ? 'leased' : 'taken';
  });
}

/** Takes sold places out of the hold that keeps the lease's places, each at the price at which it is kept there. */
async function shrinkAllotment(
  tx: Tx,
  tenantId: number,
  { kept, lease }: TillSale,
  allotment: Allotment,
  gone: SoldPlace[],
): Promise<void> {
  const priceOf = (place: SoldPlace) => {
    const offered =
      place.seatNo === null
        ? lease.zones.find((zone) => zone.zone_no === place.zoneNo)
        : lease.seats.find((seat) => seat.seat_no === place.seatNo);
    return lease.prices[offered!.prices[0]!]!;
  };
  const lines = allotment.line_zone
    .map((zone, i) => {
      const out = gone.filter(
        (place) => place.zoneNo === zone && (place.seatNo ?? 0) === allotment.line_seat[i],
      );
      const price = out[0] && priceOf(out[0]);
      const less = (of: 'net' | 'discounts' | 'fees' | 'taxes') => (price ? price[of] * out.length : 0);
      return {
        zone,
        seat: allotment.line_seat[i]!,
        quantity: allotment.line_quantity[i]! - out.length,
        unitPrice: allotment.line_unit_price[i]!,
        net: allotment.line_net[i]! - less('net'),
        discounts: allotment.line_discounts[i]! - less('discounts'),
        fees: allotment.line_fees[i]! - less('fees'),
        taxes: allotment.line_taxes[i]! - less('taxes'),
      };
    })
    .filter((line) => line.quantity > 0);
  const column = <K extends keyof (typeof lines)[number]>(name: K) => lines.map((line) => line[name]);
  const amounts = (['net', 'discounts', 'fees', 'taxes'] as const).map((name) => sumOf(column(name)));
  const taxAmounts = allotment.tax_amounts.map(
    (amount, i) => amount - sumOf(gone.map((place) => priceOf(place).tax_amounts[i]!)),
  );
  await tx.query({
    text: `update holds set line_zone = $3, line_seat = $4, line_quantity = $5, line_unit_price = $6, line_net = $7,
                  line_discounts = $8, line_fees = $9, line_taxes = $10, net = $11, discounts = $12, fees = $13, taxes = $14,
                  total = $11::bigint - $12::bigint + $13::bigint + $14::bigint, tax_amounts = $15
            where tenant_id = $1 and hold_id = $2`,
    values: [
      tenantId,
      kept.holdId,
      column('zone'),
      column('seat'),
      column('quantity'),
      column('unitPrice'),
      column('net'),
      column('discounts'),
      column('fees'),
      column('taxes'),
      ...amounts,
      taxAmounts,
    ],
  });
}

/** The hold of the sale itself, confirmed as any sale's is, with what was printed. */
async function insertHold(tx: Tx, tenantId: number, sale: TillSale): Promise<void> {
  const { kept, lease, places, transactionId, holdId } = sale;
  const prices = places.map(({ price }) => price);
  const hasKinds = prices.some((price) => price.kind !== null);
  const terms = {
    buyer: null,
    paymentMethod: null,
    voucher: null,
    fees: [],
    kinds: prices.map((price) => price.kind),
    stages: prices.map(() => null),
  };
  await tx.query({
    text: `insert into holds (tenant_id, hold_id, event_id, state, expires_at, transaction_id, pricing_version, tax_version,
                              quote_valid_until, net, discounts, fees, taxes, total, line_zone, line_seat, line_quantity,
                              line_unit_price, line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts,
                              terms)
           values ($1, $2, $3, 'confirmed', clock_timestamp(), $4, $5, $6, 'infinity', $7, $8, $9, $10, $11, $12, $13, $14, $15,
                   $16, $17, $18, $19, $20, $21, $22)`,
    values: [
      tenantId,
      holdId,
      kept.eventId,
      transactionId,
      kept.pricingVersion,
      kept.taxVersion,
      sumOf(prices.map((price) => price.net)),
      sumOf(prices.map((price) => price.discounts)),
      sumOf(prices.map((price) => price.fees)),
      sumOf(prices.map((price) => price.taxes)),
      sale.record.total,
      places.map(({ zoneNo }) => zoneNo),
      places.map(({ seatNo }) => seatNo ?? 0),
      places.map(() => 1),
      prices.map((price) => price.unit_price),
      prices.map((price) => price.net),
      prices.map((price) => price.discounts),
      prices.map((price) => price.fees),
      prices.map((price) => price.taxes),
      lease.tax_rule_ids,
      lease.tax_rule_ids.map((_, i) => sumOf(prices.map((price) => price.tax_amounts[i]!))),
      hasKinds ? JSON.stringify(terms) : null,
    ],
  });
}

/** Seats and counters as sold; @returns what is left of the zones. */
async function sellPlaces(
  tx: Tx,
  { tenantId }: TillKey,
  { kept, places, holdId }: TillSale,
  found: ('leased' | 'free' | 'taken')[],
): Promise<AvailabilityChange> {
  const had = places.map((place, i) => ({ ...place, how: found[i]! })).filter(({ how }) => how !== 'taken');
  const seatNos = had.flatMap(({ seatNo }) => seatNo ?? []);
  await tx.query({
    text: `update seat_states set state = 'sold', hold_id = $4
            where tenant_id = $1 and event_id = $2 and seat_no = any ($3)`,
    values: [tenantId, kept.eventId, seatNos, holdId],
  });
  const standing = had.filter(({ seatNo }) => seatNo === null);
  const zoneNos = [...new Set(standing.map(({ zoneNo }) => zoneNo))];
  const count = (zoneNo: number, how?: string) =>
    standing.filter((one) => one.zoneNo === zoneNo && (how === undefined || one.how === how)).length;
  const zones = await tx.query<Zone>({
    text: `update zone_counters z set held = z.held - u.leased, sold = z.sold + u.sold
             from unnest($3::smallint[], $4::integer[], $5::integer[]) u (zone_no, leased, sold)
            where z.tenant_id = $1 and z.event_id = $2 and z.zone_no = u.zone_no
           returning z.zone_no, z.capacity - z.held - z.sold as left`,
    values: [
      tenantId,
      kept.eventId,
      zoneNos,
      zoneNos.map((zoneNo) => count(zoneNo, 'leased')),
      zoneNos.map((zoneNo) => count(zoneNo)),
    ],
  });
  return {
    seats: seatNos.map((seatNo) => ({ seatNo, state: SOLD })),
    zones: zones.map(({ zone_no, left }) => ({ zoneNo: zone_no, left })),
  };
}

async function insertSale(
  tx: Tx,
  { tenantId, deviceNo }: TillKey,
  { record, kept, lease, places, transactionId, holdId }: TillSale,
  found: ('leased' | 'free' | 'taken')[],
): Promise<void> {
  const { customer, payment } = record;
  await tx.query({
    text: `insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency,
                                     net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale,
                                     customer_name, customer_email, customer_phone, customer_document)
           select h.tenant_id, h.transaction_id, h.event_id, h.hold_id, 'processing', 1, clock_timestamp(), $3, h.net,
                  h.discounts, h.fees, h.taxes, h.total, h.tax_rule_ids, h.tax_amounts, $4::locale, $5, $6, $7, $8
             from holds h where h.tenant_id = $1 and h.hold_id = $2`,
    values: [
      tenantId,
      holdId,
      lease.currency,
      customer.locale,
      customer.name,
      customer.email,
      customer.phone,
      customer.document,
    ],
  });
  await tx.query({
    text: `insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no, state, net, discounts,
                                          fees, taxes, total)
           select $1, $2, u.no, $3, u.zone_no, nullif(u.seat_no, 0), u.state::item_state, u.net, u.discounts, u.fees, u.taxes,
                  u.net + u.taxes + u.fees - u.discounts
             from unnest($4::smallint[], $5::integer[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
                  with ordinality u (zone_no, seat_no, state, net, discounts, fees, taxes, no)`,
    values: [
      tenantId,
      transactionId,
      kept.eventId,
      places.map(({ zoneNo }) => zoneNo),
      places.map(({ seatNo }) => seatNo ?? 0),
      found.map((how) => (how === 'taken' ? 'returned' : 'live')),
      places.map(({ price }) => price.net),
      places.map(({ price }) => price.discounts),
      places.map(({ price }) => price.fees),
      places.map(({ price }) => price.taxes),
    ],
  });
  await tx.query({
    text: `insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
           values ($1, $2, 1, $3::payment_method, 'captured', $4, $5, $6, clock_timestamp())`,
    values: [tenantId, transactionId, payment.method, payment.amount, lease.currency, payment.reference],
  });
  await tx.query({
    text: `insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id) values ($1, $2, $3, $4)`,
    values: [
      tenantId,
      digestOf(`till\n${deviceNo}\n${record.sequence}`),
      digestOf(JSON.stringify(record)),
      transactionId,
    ],
  });
  const someLive = found.some((how) => how !== 'taken');
  const steps = ['tickets', 'statistics', ...(someLive && customer.email ? ['email'] : [])];
  if (someLive && customer.phone) steps.push('sms');
  await tx.query({
    text: `insert into steps (tenant_id, transaction_id, name, updated_at)
           select $1, $2, n::step_name, clock_timestamp() from unnest($3::text[]) n`,
    values: [tenantId, transactionId, steps],
  });
}

/**
 * The document of a sale, as the next of its block. Its instant is the printed one, unless that is before the document before or
 * still to come.
 * @returns false when the block has ended meanwhile, or its next number is another one.
 * @throws Problem `fiscal_day_closed`.
 */
async function issueDocument(
  tx: Tx,
  { tenantId }: TillKey,
  { record, kept, lease, places, transactionId }: TillSale,
): Promise<boolean> {
  const rows = await tx.query({
    text: `with block as materialized (
             select b.block_no, b.last_hash, greatest(b.last_issued_at, least($5::timestamptz, clock_timestamp())) as issued_at
               from fiscal_blocks b
              where b.tenant_id = $1 and b.series_id = $2 and b.next_number = $3 and b.block_no = any ($9)
                and b.state = 'open' for update
           ), document as (
             insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
             select $1, $2, $3, $4, b.issued_at, $6, $7, $8::text,
                    sha256(b.last_hash || convert_to(fiscal_content($2::smallint, $3::bigint, $4::uuid, b.issued_at,
                                                                    $6::bigint, $7::bigint, $8::text), 'UTF8'))
               from block b
             returning number, issued_at, hash
           )
           update fiscal_blocks f
              set next_number = d.number + 1, last_issued_at = d.issued_at, last_hash = d.hash,
                  state = case when d.number = f.last_number then 'used' else 'open' end::fiscal_block_state,
                  ended_at = case when d.number = f.last_number then clock_timestamp() end
             from document d, block b
            where f.tenant_id = $1 and f.series_id = $2 and f.block_no = b.block_no
           returning f.block_no`,
    values: [
      tenantId,
      kept.seriesId,
      record.number,
      transactionId,
      record.at,
      sumOf(places.map(({ price }) => price.taxes)),
      record.total,
      lease.currency,
      kept.blockNos,
    ],
  });
  await requireOpenDayOf(tx, tenantId, kept.seriesId);
  return rows.length === 1;
}

/** The sweep of forgotten steps looks for this sale as well, whose id is as old as its lease. */
async function moveMarkBack(tx: Tx, tenantId: number, transactionId: string): Promise<void> {
  await tx.query({
    text: `update sweep_marks set since = uuidv7_instant($2)
            where tenant_id = $1 and kind = 'steps' and since > uuidv7_instant($2)`,
    values: [tenantId, transactionId],
  });
}

/**
 * Makes a sale of what a till has sold: with its document, since that was handed out, and with the places that it sold
 * where they can be had. What somebody else has is an item that was given back at once.
 * @returns which places were taken, and what is on sale now.
 * @throws Problem `fiscal_day_closed`; an error with the code 40001 when the block has ended meanwhile.
 */
export async function recordSale(
  tx: Tx,
  key: TillKey,
  sale: TillSale,
): Promise<{ taken: SoldPlace[]; change: AvailabilityChange }> {
  const { kept, places } = sale;
  const allotment = await lockAllotment(tx, key.tenantId, kept.holdId);
  const found = await findPlaces(tx, key, sale, allotment);
  const leased = places.filter((_, i) => found[i] === 'leased');
  await insertHold(tx, key.tenantId, sale);
  if (leased.length > 0) await shrinkAllotment(tx, key.tenantId, sale, allotment, leased);
  const change = await sellPlaces(tx, key, sale, found);
  await insertSale(tx, key, sale, found);
  await moveMarkBack(tx, key.tenantId, sale.transactionId);
  if (!(await issueDocument(tx, key, sale)))
    throw Object.assign(new Error(`number ${sale.record.number} is no longer the next of its block`), {
      code: '40001',
    });
  return { taken: places.filter((_, i) => found[i] === 'taken'), change };
}
