import { unreachable } from '../base/assert.ts';
import type { CustomerKind, Rounding, RoundingScope, TaxRule } from './tax-rule.ts';

const million = 1_000_000n;

/** The taxes of one line, in minor units; `amounts` stands beside the rules it was made from. */
export type LineTaxes = { net: number; taxes: number; amounts: number[] };

/** What is taxed: the price of a line with its taxed fees, and what is paid beside it without tax. Minor units. */
export type TaxableLine = {
  price: number;
  quantity: number;
  untaxed?: number;
  /** Which of the rules the line bears; absent: all of them. */
  bears?: readonly boolean[];
};

/** How a seller rounds taxes. */
export type TaxRounding = { rounding: Rounding; scope: RoundingScope };

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

/** Who pays, by which means and in which currency; a means that is not known yet is null. */
export type TaxSituation = { customerKind: CustomerKind; paymentMethod: string | null; currency: string };

/** Whether a rule holds for a sale, whatever is in its lines. */
export function holdsFor({ condition }: TaxRule, situation: TaxSituation): boolean {
  if (!condition) return true;
  const { customerKinds, exemptKinds, paymentMethods, currencies } = condition;
  if (customerKinds && !customerKinds.includes(situation.customerKind)) return false;
  if (exemptKinds?.includes(situation.customerKind)) return false;
  if (currencies && !currencies.includes(situation.currency)) return false;
  if (!paymentMethods) return true;
  return situation.paymentMethod !== null && paymentMethods.includes(situation.paymentMethod);
}

/**
 * Whether a rule holds for fees that are taxed by rules of their own, or else for a place and the fees that are taxed as it
 * is. What is taken of the payment is taken of both.
 */
export function holdsForFees(rule: TaxRule, areFees: boolean): boolean {
  const isOfPayment = rule.kind === 'percentage' && rule.base === 'payment';
  return isOfPayment || (rule.condition?.onFees ?? false) === areFees;
}

/** Whether a rule holds for a line of a zone and, where its places are seats, a category. */
export function holdsForPlace({ condition }: TaxRule, zoneNo: number, categoryNo: number | null): boolean {
  if (!condition) return true;
  if (condition.zoneNo !== undefined && condition.zoneNo !== zoneNo) return false;
  return condition.categoryNo === undefined || condition.categoryNo === categoryNo;
}

type Fraction = { numerator: bigint; denominator: bigint };

/**
 * The percentages that a line bears, each as a share of its net price, over one denominator. A compound one is taken of
 * the net price and of the percentages before it; an included one can only stand on included ones.
 */
function effectiveRates(rules: readonly TaxRule[], bears: (i: number) => boolean) {
  let denominator = million;
  const rates = rules.map(() => 0n);
  rules.forEach((rule, i) => {
    if (rule.kind !== 'percentage' || rule.base === 'payment' || !bears(i)) return;
    const ppm = BigInt(rule.ratePpm);
    if (rule.base !== 'compound') {
      rates[i] = (ppm * denominator) / million;
      return;
    }
    const below = rules.reduce(
      (sum, other, j) =>
        rule.inclusion === 'included' && other.inclusion === 'added' ? sum : sum + rates[j]!,
      denominator,
    );
    for (let j = 0; j < i; j++) rates[j]! *= million;
    denominator *= million;
    rates[i] = below * ppm;
  });
  return { rates, denominator };
}

/**
 * Shares a whole amount out by weights: each share is its exact part, rounded down or up, and they add up to the amount
 * exactly (largest remainders first, then the order of the list).
 */
export function shareOut(amount: bigint, weights: readonly Fraction[]): bigint[] {
  const common = weights.reduce(
    (product, { denominator }) => (product % denominator === 0n ? product : product * denominator),
    1n,
  );
  const exact = weights.map(({ numerator, denominator }) => numerator * (common / denominator));
  const sum = exact.reduce((total, weight) => total + weight, 0n);
  if (sum === 0n) return weights.map((_, i) => (i === 0 ? amount : 0n));
  const shares = exact.map((weight) => (amount * weight) / sum);
  let rest = amount - shares.reduce((total, share) => total + share, 0n);
  const order = exact
    .map((weight, i) => ({ i, remainder: (amount * weight) % sum }))
    .toSorted((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1));
  for (const { i } of order) {
    if (rest === 0n) break;
    shares[i]! += 1n;
    rest -= 1n;
  }
  return shares;
}

/** Rounds exact amounts of lines one by one, or once all together. */
function roundLines(exact: readonly Fraction[], { rounding, scope }: TaxRounding): bigint[] {
  if (scope === 'line' || exact.length === 1)
    return exact.map(({ numerator, denominator }) => divideRounded(numerator, denominator, rounding));
  const common = exact.reduce(
    (product, { denominator }) => (product % denominator === 0n ? product : product * denominator),
    1n,
  );
  const sum = exact.reduce(
    (total, { numerator, denominator }) => total + numerator * (common / denominator),
    0n,
  );
  return sum === 0n ? exact.map(() => 0n) : shareOut(divideRounded(sum, common, rounding), exact);
}

type Working = {
  lines: readonly TaxableLine[];
  left: bigint[];
  amounts: bigint[][];
  rates: ReturnType<typeof effectiveRates>[];
  bears(line: number, rule: number): boolean;
};

