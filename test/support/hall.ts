import { uuidv7, type EventKey } from '../../src/base/ids.ts';
import type { ConfirmOrder } from '../../src/checkout/confirm-sales.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { PlaceOrder } from '../../src/holds/place-holds.store.ts';
import type { Cart, Quote, QuoteLine } from '../../src/pricing/quote.ts';

export const seatPriceMinor = 2_500;
export const standingPriceMinor = 1_000;

/** Numbered seats are zone 1, standing places are zone 2; 16 % tax comes on top. */
export type Hall = EventKey & { seats: number; standing: number };

/** Creates a seller with its series and one event on sale, by plain SQL. */
export async function createHall(
  pool: Pool,
  options: { tenantId?: number; seats?: number; standing?: number } = {},
): Promise<Hall> {
  const { tenantId = 1, seats = 100, standing = 100 } = options;
  await pool.query(
    `insert into sellers (tenant_id, name, legal_name, tax_id, currency) values ($1, 'Teatro', 'Teatro, C.A.', 'J-1', 'USD')
     on conflict do nothing`,
    [tenantId],
  );
  await pool.query(
    `insert into fiscal_points (tenant_id, point_no, kind, name) values ($1, 1, 'online', 'Online') on conflict do nothing`,
    [tenantId],
  );
  await pool.query(
    `insert into fiscal_series (tenant_id, series_id, kind, prefix, padding, first_number, next_number)
     values ($1, 1, 'sales', 'A-', 8, 1, 1), ($1, 2, 'credit_notes', 'NC-A-', 8, 1, 1) on conflict do nothing`,
    [tenantId],
  );
  await pool.query(
    `insert into tax_rules (tenant_id, tax_rule_id, name, kind, rate_ppm, inclusion) values ($1, 1, 'IVA', 'percentage', 160000, 'added')
     on conflict do nothing`,
    [tenantId],
  );
  await pool.query(
    `insert into venues (tenant_id, venue_id, name, timezone) values ($1, 1, 'Sala', 'America/Caracas') on conflict do nothing`,
    [tenantId],
  );
  const { rows } = await pool.query<{ event_id: number }>(
    `insert into events (tenant_id, event_id, venue_id, name, starts_at, currency, status, sales_start_at, sales_end_at)
     select $1, coalesce(max(event_id), 0) + 1, 1, 'Noche de gala', now() + interval '30 days', 'USD', 'published',
            now() - interval '1 day', now() + interval '29 days'
       from events where tenant_id = $1 returning event_id`,
    [tenantId],
  );
  const key = [tenantId, rows[0]!.event_id];
  await pool.query(`insert into categories values ($1, $2, 1, 'Platea', '#aa3344', ${seatPriceMinor})`, key);
  await pool.query(
    `insert into zones values ($1, $2, 1, 'Platea', 'numbered', null, $3), ($1, $2, 2, 'De pie', 'general', ${standingPriceMinor}, $4)`,
    [...key, seats, standing],
  );
  await pool.query(
    `insert into seats select $1, $2, n, 1, 1, 'seat-' || n, ((n - 1) / 20 + 1)::text, ((n - 1) % 20 + 1)::text,
                              (n - 1) / 20 + 1, (n - 1) % 20 + 1, (n - 1) % 20 * 10, (n - 1) / 20 * 10
       from generate_series(1, $3::integer) n`,
    [...key, seats],
  );
  await pool.query(`insert into seat_states select $1, $2, n from generate_series(1, $3::integer) n`, [
    ...key,
    seats,
  ]);
  await pool.query(`insert into zone_counters values ($1, $2, 2, $3)`, [...key, standing]);
  return { tenantId, eventId: rows[0]!.event_id, seats, standing };
}

/** What a cart costs in this hall. */
export function hallQuote(cart: Cart): Quote {
  const line = (zoneNo: number, seatNo: number | null, quantity: number, unitPrice: number): QuoteLine => {
    const net = unitPrice * quantity;
    const taxes = Math.round((net * 16) / 100);
    return { zoneNo, seatNo, quantity, unitPrice, net, discounts: 0, fees: 0, taxes, total: net + taxes };
  };
  const lines = [
    ...cart.seatNos.map((seatNo) => line(1, seatNo, 1, seatPriceMinor)),
    ...cart.zones.map((zone) => line(zone.zoneNo, null, zone.quantity, standingPriceMinor)),
  ];
  const sum = (of: (line: QuoteLine) => number) => lines.reduce((total, one) => total + of(one), 0);
  return {
    currency: 'USD',
    lines,
    net: sum((one) => one.net),
    discounts: 0,
    fees: 0,
    taxes: [
      { taxRuleId: 1, name: 'IVA', inclusion: 'added', ratePpm: 160_000, amount: sum((one) => one.taxes) },
    ],
    taxTotal: sum((one) => one.taxes),
    total: sum((one) => one.total),
    pricingVersion: 1,
    taxVersion: 1,
    validUntil: Infinity,
  };
}

/** An order to place: seats, and places of the standing zone. */
export function placeOrder(seatNos: number[], standing = 0): PlaceOrder {
  const cart: Cart = { seatNos, zones: standing > 0 ? [{ zoneNo: 2, quantity: standing }] : [] };
  return { holdId: uuidv7(Date.now()), cart, quote: hallQuote(cart) };
}

/** An order to confirm a hold in cash, with a key and a body of its own unless given. */
export function confirmOrder(holdId: string, changes: Partial<ConfirmOrder> = {}): ConfirmOrder {
  return {
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    holdId,
    transactionId: uuidv7(Date.now()),
    customer: { name: 'Ana Pérez', email: 'ana@example.com', locale: 'es' },
    payment: { method: 'cash' },
    expectedTotal: null,
    ...changes,
  };
}
