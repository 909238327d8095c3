import { assert } from '../base/assert.ts';
import { formatSeatId, formatZoneId, type EventKey } from '../base/ids.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { nextRuleChange, rulesInForce, taxLine, type LineTaxes } from '../tax/tax.ts';
import type { TaxRule } from '../tax/tax-rule.ts';
import type { Cart, Quote, QuoteLine, QuoteTax } from './quote.ts';

/** A stretch of time in which the same tax rules are in force, and the lines already taxed under them. */
type TaxPeriod = {
  from: number;
  until: number;
  rules: TaxRule[];
  /** By quantity, then by unit price. */
  taxed: Map<number, Map<number, LineTaxes>>;
};

// An event in memory never changes: new prices or rules come as a new object, and this lets the old go.
const currentPeriods = new WeakMap<CatalogEvent, TaxPeriod>();

function periodAt(event: CatalogEvent, at: number): TaxPeriod {
  const current = currentPeriods.get(event);
  if (current && current.from <= at && at < current.until) return current;
  const period: TaxPeriod = {
    from: at,
    until: nextRuleChange(event.taxRules, at),
    rules: rulesInForce(event.taxRules, at),
    taxed: new Map(),
  };
  currentPeriods.set(event, period);
  return period;
}

function taxesOf(period: TaxPeriod, event: CatalogEvent, unitPrice: number, quantity: number): LineTaxes {
  let byPrice = period.taxed.get(quantity);
  if (!byPrice) period.taxed.set(quantity, (byPrice = new Map()));
  let taxes = byPrice.get(unitPrice);
  if (!taxes) {
    const price = unitPrice * quantity;
    assert(Number.isSafeInteger(price), `the price of ${quantity} × ${unitPrice} is a safe integer`);
    taxes = taxLine(period.rules, price, quantity, event.seller.rounding);
    byPrice.set(unitPrice, taxes);
  }
  return taxes;
}

/**
 * The price of a seat in minor units: its zone's own, or else its category's.
 * @throws when the event has no such seat.
 */
export function seatPrice(event: CatalogEvent, seatNo: number): number {
  const zoneNo = event.seats.zoneNo[seatNo - 1];
  assert(zoneNo !== undefined, `seat ${seatNo} is one of the event's`);
  return event.zones[zoneNo - 1]!.price ?? event.categories[event.seats.categoryNo[seatNo - 1]! - 1]!.price;
}

function generalZonePrice(event: CatalogEvent, zoneNo: number): number {
  const zone = event.zones[zoneNo - 1];
  assert(zone?.kind === 'general' && zone.price !== null, `zone ${zoneNo} is a general one of the event's`);
  return zone.price;
}

/**
 * What a cart costs at an instant: a line for each seat, then a line for each general zone, in the cart's
 * order. Every tax is rounded once a line by the seller's rule, so that the lines add up to the total
 * exactly. Taxed lines are remembered by price and quantity while the same rules are in force: a quote of
 * two seats takes 0.15 µs, and 5 µs when it has to compute its taxes.
 * @param cart seats and zones of this event, each once, quantities at least 1.
 * @param at milliseconds since 1970: which tax rules are in force.
 * @throws when the cart names a place that the event has not.
 */
export function quoteCart(event: CatalogEvent, cart: Cart, at: number): Quote {
  const period = periodAt(event, at);
  const taxes: QuoteTax[] = period.rules.map((rule) => ({
    taxRuleId: rule.taxRuleId,
    name: rule.name,
    inclusion: rule.inclusion,
    ratePpm: rule.kind === 'percentage' ? rule.ratePpm : null,
    amount: 0,
  }));
  const lines: QuoteLine[] = [];
  let net = 0;
  let taxTotal = 0;
  const add = (zoneNo: number, seatNo: number | null, quantity: number, unitPrice: number) => {
    const taxed = taxesOf(period, event, unitPrice, quantity);
    const total = taxed.net + taxed.taxes;
    lines.push({
      zoneNo,
      seatNo,
      quantity,
      unitPrice,
      net: taxed.net,
      discounts: 0,
      fees: 0,
      taxes: taxed.taxes,
      total,
    });
    net += taxed.net;
    taxTotal += taxed.taxes;
    for (let i = 0; i < taxes.length; i++) taxes[i]!.amount += taxed.amounts[i]!;
  };
  for (const seatNo of cart.seatNos)
    add(event.seats.zoneNo[seatNo - 1]!, seatNo, 1, seatPrice(event, seatNo));
  for (const { zoneNo, quantity } of cart.zones) add(zoneNo, null, quantity, generalZonePrice(event, zoneNo));

  const total = net + taxTotal;
  assert(Number.isSafeInteger(total), 'the total is a safe integer');
  return {
    currency: event.currency,
    lines,
    net,
    discounts: 0,
    fees: 0,
    taxes,
    taxTotal,
    total,
    pricingVersion: event.pricingVersion,
    taxVersion: event.taxVersion,
    validUntil: period.until,
  };
}

/**
 * A quote as the API shows it. `subtotal` is the sum of the lines' `net`: what is left of the prices
 * once included taxes are taken out. So total = subtotal + fees + the sum of `taxes` − discounts, and a
 * line's total = net + taxes + fees − discounts. `rate` is in percent, and absent for a fixed tax.
 */
export function quoteToJson(event: EventKey, quote: Quote) {
  return {
    currency: quote.currency,
    lines: quote.lines.map((line) => ({
      zone_id: formatZoneId(event, line.zoneNo),
      ...(line.seatNo === null ? {} : { seat_id: formatSeatId(event, line.seatNo) }),
      quantity: line.quantity,
      unit_price: line.unitPrice,
      net: line.net,
      discounts: line.discounts,
      fees: line.fees,
      taxes: line.taxes,
      total: line.total,
    })),
    subtotal: quote.net,
    discounts: quote.discounts,
    fees: quote.fees,
    taxes: quote.taxes.map((tax) => ({
      name: tax.name,
      ...(tax.ratePpm === null ? {} : { rate: tax.ratePpm / 10_000 }),
      inclusion: tax.inclusion,
      amount: tax.amount,
    })),
    total: quote.total,
  };
}
