import { assert } from '../base/assert.ts';
import { formatSeatId, formatZoneId, type EventKey } from '../base/ids.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import type { TaxRule } from '../tax/tax-rule.ts';
import {
  holdsFor,
  holdsForFees,
  holdsForPlace,
  nextRuleChange,
  rulesInForce,
  shareOut,
  taxLines,
  type LineTaxes,
  type TaxSituation,
} from '../tax/tax.ts';
import { chargeFees, discountLines, priceLines, type PricedLine } from './price-cart.ts';
import { heldStages, openStages, type Voucher } from './price-list.ts';
import type { Buyer, Cart, PriceStep, Quote, QuoteLine, QuoteTax } from './quote.ts';

/** A stretch of time in which the same tax rules are in force, and the lines already taxed under them. */
type TaxPeriod = {
  from: number;
  until: number;
  rules: TaxRule[];
  /** Whether every line bears every rule by itself, so that lines of one price bear the same. */
  simple: boolean;
  /** By quantity, then by unit price. */
  taxed: Map<number, Map<number, LineTaxes>>;
};

// An event in memory never changes: new prices or rules come as a new object, and this lets the old go.
const currentPeriods = new WeakMap<CatalogEvent, TaxPeriod>();

function periodAt(event: CatalogEvent, at: number): TaxPeriod {
  const current = currentPeriods.get(event);
  if (current && current.from <= at && at < current.until) return current;
  const rules = rulesInForce(event.taxRules, at);
  const period: TaxPeriod = {
    from: at,
    until: nextRuleChange(event.taxRules, at),
    rules,
    simple:
      event.seller.taxScope !== 'document' &&
      rules.every((rule) => !rule.condition && !(rule.kind === 'fixed' && rule.per === 'order')),
    taxed: new Map(),
  };
  currentPeriods.set(event, period);
  return period;
}

/** The taxes of a line that bears every rule and no fees or discounts. */
function plainTaxes(period: TaxPeriod, event: CatalogEvent, unitPrice: number, quantity: number): LineTaxes {
  let byPrice = period.taxed.get(quantity);
  if (!byPrice) period.taxed.set(quantity, (byPrice = new Map()));
  let taxes = byPrice.get(unitPrice);
  if (!taxes) {
    const how = { rounding: event.seller.rounding, scope: 'line' as const };
    [taxes] = taxLines(period.rules, [{ price: unitPrice * quantity, quantity }], how);
    byPrice.set(unitPrice, taxes!);
  }
  return taxes!;
}

/** What of a voucher goes into a hold, whose row is written again when it is confirmed. */
function keptVoucher({ voucherId, code, effect, zoneNos }: Voucher): Voucher {
  return { voucherId, code, effect, zoneNos };
}

/** What a quote depends on beside the event, the cart and the instant. */
export type QuoteOptions = {
  /** How many of a counter are gone, as far as this process knows; absent: none. */
  used?: (counter: string) => number;
  /** The lines of a hold that is quoted anew: its places keep the stages that they were held in. */
  held?: readonly QuoteLine[];
  buyer?: Buyer | null;
  paymentMethod?: string | null;
  voucher?: Voucher | null;
  /** Gets every step of the sum, in its order. */
  explain?: PriceStep[];
};

/** The taxes of a line: all of them, what they leave of ticket and fees taxed as it is, and of the fees taxed apart. */
type QuoteTaxes = LineTaxes & { netFees: number };

function taxesOf(
  event: CatalogEvent,
  period: TaxPeriod,
  rules: TaxRule[],
  lines: readonly PricedLine[],
): QuoteTaxes[] {
  const isPlain = (line: PricedLine) =>
    line.discount + line.taxedFees + line.feesApart + line.untaxedFees === 0;
  if (period.simple && lines.every(isPlain))
    return lines.map(({ unitPrice, quantity }) => ({
      ...plainTaxes(period, event, unitPrice, quantity),
      netFees: 0,
    }));
  const part = (line: PricedLine, price: number, areFees: boolean) => ({
    price,
    quantity: line.quantity,
    untaxed: areFees ? 0 : line.untaxedFees,
    bears: rules.map(
      (rule) =>
        holdsForFees(rule, areFees) && holdsForPlace(rule, line.zoneNo, categoryOf(event, line.seatNo)),
    ),
  });
  const apart = lines.filter((line) => line.feesApart > 0);
  const taxable = [
    ...lines.map((line) =>
      part(line, line.unitPrice * line.quantity - line.discount + line.taxedFees, false),
    ),
    ...apart.map((line) => part(line, line.feesApart, true)),
  ];
  const how = { rounding: event.seller.rounding, scope: event.seller.taxScope };
  const taxed = taxLines(rules, taxable, how);
  const ofFees = new Map(apart.map((line, i) => [line, taxed[lines.length + i]!]));
  return lines.map((line, i) => {
    const [ticket, fees] = [taxed[i]!, ofFees.get(line)];
    if (!fees) return { ...ticket, netFees: 0 };
    const amounts = ticket.amounts.map((amount, rule) => amount + fees.amounts[rule]!);
    return { net: ticket.net, netFees: fees.net, taxes: ticket.taxes + fees.taxes, amounts };
  });
}

function categoryOf(event: CatalogEvent, seatNo: number | null): number | null {
  return seatNo === null ? null : event.seats.categoryNo[seatNo - 1]!;
}

