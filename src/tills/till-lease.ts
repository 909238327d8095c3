import { createHash, sign, verify, type KeyObject } from 'node:crypto';
import { formatTicketCode, signTicket } from '../admission/ticket-code.ts';
import { formatUuid, type EventKey } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { Problem } from '../base/errors.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { tablesOf } from '../pricing/cart-rules.ts';
import { quoteCart } from '../pricing/quote-cart.ts';
import type { Cart, Quote, QuoteLine } from '../pricing/quote.ts';

/** What one place costs at a till; minor units. `tax_amounts` are by the rules of the lease. */
export type TillPrice = {
  kind: string | null;
  unit_price: number;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  tax_amounts: number[];
  total: number;
};

/** What a till may sell until when and at what price, as the seller's key signs it. Prices are named by their place in the list. */
export type TillLease = {
  version: 1;
  lease_id: string;
  seller_id: number;
  device_id: number;
  event_id: string;
  event: string;
  currency: string;
  series: { id: number; prefix: string; padding: number };
  /** First and last of each range, in the order in which they are to be used. */
  numbers: [first: number, last: number][];
  /** The key that signed this and its ticket codes. */
  key_id: number;
  leased_at: string;
  sells_until: string;
  sale_places_max: number;
  tax_rule_ids: number[];
  prices: TillPrice[];
  seats: { seat_no: number; zone_no: number; row: string; number: string; prices: number[] }[];
  zones: { zone_no: number; name: string; quantity: number; prices: number[] }[];
};

/** The part of a lease that the event decides. */
export type TillOffer = Pick<TillLease, 'tax_rule_ids' | 'prices' | 'seats' | 'zones'>;

// What is signed starts with its purpose, so that no ticket's signature can pass for a lease, nor the other way round.
const purpose = Buffer.from('taquilla till lease\n');

/** Signs a lease as it is sent: the very text. */
export function signLease(text: string, key: KeyObject): Buffer {
  return sign(null, Buffer.concat([purpose, Buffer.from(text)]), key);
}

/** Reads a lease that a seller's key signed; null when the key did not. */
export function readLease(text: string, signature: Buffer, key: KeyObject): TillLease | null {
  if (!verify(null, Buffer.concat([purpose, Buffer.from(text)]), key, signature)) return null;
  return JSON.parse(text) as TillLease;
}

