import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Rounding, TaxRule } from '../src/tax/tax-rule.ts';
import { divideRounded, nextRuleChange, rulesInForce, taxLine } from '../src/tax/tax.ts';

type Kind = { ratePpm: number } | { amount: number };

function rule(taxRuleId: number, inclusion: TaxRule['inclusion'], kind: Kind): TaxRule {
  const common = {
    taxRuleId,
    eventId: null,
    name: `T${taxRuleId}`,
    inclusion,
    validFrom: -Infinity,
    validUntil: Infinity,
  };
  return 'ratePpm' in kind
    ? { ...common, kind: 'percentage', ...kind }
    : { ...common, kind: 'fixed', ...kind };
}
const included = (ratePpm: number, id = 1) => rule(id, 'included', { ratePpm });
const added = (ratePpm: number, id = 1) => rule(id, 'added', { ratePpm });

type Example = {
  what: string;
  rules: TaxRule[];
  price: number;
  quantity?: number;
  rounding?: Rounding;
  net: number;
  amounts: number[];
};

// Worked by hand; amounts in minor units.
const examples: Example[] = [
  {
    what: 'Venezuela: IVA 16 % added to 25.00',
    rules: [added(160_000)],
    price: 2_500,
    net: 2_500,
    amounts: [400],
  },
  {
    what: 'Spain: 10 % included in 50.00',
    rules: [included(100_000)],
    price: 5_000,
    net: 4_545,
    amounts: [455],
  },
  {
    what: 'Mexico: IVA 16 % included in 999.00',
    rules: [included(160_000)],
    price: 99_900,
    net: 86_121,
    amounts: [13_779],
  },
  {
    what: 'Germany: 7 % included in 39.90',
    rules: [included(70_000)],
    price: 3_990,
    net: 3_729,
    amounts: [261],
  },
  {
    what: 'Germany: 7 % included in three places of 9.99',
    rules: [included(70_000)],
    price: 2_997,
    quantity: 3,
    net: 2_801,
    amounts: [196],
  },
  { what: 'half_up: 5 % of 0.10 is 0.005', rules: [added(50_000)], price: 10, net: 10, amounts: [1] },
  {
    what: 'half_even: 0.5 goes to 0',
    rules: [added(50_000)],
    price: 10,
    rounding: 'half_even',
    net: 10,
    amounts: [0],
  },
  {
    what: 'half_even: 1.5 goes to 2',
    rules: [added(50_000)],
    price: 30,
    rounding: 'half_even',
    net: 30,
    amounts: [2],
  },
  {
    what: 'half_even: 2.5 goes to 2',
    rules: [added(50_000)],
    price: 50,
    rounding: 'half_even',
    net: 50,
    amounts: [2],
  },
  {
    what: 'half_even: 2.55 goes to 3',
    rules: [added(50_000)],
    price: 51,
    rounding: 'half_even',
    net: 51,
    amounts: [3],
  },
  {
    what: 'half_even, included: 100 % of 5 is 2.5',
    rules: [included(1_000_000)],
    price: 5,
    rounding: 'half_even',
    net: 3,
    amounts: [2],
  },
  { what: 'up: 0.01 goes to 1', rules: [added(10_000)], price: 1, rounding: 'up', net: 1, amounts: [1] },
  { what: 'down: 0.99 goes to 0', rules: [added(990_000)], price: 1, rounding: 'down', net: 1, amounts: [0] },
  {
    what: 'Venezuela: IVA 16 % and a municipal 5 %, both included jointly in 121.00',
    rules: [included(160_000), included(50_000, 2)],
    price: 12_100,
    net: 10_000,
    amounts: [1_600, 500],
  },
  {
    what: 'fixed 1.00 a place comes out before the percentage: two places of 11.70 with 7 %',
    rules: [included(70_000), rule(2, 'included', { amount: 100 })],
    price: 2_340,
    quantity: 2,
    net: 2_000,
    amounts: [140, 200],
  },
  {
    what: 'added ones rest on the net: 10 % in 11.00, then 3 % and 0.25 a place on top',
    rules: [included(100_000), added(30_000, 2), rule(3, 'added', { amount: 25 })],
    price: 2_200,
    quantity: 2,
    net: 2_000,
    amounts: [200, 60, 50],
  },
  {
    what: 'a free place bears no included tax, and still an added fixed one',
    rules: [rule(1, 'included', { amount: 50 }), included(70_000, 2), rule(3, 'added', { amount: 25 })],
    price: 0,
    net: 0,
    amounts: [0, 0, 25],
  },
  {
    what: 'rounding up takes no more than the price',
    rules: [included(500_000), included(500_000, 2)],
    price: 1,
    rounding: 'up' as const,
    net: 0,
    amounts: [1, 0],
  },
  {
    what: 'a billion units a place, beyond what double arithmetic keeps exact',
    rules: [included(160_000)],
    price: 99_999_999_999_999,
    net: 86_206_896_551_723,
    amounts: [13_793_103_448_276],
  },
];

describe('worked examples of taxes', () => {
  for (const { what, rules, price, quantity = 1, rounding = 'half_up', net, amounts } of examples) {
    test(what, () => {
      const taxes = amounts.reduce((a, b) => a + b, 0);
      assert.deepEqual(taxLine(rules, price, quantity, rounding), { net, taxes, amounts });
    });
  }
});

