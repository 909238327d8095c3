import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Category, Zone } from '../src/catalog/event.ts';
import type { Quote } from '../src/pricing/quote.ts';
import { quoteCart, quoteToJson } from '../src/pricing/quote-cart.ts';
import type { Rounding, TaxRule } from '../src/tax/tax-rule.ts';
import { sampleEvent } from './support/sample-event.ts';

const zones: Zone[] = [
  { zoneNo: 1, name: 'Platea', kind: 'numbered', price: null, capacity: 4 },
  { zoneNo: 2, name: 'Palco', kind: 'numbered', price: 9_900, capacity: 2 },
  { zoneNo: 3, name: 'Pista', kind: 'general', price: 1_999, capacity: 500 },
  { zoneNo: 4, name: 'Gradas', kind: 'general', price: 333, capacity: 500 },
];
const categories: Category[] = [
  { categoryNo: 1, name: 'A', color: '#000000', price: 5_000 },
  { categoryNo: 2, name: 'B', color: '#ffffff', price: 3_335 },
];
const seats = [1, 2, 3, 4, 5, 6].map((position) => ({
  zoneNo: position > 4 ? 2 : 1,
  categoryNo: position % 2 === 0 ? 2 : 1,
  rowNo: 1,
  position,
  x: position,
  y: 1,
}));

const always = { eventId: null, validFrom: -Infinity, validUntil: Infinity };
const iva: TaxRule = {
  ...always,
  taxRuleId: 1,
  name: 'IVA',
  kind: 'percentage',
  ratePpm: 160_000,
  inclusion: 'included',
};
const city: TaxRule = {
  ...always,
  taxRuleId: 2,
  name: 'Municipal',
  kind: 'fixed',
  amount: 50,
  inclusion: 'added',
};
const culture: TaxRule = {
  ...always,
  taxRuleId: 3,
  name: 'Cultura',
  kind: 'percentage',
  ratePpm: 12_500,
  inclusion: 'added',
};

const eventWith = (taxRules: TaxRule[], rounding: Rounding = 'half_up') =>
  sampleEvent({ seats, zones, categories, taxRules, rounding });

test("a seat costs its zone's own price, or else its category's", () => {
  const { lines } = quoteCart(
    eventWith([]),
    { seatNos: [1, 2, 5, 6], zones: [{ zoneNo: 3, quantity: 2 }] },
    0,
  );
  assert.deepEqual(
    lines.map((line) => [line.zoneNo, line.seatNo, line.quantity, line.unitPrice, line.total]),
    [
      [1, 1, 1, 5_000, 5_000],
      [1, 2, 1, 3_335, 3_335],
      [2, 5, 1, 9_900, 9_900],
      [2, 6, 1, 9_900, 9_900],
      [3, null, 2, 1_999, 3_998],
    ],
  );
});

test('the API shows net lines, taxes by name with their rate in percent, and sums that fit', () => {
  const event = eventWith([iva, city, culture]);
  const json = quoteToJson(event, quoteCart(event, { seatNos: [1], zones: [{ zoneNo: 3, quantity: 3 }] }, 0));
  const seatLine = { zone_id: '1-3-z1', seat_id: '1-3-s1', quantity: 1, unit_price: 5_000 };
  const zoneLine = { zone_id: '1-3-z3', quantity: 3, unit_price: 1_999 };
  assert.deepEqual(json, {
    currency: 'USD',
    // 50.00 / 1.16 = 43.10; 59.97 / 1.16 = 51.70, its tax rounded once for the three.
    lines: [
      { ...seatLine, net: 4_310, discounts: 0, fees: 0, taxes: 690 + 50 + 54, total: 5_104 },
      { ...zoneLine, net: 5_170, discounts: 0, fees: 0, taxes: 827 + 150 + 65, total: 6_212 },
    ],
    subtotal: 9_480,
    discounts: 0,
    fees: 0,
    taxes: [
      { name: 'IVA', rate: 16, inclusion: 'included', amount: 1_517 },
      { name: 'Municipal', inclusion: 'added', amount: 200 },
      { name: 'Cultura', rate: 1.25, inclusion: 'added', amount: 119 },
    ],
    total: 11_316,
  });
});

