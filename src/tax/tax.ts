import { unreachable } from '../base/assert.ts';
import type { Rounding, TaxRule } from './tax-rule.ts';

const million = 1_000_000n;

/** The taxes of one line, in minor units; `amounts` stands beside the rules it was made from. */
export type LineTaxes = { net: number; taxes: number; amounts: number[] };

/**
 * Divides exactly and rounds once to a whole number.
 * @param numerator not negative.
 * @param denominator positive.
 */
export function divideRounded(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const quotient = numerator / denominator;
  const rest = numerator % denominator;
  if (rest === 0n) return quotient;
  switch (rounding) {
    case 'down':
      return quotient;
    case 'up':
      return quotient + 1n;
    case 'half_up':
      return rest * 2n >= denominator ? quotient + 1n : quotient;
    case 'half_even':
      if (rest * 2n === denominator) return quotient + (quotient & 1n);
      return rest * 2n > denominator ? quotient + 1n : quotient;
    default:
      return unreachable(rounding);
  }
}

/**
 * The rules that hold at an instant (`validFrom` ≤ at < `validUntil`), in the order of their ids.
 * @param at milliseconds since 1970.
 */
export function rulesInForce(rules: readonly TaxRule[], at: number): TaxRule[] {
  return rules
    .filter((rule) => rule.validFrom <= at && at < rule.validUntil)
    .toSorted((a, b) => a.taxRuleId - b.taxRuleId);
}

/**
 * The first instant after `at` at which any rule starts or ends, or Infinity.
 * @param at milliseconds since 1970.
 */
export function nextRuleChange(rules: readonly TaxRule[], at: number): number {
  const changes = rules.flatMap((rule) => [rule.validFrom, rule.validUntil]);
  return changes.reduce((next, change) => (change > at && change < next ? change : next), Infinity);
}

/**
 * Splits the price of one line into its net and its taxes, each tax rounded once for the whole line.
 *
 * Included taxes come out of the price, so net + included taxes is the price exactly. Fixed ones come
 * out first; then the percentages jointly: each is its rate's share of what is left, divided by one plus
 * the sum of the included rates. A tax never takes more than what is left, so the net is never negative
 * (a free place bears no included tax). Added taxes come on top: a percentage of that net, or a fixed
 * amount for each place.
 *
 * @param rules those in force.
 * @param price minor units of the whole line: unit price × quantity.
 * @param quantity places in the line.
 * @throws when an amount is beyond what a number holds exactly.
 */
export function taxLine(
  rules: readonly TaxRule[],
  price: number,
  quantity: number,
  rounding: Rounding,
): LineTaxes {
  const amounts = rules.map(() => 0n);
  let left = BigInt(price);
  const places = BigInt(quantity);

  const takeIncluded = (i: number, amount: bigint) => {
    amounts[i] = amount < left ? amount : left;
    left -= amounts[i];
  };
  let includedPpm = 0n;
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'included') return;
    if (rule.kind === 'fixed') takeIncluded(i, BigInt(rule.amount) * places);
    else includedPpm += BigInt(rule.ratePpm);
  });
  const base = left;
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'included' || rule.kind !== 'percentage') return;
    takeIncluded(i, divideRounded(base * BigInt(rule.ratePpm), million + includedPpm, rounding));
  });

  const net = left;
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'added') return;
    amounts[i] =
      rule.kind === 'fixed'
        ? BigInt(rule.amount) * places
        : divideRounded(net * BigInt(rule.ratePpm), million, rounding);
  });
  const taxes = amounts.reduce((sum, amount) => sum + amount, 0n);
  return { net: toSafeNumber(net), taxes: toSafeNumber(taxes), amounts: amounts.map(toSafeNumber) };
}

function toSafeNumber(amount: bigint): number {
  const n = Number(amount);
  if (!Number.isSafeInteger(n)) throw new Error(`the amount ${amount} is beyond what a number holds exactly`);
  return n;
}
