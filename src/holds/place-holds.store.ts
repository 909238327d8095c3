import { transactOnce } from '../db/transaction.ts';
import type { Pool } from '../db/pool.ts';
import type { EventKey } from '../base/ids.ts';
import type { Keep, Take } from '../pricing/price-list.ts';
import type { Cart, Quote, QuoteTerms } from '../pricing/quote.ts';

/** What a hold keeps of the terms of its quote. */
export type KeptTerms = QuoteTerms & { kinds: (string | null)[]; stages: (string | null)[] };

export type PlaceOrder = {
  holdId: string;
  cart: Cart;
  quote: Quote;
  /** What stays for the holders of vouchers in general zones; absent: nothing. */
  keeps?: Keep[];
};

export type PlacedGroup = {
  /** In the order of the group; what each means stands in sql/0031_prices.sql. */
  outcomes: ('placed' | 'taken' | 'again' | 'stale' | 'sales_closed')[];
  expiresAt: Date;
  /** Of all the seats asked for: those that were free when the group began. */
  freeSeats: Set<number>;
  /** Places left in the general zones asked for, after the group. */
  zonesLeft: Map<number, number>;
  /** The counters that the group named, after it. */
  used: [counter: string, used: number][];
};

type Row = {
  outcomes: PlacedGroup['outcomes'];
  expires_at: Date;
  free_seats: number[] | null;
  zones: number[] | null;
  zones_left: number[] | null;
  counters_used: number[] | null;
};

// The driver would write nested arrays as one array of many dimensions, which must not be ragged.
function literal(values: (number | string)[]): string {
  return `{${values.join(',')}}`;
}

/** Terms as a hold keeps them, with kinds and stages by line; null for a plain quote. */
export function termsParameter({ terms, lines }: Quote): string | null {
  if (!terms) return null;
  const kept: KeptTerms = {
    ...terms,
    kinds: lines.map((line) => line.kind ?? null),
    stages: lines.map((line) => line.stage ?? null),
  };
  return JSON.stringify(kept);
}

/** An instant for a timestamptz[] parameter; quotes that never end are 'infinity'. */
export function instantParameter(milliseconds: number): string {
  return Number.isFinite(milliseconds) ? new Date(milliseconds).toISOString() : 'infinity';
}

/** Zones may stand several times in a cart, with different kinds of ticket. */
function zoneAsksOf(orders: PlaceOrder[]) {
  return orders.flatMap(({ cart, keeps = [] }, i) => {
    const quantities = new Map<number, number>();
    for (const { zoneNo, quantity } of cart.zones)
      quantities.set(zoneNo, (quantities.get(zoneNo) ?? 0) + quantity);
    return [...quantities].map(([zoneNo, quantity]) => ({
      order: i + 1,
      zoneNo,
      quantity,
      keeps: keeps.filter((keep) => keep.zoneNo === zoneNo),
    }));
  });
}

/** What the group takes of counters, and what it leaves alone, as place_holds wants it. */
function counterParameters(orders: PlaceOrder[], asks: ReturnType<typeof zoneAsksOf>) {
  const takes = orders.flatMap(({ quote }, i) =>
    (quote.takes ?? []).map((take) => ({ ...take, order: i + 1 })),
  );
  const keeps = asks.flatMap((ask, i) => ask.keeps.map((keep) => ({ ...keep, ask: i + 1 })));
  const counters = [...new Set([...takes, ...keeps].map((one) => one.counter))];
  const place = new Map(counters.map((counter, i) => [counter, i + 1]));
  return {
    counters,
    values: [
      counters,
      takes.map((take) => take.order),
      takes.map((take) => place.get(take.counter)),
      takes.map((take) => take.count),
      takes.map((take) => take.limit),
      takes.map((take) => take.exhausts),
      keeps.map((keep) => keep.ask),
      keeps.map((keep) => place.get(keep.counter)),
      keeps.map((keep) => keep.limit),
    ],
  };
}

/** What of a quote's takes a hold keeps until it ends. */
export function keptTakes(quote: Quote): Take[] {
  return quote.takes?.filter((take) => take.count > 0) ?? [];
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
  const zoneAsks = zoneAsksOf(orders);
  const { counters, values: counterValues } = counterParameters(orders, zoneAsks);
  const [row] = await transactOnce<Row>(pool, {
    name: 'place_holds',
    text: `select * from place_holds(${Array.from({ length: 39 }, (_, i) => `$${i + 1}`).join(', ')})`,
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
      quotes.map(termsParameter),
      quotes.map((quote) => literal(keptTakes(quote).map((take) => take.counter))),
      quotes.map((quote) => literal(keptTakes(quote).map((take) => take.count))),
      ...counterValues,
    ],
  });
  const zones = row!.zones ?? [];
  return {
    outcomes: row!.outcomes,
    expiresAt: row!.expires_at,
    used: counters.map((counter, i) => [counter, row!.counters_used?.[i] ?? 0]),
    freeSeats: new Set(row!.free_seats ?? []),
    zonesLeft: new Map(zones.map((zoneNo, i) => [zoneNo, row!.zones_left![i]!])),
  };
}