/**
 * A line of a quote. What its included taxes take out of discounted price and taxed fees is shared between the two;
 * discounts stand in the terms of the price, so that net is the whole price less the included taxes.
 */
function toLine(line: PricedLine, taxed: QuoteTaxes): QuoteLine {
  const price = line.unitPrice * line.quantity;
  const ticket = price - line.discount;
  const included = ticket + line.taxedFees - taxed.net;
  const weights = [ticket, line.taxedFees].map((part) => ({ numerator: BigInt(part), denominator: 1n }));
  const [ofTicket, ofFees] = shareOut(BigInt(included), weights).map(Number) as [number, number];
  const net = price - ofTicket;
  const fees = line.taxedFees - ofFees + taxed.netFees + line.untaxedFees;
  return {
    zoneNo: line.zoneNo,
    seatNo: line.seatNo,
    quantity: line.quantity,
    unitPrice: line.unitPrice,
    ...(line.kind && { kind: line.kind.code }),
    ...(line.stage && { stage: line.stage.code }),
    net,
    discounts: line.discount,
    fees,
    taxes: taxed.taxes,
    total: net + taxed.taxes + fees - line.discount,
  };
}

function explainTaxes(lines: readonly PricedLine[], taxes: readonly QuoteTax[], explain: PriceStep[]): void {
  let sum = lines.reduce(
    (total, line) =>
      total +
      line.unitPrice * line.quantity -
      line.discount +
      line.taxedFees +
      line.feesApart +
      line.untaxedFees,
    0,
  );
  for (const { name, inclusion, amount } of taxes) {
    if (inclusion === 'added') sum += amount;
    explain.push({ step: `${inclusion}_tax`, name, amount, result: sum });
  }
}

/**
 * What a cart costs at an instant: lines for each seat, then for each general zone, in the cart's order; places of one
 * zone stand in several lines where a price stage changes over among them. A price comes about from the zone's or
 * category's by modifiers, stage and ticket kind; then the voucher, fees and taxes. Every tax is rounded by the seller's
 * rule, once for a line or once for all, so that the lines add up to the total exactly. Plain lines
 * are remembered by price and quantity while the same rules are in force: a quote of
 * two seats takes 0.15 µs, and 5 µs when it has to compute its taxes.
 * @param cart seats of this event, each once, and zones with quantities of at least 1.
 * @param at milliseconds since 1970: which tax rules and stages are in force.
 * @throws when the cart names a place that the event has not, or an amount is beyond a safe integer.
 */
export function quoteCart(event: CatalogEvent, cart: Cart, at: number, options: QuoteOptions = {}): Quote {
  const { buyer = null, paymentMethod = null, voucher = null, explain, held } = options;
  const period = periodAt(event, at);
  const situation: TaxSituation = {
    customerKind: buyer?.kind ?? 'person',
    paymentMethod,
    currency: event.currency,
  };
  const rules = period.simple ? period.rules : period.rules.filter((rule) => holdsFor(rule, situation));
  const list = event.priceList;
  const open = held ? null : openStages(event.eventId, list?.stages ?? [], options.used ?? (() => 0), at);
  const priced = priceLines(event, cart, open ?? heldStages(list?.stages ?? [], held!), explain);
  if (voucher) discountLines(priced, voucher, event.seller.rounding, explain);
  const fees = list ? chargeFees(priced, list.fees, event.seller.rounding, explain) : [];
  const taxed = taxesOf(event, period, rules, priced);
  const taxes = rules.map((rule, i): QuoteTax => ({
    taxRuleId: rule.taxRuleId,
    name: rule.name,
    inclusion: rule.inclusion,
    ratePpm: rule.kind === 'percentage' ? rule.ratePpm : null,
    amount: taxed.reduce((sum, { amounts }) => sum + amounts[i]!, 0),
  }));
  if (explain) explainTaxes(priced, taxes, explain);
  const lines = priced.map((line, i) => toLine(line, taxed[i]!));
  const sum = (of: (line: QuoteLine) => number) => lines.reduce((total, line) => total + of(line), 0);
  const total = sum((line) => line.total);
  assert(Number.isSafeInteger(total), 'the total is a safe integer');
  const takes = open?.takes() ?? [];
  const isPlain = !list && !buyer && !voucher && paymentMethod === null;
  return {
    currency: event.currency,
    lines,
    net: sum((line) => line.net),
    discounts: sum((line) => line.discounts),
    fees: sum((line) => line.fees),
    taxes,
    taxTotal: sum((line) => line.taxes),
    total,
    pricingVersion: event.pricingVersion,
    taxVersion: event.taxVersion,
    validUntil: period.until,
    ...(isPlain ? {} : { terms: { buyer, paymentMethod, voucher: voucher && keptVoucher(voucher), fees } }),
    ...(takes.length > 0 && { takes }),
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
      ...(line.kind !== undefined && { ticket_kind: line.kind }),
      ...(line.stage !== undefined && { price_stage: line.stage }),
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
    ...(quote.terms?.voucher && { voucher: quote.terms.voucher.code }),
    ...(quote.terms && { fee_lines: quote.terms.fees }),
    taxes: quote.taxes.map((tax) => ({
      name: tax.name,
      ...(tax.ratePpm === null ? {} : { rate: tax.ratePpm / 10_000 }),
      inclusion: tax.inclusion,
      amount: tax.amount,
    })),
    total: quote.total,
  };
}
