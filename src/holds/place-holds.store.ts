import { transactOnce } from '../db/transaction.ts';
import type { Pool } from '../db/pool.ts';
import type { EventKey } from '../base/ids.ts';
import type { Cart, Quote } from '../pricing/quote.ts';

export type PlaceOrder = { holdId: string; cart: Cart; quote: Quote };

export type PlacedGroup = {
  /** In the order of the group; what each means stands in sql/0004_holds.sql. */
  outcomes: ('placed' | 'taken' | 'again' | 'sales_closed')[];
  expiresAt: Date;
  /** Of all the seats asked for: those that were free when the group began. */
  freeSeats: Set<number>;
  /** Places left in the general zones asked for, after the group. */
  zonesLeft: Map<number, number>;
};

type Row = {
  outcomes: PlacedGroup['outcomes'];
  expires_at: Date;
  free_seats: number[] | null;
  zones: number[] | null;
  zones_left: number[] | null;
};

// The driver would write nested arrays as one array of many dimensions, which must not be ragged.
function literal(numbers: number[]): string {
  return `{${numbers.join(',')}}`;
}

/** An instant for a timestamptz[] parameter; quotes that never end are 'infinity'. */
export function instantParameter(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString() : 'infinity';
}

/** Places a group of holds of one event: one transaction, one round trip (place_holds in SQL). */
export async function placeHolds(
  pool: Pool,
  key: EventKey,
  orders: PlaceOrder[],
  ttlSeconds: number,
): Promise<PlacedGroup> {
  const quotes = orders.map((order) => order.quote);
  const lines = quotes.map((quote) => quote.lines);
  const seatOrders = orders.flatMap((order, i) => order.cart.seatNos.map(() => i + 1));
  const zoneAsks = orders.flatMap((order, i) => order.cart.zones.map((zone) => ({ ...zone, order: i + 1 })));
  const [row] = await transactOnce<Row>(pool, {
    name: 'place_holds',
    text: `select * from place_holds(${Array.from({ length: 27 }, (_, i) => `$${i + 1}`).join(', ')})`,
    values: [
      key.tenantId,
      key.eventId,
      ttlSeconds,
      orders.map((order) => order.holdId),
      quotes.map((quote) => quote.pricingVersion),
      quotes.map((quote) => quote.taxVersion),
      quotes.map((quote) => instantParameter(quote.validUntil)),
      quotes.map((quote) => quote.net),
      quotes.map((quote) => quote.discounts),
      quotes.map((quote) => quote.fees),
      quotes.map((quote) => quote.taxTotal),
      quotes.map((quote) => quote.total),
      lines.map((of) => literal(of.map((line) => line.zoneNo))),
      lines.map((of) => literal(of.map((line) => line.seatNo ?? 0))),
      lines.map((of) => literal(of.map((line) => line.quantity))),
      lines.map((of) => literal(of.map((line) => line.unitPrice))),
      lines.map((of) => literal(of.map((line) => line.net))),
      lines.map((of) => literal(of.map((line) => line.discounts))),
      lines.map((of) => literal(of.map((line) => line.fees))),
      lines.map((of) => literal(of.map((line) => line.taxes))),
      quotes.map((quote) => literal(quote.taxes.map((tax) => tax.taxRuleId))),
      quotes.map((quote) => literal(quote.taxes.map((tax) => tax.amount))),
      seatOrders,
      orders.flatMap((order) => order.cart.seatNos),
      zoneAsks.map((ask) => ask.order),
      zoneAsks.map((ask) => ask.zoneNo),
      zoneAsks.map((ask) => ask.quantity),
    ],
  });
  const zones = row!.zones ?? [];
  return {
    outcomes: row!.outcomes,
    expiresAt: row!.expires_at,
    freeSeats: new Set(row!.free_seats ?? []),
    zonesLeft: new Map(zones.map((zoneNo, i) => [zoneNo, row!.zones_left![i]!])),
  };
}