/** Takes what is included out of the prices; a tax never takes more than what is left. */
function takeIncluded(rules: readonly TaxRule[], work: Working, how: TaxRounding): void {
  const { lines, left, amounts, rates, bears } = work;
  const take = (line: number, rule: number, amount: bigint) => {
    const taken = amount < left[line]! ? amount : left[line]!;
    amounts[line]![rule] = taken;
    left[line]! -= taken;
  };
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'included' || rule.kind !== 'fixed') return;
    lines.forEach(({ quantity }, l) => bears(l, i) && take(l, i, BigInt(rule.amount) * BigInt(quantity)));
  });
  const bases = [...left];
  const divisors = rates.map(({ rates: of, denominator }) =>
    rules.reduce((sum, rule, i) => (rule.inclusion === 'included' ? sum + of[i]! : sum), denominator),
  );
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'included' || rule.kind !== 'percentage') return;
    const exact = bases.map((base, l) => ({
      numerator: base * rates[l]!.rates[i]!,
      denominator: divisors[l]!,
    }));
    roundLines(exact, how).forEach((amount, l) => take(l, i, amount));
  });
}

function addOnTop(rules: readonly TaxRule[], work: Working, how: TaxRounding): void {
  const { lines, left, amounts, rates, bears } = work;
  rules.forEach((rule, i) => {
    if (rule.inclusion !== 'added') return;
    if (rule.kind === 'percentage') {
      if (rule.base === 'payment') return;
      const exact = left.map((net, l) => ({
        numerator: net * rates[l]!.rates[i]!,
        denominator: rates[l]!.denominator,
      }));
      roundLines(exact, how).forEach((amount, l) => (amounts[l]![i] = amount));
    } else if (rule.per === 'order') {
      const bearing = lines.flatMap((_, l) => (bears(l, i) ? [l] : []));
      const weights = bearing.map((l) => ({ numerator: BigInt(lines[l]!.price), denominator: 1n }));
      shareOut(BigInt(rule.amount), weights).forEach((amount, at) => (amounts[bearing[at]!]![i] = amount));
    } else {
      lines.forEach(({ quantity }, l) => {
        if (bears(l, i)) amounts[l]![i] = BigInt(rule.amount) * BigInt(quantity);
      });
    }
  });
}

/** What is taken of the payment comes last, of all that the buyer would pay without it. */
function addOnPayment(rules: readonly TaxRule[], work: Working, how: TaxRounding): void {
  const { lines, left, amounts, bears } = work;
  const sum = (of: readonly bigint[]) => of.reduce((total, one) => total + one, 0n);
  const paid = lines.map(({ untaxed = 0 }, l) => left[l]! + sum(amounts[l]!) + BigInt(untaxed));
  rules.forEach((rule, i) => {
    if (rule.kind !== 'percentage' || rule.base !== 'payment') return;
    const exact = paid.map((base, l) => ({
      numerator: bears(l, i) ? base * BigInt(rule.ratePpm) : 0n,
      denominator: million,
    }));
    roundLines(exact, how).forEach((amount, l) => (amounts[l]![i] = amount));
  });
}

/**
 * Splits the prices of lines into their net and their taxes, each tax rounded once for a line or once for all of them.
 *
 * Included taxes come out of the price, so net + included taxes is the price exactly. Fixed ones come
 * out first; then the percentages jointly: each is its rate's share of what is left, divided by one plus
 * the sum of the included rates. A tax never takes more than what is left, so the net is never negative
 * (a free place bears no included tax). Added taxes come on top: a percentage of that net, or a fixed
 * amount for each place or for the order. Taxes of the payment come last.
 *
 * @param rules those in force that hold for the sale.
 * @param lines `price` is unit price × quantity less discounts, with taxed fees.
 * @returns for each line, in order.
 * @throws when an amount is beyond what a number holds exactly.
 */
export function taxLines(
  rules: readonly TaxRule[],
  lines: readonly TaxableLine[],
  how: TaxRounding,
): LineTaxes[] {
  const bears = (line: number, rule: number) => lines[line]!.bears?.[rule] ?? true;
  const work: Working = {
    lines,
    left: lines.map(({ price }) => BigInt(price)),
    amounts: lines.map(() => rules.map(() => 0n)),
    rates: lines.map((_, l) => effectiveRates(rules, (i) => bears(l, i))),
    bears,
  };
  takeIncluded(rules, work, how);
  addOnTop(rules, work, how);
  addOnPayment(rules, work, how);
  return lines.map((_, l) => ({
    net: toSafeNumber(work.left[l]!),
    taxes: toSafeNumber(work.amounts[l]!.reduce((sum, amount) => sum + amount, 0n)),
    amounts: work.amounts[l]!.map(toSafeNumber),
  }));
}

/** The taxes of a single line that bears all of the rules. */
export function taxLine(
  rules: readonly TaxRule[],
  price: number,
  quantity: number,
  rounding: Rounding,
): LineTaxes {
  return taxLines(rules, [{ price, quantity }], { rounding, scope: 'line' })[0]!;
}

function toSafeNumber(amount: bigint): number {
  const n = Number(amount);
  if (!Number.isSafeInteger(n)) throw new Error(`the amount ${amount} is beyond what a number holds exactly`);
  return n;
}
