import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { itemiseTaxes, type TaxedPlace } from '../src/tax/itemise-taxes.ts';
import type { TaxRule } from '../src/tax/tax-rule.ts';

const always = { eventId: null, validFrom: -Infinity, validUntil: Infinity } as const;

function percentage(taxRuleId: number, ratePpm: number, more: Partial<TaxRule> = {}): TaxRule {
  return {
    ...always,
    taxRuleId,
    name: `t${taxRuleId}`,
    kind: 'percentage',
    ratePpm,
    inclusion: 'added',
    ...more,
  } as TaxRule;
}

const place = (taxes: number, more: Partial<TaxedPlace> = {}): TaxedPlace => ({
  ...{ net: 2_500, discounts: 0, fees: 0, taxes, zoneNo: 1, categoryNo: 1 },
  ...more,
});

test('each place has what the rules take of it', () => {
  const vat = percentage(1, 160_000);
  const municipal = percentage(2, 50_000);
  const ofZone = percentage(3, 100_000, { condition: { zoneNo: 2 } });
  const shares = itemiseTaxes(
    [place(525), place(775, { zoneNo: 2 }), place(0)],
    [
      { rule: vat, amount: 800 },
      { rule: municipal, amount: 250 },
      { rule: ofZone, amount: 250 },
    ],
  );
  assert.deepEqual(shares, [
    [400, 125, 0],
    [400, 125, 250],
    [0, 0, 0],
  ]);
});

test('fees that are taxed by rules of their own, fixed taxes, and surcharges of the payment', () => {
  const ticket = percentage(1, 100_000);
  const fee = percentage(2, 210_000, { condition: { onFees: true } });
  const stamp: TaxRule = {
    ...always,
    taxRuleId: 3,
    name: 'stamp',
    kind: 'fixed',
    amount: 7,
    inclusion: 'added',
  };
  const shares = itemiseTaxes(
    [place(250 + 42 + 7, { fees: 200 }), place(100 + 7, { net: 1_000 })],
    [
      { rule: ticket, amount: 350 },
      { rule: fee, amount: 42 },
      { rule: stamp, amount: 14 },
    ],
  );
  assert.deepEqual(shares, [
    [250, 42, 7],
    [100, 0, 7],
  ]);
});

test('whatever was rounded and how, the sums of places and of rules hold to the unit', () => {
  const rule = fc.record({
    rate: fc.integer({ min: 1, max: 300_000 }),
    zone: fc.option(fc.integer({ min: 1, max: 2 })),
  });
  const shares = fc.array(fc.nat(5_000), { minLength: 4, maxLength: 4 });
  const placed = fc.record({ net: fc.nat(90_000), zoneNo: fc.integer({ min: 1, max: 2 }), shares });
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 4 }),
      fc.array(placed, { minLength: 1, maxLength: 8 }),
      (rules, sold) => {
        const of = rules.map(({ rate, zone }, i) =>
          percentage(i + 1, rate, zone === null ? {} : { condition: { zoneNo: zone } }),
        );
        // Any division of the sums is one that a sale may have had.
        const places = sold.map(({ net, zoneNo, shares: parts }) =>
          place(
            parts.slice(0, of.length).reduce((sum, one) => sum + one, 0),
            { net, zoneNo },
          ),
        );
        const taxes = of.map((one, i) => ({
          rule: one,
          amount: sold.reduce((sum, { shares: parts }) => sum + parts[i]!, 0),
        }));
        const split = itemiseTaxes(places, taxes);
        split.forEach((row, i) => {
          assert.ok(row.every((amount) => Number.isInteger(amount) && amount >= 0));
          assert.equal(
            row.reduce((sum, one) => sum + one, 0),
            places[i]!.taxes,
          );
        });
        taxes.forEach(({ amount }, i) =>
          assert.equal(
            split.reduce((sum, row) => sum + row[i]!, 0),
            amount,
          ),
        );
      },
    ),
  );
});