const anyRounding = fc.constantFrom<Rounding>('half_up', 'half_even', 'up', 'down');
const anyKind = fc.oneof(
  fc.record({ ratePpm: fc.integer({ min: 0, max: 1_000_000 }) }),
  fc.record({ amount: fc.integer({ min: 0, max: 5_000 }) }),
);
const anyRules = fc
  .array(fc.tuple(fc.constantFrom<TaxRule['inclusion']>('included', 'added'), anyKind), { maxLength: 6 })
  .map((list) => list.map(([inclusion, kind], i) => rule(i + 1, inclusion, kind)));
const anyPrice = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 100_000_000_000 }));
const anyQuantity = fc.integer({ min: 1, max: 50 });

describe('taxes of any line', () => {
  test('net and included taxes are the price exactly, and nothing is negative', () => {
    fc.assert(
      fc.property(anyRules, anyPrice, anyQuantity, anyRounding, (rules, price, quantity, rounding) => {
        const { net, taxes, amounts } = taxLine(rules, price, quantity, rounding);
        const includedSum = amounts.reduce(
          (sum, a, i) => (rules[i]!.inclusion === 'included' ? sum + a : sum),
          0,
        );
        assert.equal(net + includedSum, price);
        assert.equal(
          taxes,
          amounts.reduce((a, b) => a + b, 0),
        );
        assert.ok([net, ...amounts].every((amount) => amount >= 0));
      }),
    );
  });

  test('an added percentage is within one unit of the exact tax, on the side that the rule names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        anyPrice,
        anyRounding,
        (ratePpm, price, rounding) => {
          const amount = BigInt(taxLine([added(ratePpm)], price, 1, rounding).amounts[0]!);
          const error = amount * 1_000_000n - BigInt(price) * BigInt(ratePpm);
          if (rounding === 'up') assert.ok(error >= 0n && error < 1_000_000n);
          else if (rounding === 'down') assert.ok(error <= 0n && error > -1_000_000n);
          else assert.ok(error <= 500_000n && error >= -500_000n);
        },
      ),
    );
  });

  test('several included percentages share one base: each is within one unit of its exact part', () => {
    const rates = fc.array(fc.integer({ min: 0, max: 300_000 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rates, fc.integer({ min: 100, max: 100_000_000 }), anyRounding, (ppms, price, rounding) => {
        const { amounts } = taxLine(
          ppms.map((ppm, i) => included(ppm, i + 1)),
          price,
          1,
          rounding,
        );
        const divisor = 1_000_000n + ppms.reduce((sum, ppm) => sum + BigInt(ppm), 0n);
        amounts.forEach((amount, i) => {
          const error = BigInt(amount) * divisor - BigInt(price) * BigInt(ppms[i]!);
          assert.ok(error < divisor && error > -divisor);
        });
      }),
    );
  });

  test('adding a tax to the net of an included one gives the price back, within one unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), anyPrice, (ratePpm, price) => {
        const { net } = taxLine([included(ratePpm)], price, 1, 'half_up');
        const again = taxLine([added(ratePpm)], net, 1, 'half_up');
        assert.ok(Math.abs(again.net + again.taxes - price) <= 1);
      }),
    );
  });

  test('the order of the rules changes nothing while the price covers the included ones', () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.integer({ min: 2_000_000, max: 9_000_000 }),
        anyRounding,
        (rules, price, rounding) => {
          const forward = taxLine(rules, price, 1, rounding);
          const backward = taxLine(rules.toReversed(), price, 1, rounding);
          assert.deepEqual({ ...backward, amounts: backward.amounts.toReversed() }, forward);
        },
      ),
    );
  });
});

test('half_even differs from half_up at exact halves only, and only by going to an even number', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10_000n }), fc.bigInt({ min: 1n, max: 40n }), (n, d) => {
      const even = divideRounded(n, d, 'half_even');
      const up = divideRounded(n, d, 'half_up');
      if ((n % d) * 2n !== d) return assert.equal(even, up);
      assert.equal(even % 2n, 0n);
      assert.ok(up - even === 0n || up - even === 1n);
    }),
  );
});

test('a rule is in force from its start until just before its end', () => {
  const rules = [
    { ...added(160_000, 2), validFrom: 1_000, validUntil: 2_000 },
    { ...added(120_000, 1), validUntil: 1_000 },
    { ...added(10_000, 3), validFrom: 2_000 },
  ];
  const idsAt = (at: number) => rulesInForce(rules, at).map((r) => r.taxRuleId);
  assert.deepEqual([999, 1_000, 1_999, 2_000].map(idsAt), [[1], [2], [2], [3]]);
  assert.deepEqual(
    [0, 999, 1_000, 1_999, 2_000].map((at) => nextRuleChange(rules, at)),
    [1_000, 1_000, 2_000, 2_000, Infinity],
  );
});

test('an amount that a number cannot hold exactly is refused, not rounded', () => {
  assert.throws(
    () => taxLine([rule(1, 'added', { amount: 9e15 })], 0, 2, 'half_up'),
    /beyond what a number holds/,
  );
});