/** How many numbers a lease has. */
export function countNumbers({ numbers }: Pick<TillLease, 'numbers'>): number {
  return numbers.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/** The number at a place of a lease, counted from 0; undefined beyond its last. */
export function numberAt({ numbers }: Pick<TillLease, 'numbers'>, place: number): number | undefined {
  let left = place;
  for (const [first, last] of numbers) {
    if (left <= last - first) return first + left;
    left -= last - first + 1;
  }
  return undefined;
}

/**
 * The id of the sale that a lease's number is printed on: known before it is sold, since ticket codes name it. Laid out as a
 * UUIDv7 of the lease's instant; a number that is leased again has another.
 */
export function tillTransactionId(
  lease: Pick<TillLease, 'seller_id' | 'device_id' | 'lease_id' | 'leased_at'>,
  number: number,
): string {
  const { seller_id, device_id, lease_id, leased_at } = lease;
  const bytes = createHash('sha256')
    .update(`till sale\n${seller_id}|${device_id}|${lease_id}|${number}`)
    .digest()
    .subarray(0, 16);
  bytes.writeUIntBE(Date.parse(leased_at), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes);
}

/** The ticket codes of every number of a lease, in their order: as many for each as a sale may have places. */
export function signCodes(lease: TillLease, event: EventKey, key: KeyObject): string[][] {
  return Array.from({ length: countNumbers(lease) }, (_, place) => {
    const transactionId = tillTransactionId(lease, numberAt(lease, place)!);
    return Array.from({ length: lease.sale_places_max }, (__, i) => {
      const claims = { ...event, transactionId, itemNo: i + 1, keyId: lease.key_id, generation: 1 };
      return formatTicketCode(claims, signTicket(claims, key));
    });
  });
}

function unfit(message: string): Problem {
  return new Problem('till_prices_unfit', message);
}

/**
 * Refuses what cannot be priced place by place before it is known who buys, how many and how they pay.
 * @throws Problem `till_prices_unfit`.
 */
function checkFit(event: CatalogEvent, cart: Cart): void {
  const { priceList, seller, taxRules, bindsBuyer } = event;
  if (bindsBuyer) throw unfit('Prices or limits depend on who buys or how they pay.');
  if (seller.taxScope === 'document') throw unfit('Taxes are rounded once for the whole document.');
  if (priceList?.fees.some((fee) => fee.per === 'order')) throw unfit('There is a fee for the whole order.');
  if (taxRules.some((rule) => rule.kind === 'fixed' && rule.per === 'order'))
    throw unfit('There is a tax for the whole order.');
  if (priceList?.stages.some((stage) => stage.quantity !== null))
    throw unfit('A price stage ends after so many tickets, which a till without a network cannot count.');
  const tables = tablesOf(event);
  if (cart.seatNos.some((seatNo) => tables.has(seatNo)))
    throw unfit('Tables that are sold whole are not for a till.');
}

/** The kinds of ticket that a zone sells; null where there are none. */
function kindsOf(event: CatalogEvent, zoneNo: number): (string | null)[] {
  const kinds = (event.priceList?.ticketKinds ?? []).filter(
    ({ zoneNos }) => zoneNos?.includes(zoneNo) ?? true,
  );
  return kinds.length === 0 ? [null] : kinds.map((kind) => kind.code);
}

function toPrice(quote: Quote): TillPrice {
  const { kind = null, unitPrice, net, discounts, fees, taxes, total } = quote.lines[0]!;
  const tax_amounts = quote.taxes.map((tax) => tax.amount);
  return { kind, unit_price: unitPrice, net, discounts, fees, taxes, tax_amounts, total };
}

/**
 * What a till is offered of an event: each place with its price by kind of ticket, as the place alone would be quoted.
 * @param at milliseconds since 1970.
 * @throws Problem `till_prices_unfit`.
 */
export function makeOffer(event: CatalogEvent, cart: Cart, at: number): TillOffer {
  checkFit(event, cart);
  const prices = new Map<string, { place: number; price: TillPrice }>();
  let ruleIds: number[] = [];
  const priceOf = (place: Cart): number => {
    const quote = quoteCart(event, place, at);
    ruleIds = quote.taxes.map((tax) => tax.taxRuleId);
    const price = toPrice(quote);
    const text = JSON.stringify(price);
    const known = prices.get(text) ?? { place: prices.size, price };
    prices.set(text, known);
    return known.place;
  };
  const { zoneNo, rowLabel, seatLabel } = event.seats;
  const seats = cart.seatNos.map((seatNo) => {
    const zone = zoneNo[seatNo - 1]!;
    const of = kindsOf(event, zone).map((kind) =>
      priceOf({ seatNos: [seatNo], seatKinds: [kind], zones: [] }),
    );
    const [row, number] = [rowLabel[seatNo - 1]!, seatLabel[seatNo - 1]!];
    return { seat_no: seatNo, zone_no: zone, row, number, prices: of };
  });
  const zones = cart.zones.map(({ zoneNo: zone_no, quantity }) => {
    const of = kindsOf(event, zone_no).map((kind) =>
      priceOf({ seatNos: [], zones: [{ zoneNo: zone_no, quantity: 1, kind }] }),
    );
    return { zone_no, name: event.zones[zone_no - 1]!.name, quantity, prices: of };
  });
  return { tax_rule_ids: ruleIds, prices: [...prices.values()].map(({ price }) => price), seats, zones };
}

/** The quote of the hold that keeps the places of an offer: each at its first price. */
export function quoteOffer(event: CatalogEvent, offer: TillOffer): Quote {
  const line = (zoneNo: number, seatNo: number | null, quantity: number, price: TillPrice): QuoteLine => ({
    zoneNo,
    seatNo,
    quantity,
    unitPrice: price.unit_price,
    net: price.net * quantity,
    discounts: price.discounts * quantity,
    fees: price.fees * quantity,
    taxes: price.taxes * quantity,
    total: price.total * quantity,
  });
  const parts = [
    ...offer.seats.map((one) => ({ ...one, quantity: 1 })),
    ...offer.zones.map((one) => ({ ...one, seat_no: null })),
  ].map((one) => ({ ...one, price: offer.prices[one.prices[0]!]! }));
  const lines = parts.map((one) => line(one.zone_no, one.seat_no, one.quantity, one.price));
  const sum = (of: (line: QuoteLine) => number) => lines.reduce((total, one) => total + of(one), 0);
  return {
    currency: event.currency,
    lines,
    net: sum((one) => one.net),
    discounts: sum((one) => one.discounts),
    fees: sum((one) => one.fees),
    taxes: offer.tax_rule_ids.map((taxRuleId, i) => ({
      taxRuleId,
      name: '',
      inclusion: 'added',
      ratePpm: null,
      amount: parts.reduce((total, one) => total + one.price.tax_amounts[i]! * one.quantity, 0),
    })),
    taxTotal: sum((one) => one.taxes),
    total: sum((one) => one.total),
    pricingVersion: event.pricingVersion,
    taxVersion: event.taxVersion,
    validUntil: Infinity,
  };
}

/** The most places that a sale of an event may have at a till. */
export function salePlacesMax(event: CatalogEvent): number {
  return Math.min(limits.tillSalePlacesMax, event.priceList?.orderPlacesMax ?? Infinity);
}
