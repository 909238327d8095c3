import type { TaxRule } from './tax-rule.ts';
import { holdsForFees, holdsForPlace, shareOut, taxLines } from './tax.ts';

/** A place that was sold, with the sum of its taxes. Minor units. */
export type TaxedPlace = {
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  zoneNo: number;
  /** Of its seat; null for a place of a general zone. */
  categoryNo: number | null;
};

/** A rule that a sale bore, and what it came to in the whole sale. Minor units. */
export type SaleTax = { rule: TaxRule; amount: number };

// Weights are taken finer than minor units, so that the tax of a cheap place is not rounded away.
const scale = 1_000;

/** How much each rule weighs in a place's taxes: what it would be of the place alone, on top of its net price. */
function weigh(rules: readonly TaxRule[], place: TaxedPlace): number[] {
  const { net, discounts, fees, zoneNo, categoryNo } = place;
  const onTop = rules.map((rule) => ({
    ...rule,
    ...(rule.kind === 'fixed' && { amount: rule.amount * scale }),
    inclusion: 'added' as const,
  }));
  const bears = (areFees: boolean) =>
    rules.map((rule) => holdsForFees(rule, areFees) && holdsForPlace(rule, zoneNo, categoryNo));
  const lines = [
    { price: Math.max(0, net - discounts) * scale, quantity: 1, bears: bears(false) },
    { price: fees * scale, quantity: 1, bears: bears(true) },
  ];
  const [ofPlace, ofFees] = taxLines(onTop, lines, { rounding: 'half_up', scope: 'line' });
  return rules.map((_, i) => ofPlace!.amounts[i]! + ofFees!.amounts[i]!);
}

/** Moves units from rules that have too much to those that have too little, where the place bears both if it can be. */
function balance(shares: number[][], weights: number[][], amounts: readonly number[]): void {
  const over = amounts.map((amount, i) => shares.reduce((sum, of) => sum + of[i]!, 0) - amount);
  const move = (from: number, to: number, mayBear: (place: number) => boolean) => {
    for (let place = shares.length - 1; place >= 0 && over[from]! > 0 && over[to]! < 0; place--) {
      if (!mayBear(place)) continue;
      const units = Math.min(shares[place]![from]!, over[from]!, -over[to]!);
      shares[place]![from]! -= units;
      shares[place]![to]! += units;
      over[from]! -= units;
      over[to]! += units;
    }
  };
  for (const mayBear of [(place: number, to: number) => weights[place]![to]! > 0, () => true]) {
    amounts.forEach((_, from) => amounts.forEach((__, to) => move(from, to, (place) => mayBear(place, to))));
  }
}

/**
 * Splits the taxes of a sale's places by rule. What a place bore is known as a sum, and what a rule came to as one of the whole
 * sale; both hold exactly here. Between them each place's sum is shared out as the rules would have it.
 * @returns for each place the amounts beside the rules, none of them negative, in minor units.
 */
export function itemiseTaxes(places: readonly TaxedPlace[], taxes: readonly SaleTax[]): number[][] {
  const rules = taxes.map(({ rule }) => rule);
  const amounts = taxes.map(({ amount }) => amount);
  const weights = places.map((place) => weigh(rules, place));
  const shares = places.map((place, p) => {
    const known = weights[p]!.some((weight) => weight > 0) ? weights[p]! : amounts;
    const fractions = known.map((weight) => ({ numerator: BigInt(weight), denominator: 1n }));
    return shareOut(BigInt(place.taxes), fractions).map(Number);
  });
  balance(shares, weights, amounts);
  return shares;
}