test('a rule that starts or ends changes the quote at that instant, which the quote foretold', () => {
  const event = eventWith([
    { ...iva, validUntil: 1_000 },
    { ...iva, taxRuleId: 9, ratePpm: 80_000, validFrom: 1_000 },
  ]);
  const cart = { seatNos: [1], zones: [] };
  const before = quoteCart(event, cart, 999);
  const after = quoteCart(event, cart, before.validUntil);
  assert.deepEqual([before.taxTotal, before.validUntil], [690, 1_000]);
  assert.deepEqual([after.taxTotal, after.validUntil], [370, Infinity]);
  assert.deepEqual(quoteCart(event, cart, 999), before);
});

test('a quote names the versions of the prices and taxes that it was made under', () => {
  const quote = quoteCart(eventWith([]), { seatNos: [], zones: [] }, 0);
  assert.deepEqual([quote.pricingVersion, quote.taxVersion, quote.total], [7, 4, 0]);
});

test('a place that the event has not is a fault of the caller', () => {
  const event = eventWith([]);
  assert.throws(() => quoteCart(event, { seatNos: [7], zones: [] }, 0), /seat 7/);
  assert.throws(() => quoteCart(event, { seatNos: [], zones: [{ zoneNo: 5, quantity: 1 }] }, 0), /zone 5/);
  assert.throws(() => quoteCart(event, { seatNos: [], zones: [{ zoneNo: 2, quantity: 1 }] }, 0), /zone 2/);
});

const anyRules = fc.subarray([iva, city, culture]);
const anyRounding = fc.constantFrom<Rounding>('half_up', 'half_even', 'up', 'down');
const anyCart = fc.record({
  seatNos: fc.shuffledSubarray([1, 2, 3, 4, 5, 6]),
  zones: fc
    .shuffledSubarray([3, 4])
    .chain((nos) =>
      fc.tuple(
        ...nos.map((zoneNo) =>
          fc.record({ zoneNo: fc.constant(zoneNo), quantity: fc.integer({ min: 1, max: 50 }) }),
        ),
      ),
    ),
});
const sum = (amounts: number[]) => amounts.reduce((a, b) => a + b, 0);
const sums = ({ lines: _, ...rest }: Quote) => rest;

describe('any quote', () => {
  test('adds up: each line, the lines to the totals, the taxes to the tax total', () => {
    fc.assert(
      fc.property(anyRules, anyCart, anyRounding, (rules, cart, rounding) => {
        const quote = quoteCart(eventWith(rules, rounding), cart, 0);
        for (const line of quote.lines)
          assert.equal(line.total, line.net + line.taxes + line.fees - line.discounts);
        assert.equal(quote.total, sum(quote.lines.map((line) => line.total)));
        assert.equal(quote.net, sum(quote.lines.map((line) => line.net)));
        assert.equal(quote.taxTotal, sum(quote.lines.map((line) => line.taxes)));
        assert.equal(quote.taxTotal, sum(quote.taxes.map((tax) => tax.amount)));
        assert.equal(quote.total, quote.net + quote.taxTotal + quote.fees - quote.discounts);
      }),
    );
  });

  test('with included taxes only, costs the prices shown', () => {
    fc.assert(
      fc.property(anyCart, anyRounding, (cart, rounding) => {
        const { lines, taxTotal } = quoteCart(eventWith([iva], rounding), cart, 0);
        for (const line of lines) assert.equal(line.total, line.unitPrice * line.quantity);
        assert.equal(taxTotal > 0, lines.length > 0);
      }),
    );
  });

  test('costs the same whatever the order of its places', () => {
    fc.assert(
      fc.property(anyRules, anyCart, anyRounding, (rules, cart, rounding) => {
        const event = eventWith(rules, rounding);
        const reversed = { seatNos: cart.seatNos.toReversed(), zones: cart.zones.toReversed() };
        assert.deepEqual(sums(quoteCart(event, reversed, 0)), sums(quoteCart(event, cart, 0)));
      }),
    );
  });

  test('is the same from remembered taxes as from fresh ones', () => {
    const remembering = eventWith([iva, city, culture]);
    fc.assert(
      fc.property(anyCart, (cart) => {
        assert.deepEqual(
          quoteCart(remembering, cart, 0),
          quoteCart(eventWith([iva, city, culture]), cart, 0),
        );
      }),
    );
  });

  test('rounds a line once: n places are within half a unit a tax of the exact amount', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (quantity) => {
        const [line] = quoteCart(
          eventWith([iva]),
          { seatNos: [], zones: [{ zoneNo: 4, quantity }] },
          0,
        ).lines;
        assert.ok(Math.abs(line!.net - (333 * quantity) / 1.16) <= 0.5 + 1e-9);
      }),
    );
  });
});
