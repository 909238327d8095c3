import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Problem } from '../src/base/errors.ts';
import type { CatalogEvent } from '../src/catalog/event.ts';
import { checkCart, noWishes, takesOf, type VoucherOffer } from '../src/pricing/cart-rules.ts';
import { checkPriceList } from '../src/pricing/check-price-list.ts';
import type { Fee, PriceList, PriceStage, VoucherEffect } from '../src/pricing/price-list.ts';
import { quoteCart } from '../src/pricing/quote-cart.ts';
import type { Cart, PriceStep, Quote } from '../src/pricing/quote.ts';
import type { TaxRule } from '../src/tax/tax-rule.ts';
import { sampleEvent } from './support/sample-event.ts';

const noList: PriceList = {
  modifiers: [],
  ticketKinds: [],
  stages: [],
  fees: [],
  orderPlacesMax: null,
  customerPlacesMax: null,
  wholeTables: [],
  hiddenZones: [],
};
const iva: TaxRule = {
  eventId: null,
  validFrom: -Infinity,
  validUntil: Infinity,
  taxRuleId: 1,
  name: 'IVA',
  kind: 'percentage',
  ratePpm: 160_000,
  inclusion: 'included',
};
const early: PriceStage = {
  code: 'early',
  name: 'Early bird',
  zoneNos: null,
  from: null,
  until: null,
  quantity: 5,
  change: { kind: 'percentage', ppm: -200_000 },
};

/** Seats 1 to 4 in row 1 and 5 to 8 in row 2 of zone 1 cost 50.00; zone 2 is general, of 20.00. */
function eventWith(
  list: Partial<PriceList>,
  taxRules: TaxRule[] = [],
  more: Partial<CatalogEvent> = {},
): CatalogEvent {
  const seats = [1, 2, 3, 4, 5, 6, 7, 8].map((no) => ({
    zoneNo: 1,
    rowNo: no > 4 ? 2 : 1,
    position: no,
    x: no,
    y: 1,
  }));
  return {
    ...sampleEvent({
      seats,
      zones: [
        { zoneNo: 1, name: 'Platea', kind: 'numbered', price: null, capacity: 8 },
        { zoneNo: 2, name: 'Pista', kind: 'general', price: 2_000, capacity: 500 },
      ],
      taxRules,
      priceList: { ...noList, ...list },
    }),
    ...more,
  };
}

const seats = (...seatNos: number[]): Cart => ({ seatNos, zones: [] });
const places = (quantity: number): Cart => ({ seatNos: [], zones: [{ zoneNo: 2, quantity }] });
const unitPrices = ({ lines }: Quote) => lines.map(({ quantity, unitPrice }) => [quantity, unitPrice]);
const voucher = (effect: VoucherEffect, zoneNos: number[] | null = null) => ({
  voucherId: 7,
  code: 'AMIGO',
  effect,
  zoneNos,
});
const fee = (change: Partial<Fee>): Fee => ({
  name: 'Servicio',
  per: 'ticket',
  amount: null,
  ratePpm: null,
  taxed: false,
  absorbed: false,
  ...change,
});

describe('how a price comes about', () => {
  test('modifiers change rows and seats, then the stage, then the kind', () => {
    const event = eventWith({
      modifiers: [
        {
          name: 'Front row',
          zoneNo: 1,
          rows: ['1'],
          seatNos: null,
          change: { kind: 'amount', amount: 1_000 },
        },
        { name: 'Pillar', zoneNo: 1, rows: null, seatNos: [5], change: { kind: 'set', amount: 1_500 } },
      ],
      stages: [{ ...early, quantity: null, until: 100 }],
      ticketKinds: [
        { code: 'adult', name: 'Adult', zoneNos: null, change: null },
        { code: 'child', name: 'Child', zoneNos: null, change: { kind: 'percentage', ppm: -500_000 } },
      ],
    });
    const cart: Cart = { seatNos: [1, 5, 6], seatKinds: ['child', null, 'adult'], zones: [] };
    const explain: PriceStep[] = [];
    assert.deepEqual(unitPrices(quoteCart(event, cart, 50, { explain })), [
      [1, 2_400],
      [1, 1_200],
      [1, 4_000],
    ]);
    assert.deepEqual(
      explain.filter((step) => step.line === 0).map(({ step, amount, result }) => [step, amount, result]),
      [
        ['price', 5_000, 5_000],
        ['modifier', 1_000, 6_000],
        ['stage', -1_200, 4_800],
        ['ticket_kind', -2_400, 2_400],
      ],
    );
    assert.deepEqual(unitPrices(quoteCart(event, cart, 100)), [
      [1, 3_000],
      [1, 1_500],
      [1, 5_000],
    ]);
  });

  test('a stage ends at the very ticket, and counts those of all its zones', () => {
    const event = eventWith({ stages: [early] });
    const gone = (count: number) => ({
      used: (counter: string) => (counter === 'stage:3:early' ? count : 0),
    });
    const cart: Cart = { seatNos: [1, 2], zones: [{ zoneNo: 2, quantity: 5 }] };
    const quote = quoteCart(event, cart, 0, gone(1));
    assert.deepEqual(unitPrices(quote), [
      [1, 4_000],
      [1, 4_000],
      [2, 1_600],
      [3, 2_000],
    ]);
    assert.deepEqual(quote.takes, [{ counter: 'stage:3:early', count: 4, limit: 5, exhausts: true }]);
    assert.deepEqual(quoteCart(event, cart, 0, gone(5)).takes, [
      { counter: 'stage:3:early', count: 0, limit: 5, exhausts: true },
    ]);
  });

  test('of two stages the second goes on where the first ends, by its date or its number', () => {
    const second = {
      ...early,
      code: 'late',
      name: 'Late',
      quantity: null,
      until: 200,
      change: { kind: 'amount' as const, amount: -100 },
    };
    const event = eventWith({ stages: [{ ...early, until: 100 }, second] });
    const at = (instant: number, count: number) =>
      unitPrices(quoteCart(event, places(2), instant, { used: () => count }));
    assert.deepEqual(at(99, 4), [
      [1, 1_600],
      [1, 1_900],
    ]);
    assert.deepEqual(at(100, 0), [[2, 1_900]]);
    assert.deepEqual(at(200, 0), [[2, 2_000]]);
  });

  test('a hold that is quoted anew keeps its stages, whatever has gone meanwhile', () => {
    const event = eventWith({ stages: [early] });
    const held = quoteCart(event, places(7), 0).lines;
    const again = quoteCart(event, places(7), 0, { held, used: () => 5 });
    assert.deepEqual(again.lines, held);
    assert.equal(again.takes, undefined);
  });

  test('vouchers: an amount is shared out by price, a percentage rounded a line, a set price never dearer', () => {
    const event = eventWith({});
    const cart: Cart = { seatNos: [1], zones: [{ zoneNo: 2, quantity: 1 }] };
    const discounts = (effect: VoucherEffect, zoneNos?: number[]) =>
      quoteCart(event, cart, 0, { voucher: voucher(effect, zoneNos) }).lines.map((line) => line.discounts);
    assert.deepEqual(discounts({ kind: 'amount', amount: 1_000 }), [714, 286]);
    assert.deepEqual(discounts({ kind: 'amount', amount: 1_000_000 }), [5_000, 2_000]);
    assert.deepEqual(discounts({ kind: 'percentage', ppm: 333_333 }), [1_667, 667]);
    assert.deepEqual(discounts({ kind: 'set_price', amount: 2_500 }), [2_500, 0]);
    assert.deepEqual(discounts({ kind: 'percentage', ppm: 1_000_000 }, [2]), [0, 2_000]);
    assert.deepEqual(discounts({ kind: 'access' }), [0, 0]);
  });

  test('fees: of a ticket or the order, taxed or not, passed on or absorbed', () => {
    const event = eventWith(
      {
        fees: [
          fee({ amount: 116, taxed: true }),
          fee({ name: 'Pago', per: 'order', ratePpm: 20_000 }),
          fee({ name: 'Plataforma', per: 'order', amount: 300, absorbed: true }),
        ],
      },
      [iva],
    );
    const quote = quoteCart(event, { seatNos: [1], zones: [{ zoneNo: 2, quantity: 2 }] }, 0);
    assert.deepEqual(quote.terms?.fees, [
      { name: 'Servicio', amount: 348, absorbed: false },
      { name: 'Pago', amount: 180, absorbed: false },
      { name: 'Plataforma', amount: 300, absorbed: true },
    ]);
    assert.equal(quote.total, 5_000 + 4_000 + 348 + 180);
    // The IVA in 5,116 and 4,232; what of it is in the fees of 116 and 232 is no part of them.
    assert.deepEqual(
      quote.lines.map(({ net, fees, taxes, total }) => ({ net, fees, taxes, total })),
      [
        { net: 4_310, fees: 200, taxes: 706, total: 5_216 },
        { net: 3_448, fees: 280, taxes: 584, total: 4_312 },
      ],
    );
  });
});

test('a fee bears the taxes of its ticket, or those of fees alone, and nothing else does', () => {
  const ticketTax: TaxRule = { ...iva, ratePpm: 100_000 };
  const feeTax: TaxRule = {
    ...iva,
    taxRuleId: 2,
    name: 'IVA 21',
    ratePpm: 210_000,
    condition: { onFees: true },
  };
  const card: TaxRule = { ...iva, taxRuleId: 3, inclusion: 'added', ratePpm: 30_000, base: 'payment' };
  const quoted = (taxedAs: 'ticket' | 'fee', rules: TaxRule[]) =>
    quoteCart(
      eventWith({ fees: [fee({ amount: 121, taxed: true, taxedAs })] }, rules),
      { seatNos: [1], zones: [{ zoneNo: 2, quantity: 2 }] },
      0,
    );
  const apart = quoted('fee', [ticketTax, feeTax]);
  assert.deepEqual(
    apart.lines.map(({ net, fees, taxes, total }) => ({ net, fees, taxes, total })),
    [
      // 4,545 and 455 of the ticket; 100 and 21 of the fee.
      { net: 4_545, fees: 100, taxes: 476, total: 5_121 },
      { net: 3_636, fees: 200, taxes: 406, total: 4_242 },
    ],
  );
  assert.deepEqual(
    apart.taxes.map(({ amount }) => amount),
    [455 + 364, 21 + 42],
  );
  const asTicket = quoted('ticket', [ticketTax, feeTax]);
  assert.deepEqual(
    asTicket.taxes.map(({ amount }) => amount),
    [466 + 386, 0],
  );
  assert.equal(asTicket.total, apart.total);
  // What is taken of the payment is taken of both: 3 % of 9,363.
  assert.equal(quoted('fee', [ticketTax, feeTax, card]).taxes[2]!.amount, 154 + 127);
});

describe('what a cart may not be', () => {
  const code = (expected: string) => (error: Problem) => error.code === expected;
  const refused = (event: CatalogEvent, cart: Cart, expected: string, wishes = noWishes) =>
    assert.throws(() => checkCart(event, cart, 0, wishes), code(expected));
  const offer: VoucherOffer = {
    ...voucher({ kind: 'access' }),
    eventId: 3,
    usesMax: 1,
    customerUsesMax: null,
    validFrom: 0,
    validUntil: 10,
  };

  test('a kind that the zone does not sell', () => {
    const event = eventWith({ ticketKinds: [{ code: 'child', name: 'Child', zoneNos: [1], change: null }] });
    checkCart(event, { seatNos: [1], seatKinds: ['child'], zones: [] }, 0, noWishes);
    refused(
      event,
      { seatNos: [], zones: [{ zoneNo: 2, quantity: 1, kind: 'child' }] },
      'ticket_kind_unknown',
    );
  });

  test('a part of a table that is sold whole', () => {
    const event = eventWith({ wholeTables: [{ zoneNo: 1, rows: ['2'] }] });
    checkCart(event, seats(1, 5, 6, 7, 8), 0, noWishes);
    refused(event, seats(1, 5, 6, 7), 'table_incomplete');
  });

  test('a hidden zone without its code', () => {
    const event = eventWith({ hiddenZones: [{ zoneNo: 2, accessCodes: ['PRENSA'] }] });
    refused(event, places(1), 'zone_not_found');
    refused(event, places(1), 'zone_not_found', { ...noWishes, accessCode: 'prensa' });
    checkCart(event, places(1), 0, { ...noWishes, accessCode: 'PRENSA' });
  });

  test('more places than an order may have, and a customer who is not named where they are counted', () => {
    refused(eventWith({ orderPlacesMax: 3 }), places(4), 'order_limit');
    refused(eventWith({ customerPlacesMax: 3 }), places(1), 'customer_required');
  });

  test('seats kept for the holders of a voucher, while it is valid', () => {
    const reservations = [
      { voucherId: 7, seatNos: [2], zones: [{ zoneNo: 2, places: 10 }], from: 0, until: 10 },
    ];
    const event = eventWith({}, [], { reservations });
    refused(event, seats(2), 'seat_unavailable');
    checkCart(event, seats(2), 0, { ...noWishes, voucher: offer });
    checkCart(event, seats(2), 10, noWishes);
    assert.deepEqual(
      takesOf(event, places(2), 0, { ...noWishes, voucher: offer }).map(({ counter, count }) => [
        counter,
        count,
      ]),
      [
        ['voucher:7', 1],
        ['reserve:7:2', 2],
      ],
    );
  });

  test('a voucher of another event, out of its time, or for other places', () => {
    const event = eventWith({});
    const withOffer = (change: Partial<VoucherOffer>) => ({ ...noWishes, voucher: { ...offer, ...change } });
    refused(event, places(1), 'voucher_not_found', withOffer({ eventId: 4 }));
    refused(event, places(1), 'voucher_not_valid', withOffer({ validFrom: 1 }));
    refused(event, places(1), 'voucher_not_applicable', withOffer({ zoneNos: [1] }));
    refused(event, places(1), 'customer_required', withOffer({ customerUsesMax: 1 }));
  });
});

describe('what a price list may not be', () => {
  const refused = (list: Partial<PriceList>, expected: string) =>
    assert.throws(
      () => checkPriceList({ ...noList, ...list }),
      (error: Problem) => error.code === expected,
    );

  test('a stage without an end, or stages that overlap', () => {
    refused({ stages: [{ ...early, quantity: null }] }, 'stage_without_end');
    const dated = { ...early, quantity: null, from: 0, until: 10 };
    refused({ stages: [dated, { ...dated, code: 'b', from: 9, until: 20 }] }, 'stages_overlap');
    checkPriceList({ ...noList, stages: [dated, { ...dated, code: 'b', from: 10, until: 20 }] });
    checkPriceList({ ...noList, stages: [early, { ...dated, code: 'b' }] });
    checkPriceList({
      ...noList,
      stages: [
        { ...dated, zoneNos: [1] },
        { ...dated, code: 'b', zoneNos: [2] },
      ],
    });
    refused({ stages: [early, early] }, 'price_list_invalid');
    refused({ stages: [{ ...dated, from: 11 }] }, 'price_list_invalid');
  });

  test('amounts that do not fit, and fees that are neither an amount nor a rate, or both', () => {
    refused({ fees: [fee({ amount: 1e13 })] }, 'amount_out_of_range');
    refused({ fees: [fee({})] }, 'price_list_invalid');
    refused({ fees: [fee({ amount: 1, ratePpm: 1 })] }, 'price_list_invalid');
    refused({ stages: [{ ...early, change: { kind: 'set', amount: -1 } }] }, 'amount_out_of_range');
    refused(
      { stages: [{ ...early, change: { kind: 'percentage', ppm: -1_000_001 } }] },
      'amount_out_of_range',
    );
  });
});

const effectArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('amount' as const), amount: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ kind: fc.constant('percentage' as const), ppm: fc.integer({ min: 0, max: 1_000_000 }) }),
  fc.record({ kind: fc.constant('set_price' as const), amount: fc.integer({ min: 0, max: 9_000 }) }),
);
const feeArbitrary = fc
  .record({
    per: fc.constantFrom('ticket' as const, 'order' as const),
    value: fc.integer({ min: 0, max: 200_000 }),
    isRate: fc.boolean(),
    taxed: fc.boolean(),
    taxedAs: fc.constantFrom('ticket' as const, 'fee' as const),
    absorbed: fc.boolean(),
  })
  .map(({ value, isRate, ...rest }) =>
    fee({ ...rest, ...(isRate ? { ratePpm: value } : { amount: value % 1_000 }) }),
  );

test('any quote: lines add up, nothing is negative, no discount is above its price, and every place has its price', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 8 }),
      fc.array(feeArbitrary, { maxLength: 3 }),
      fc.option(effectArbitrary),
      fc.constantFrom<('included' | 'added')[]>([], ['included'], ['added'], ['included', 'added']),
      fc.constantFrom('line' as const, 'document' as const),
      fc.integer({ min: 0, max: 8 }),
      (standing, sitting, fees, effect, inclusions, taxScope, gone) => {
        if (standing + sitting === 0) return;
        const rules = inclusions.flatMap((inclusion, i): TaxRule[] => [
          { ...iva, taxRuleId: 2 * i + 1, inclusion },
          { ...iva, taxRuleId: 2 * i + 2, inclusion, ratePpm: 210_000, condition: { onFees: true } },
        ]);
        const base = eventWith({ stages: [early], fees }, rules);
        const event = { ...base, seller: { ...base.seller, taxScope } };
        const cart: Cart = {
          seatNos: [1, 2, 3, 4, 5, 6, 7, 8].slice(0, sitting),
          zones: standing > 0 ? [{ zoneNo: 2, quantity: standing }] : [],
        };
        const quote = quoteCart(event, cart, 0, { used: () => gone, voucher: effect && voucher(effect) });
        const sum = (of: (line: Quote['lines'][number]) => number) =>
          quote.lines.reduce((total, line) => total + of(line), 0);
        assert.equal(quote.total, quote.net + quote.taxTotal + quote.fees - quote.discounts);
        assert.equal(
          quote.total,
          sum((line) => line.total),
        );
        assert.equal(
          quote.taxTotal,
          quote.taxes.reduce((total, tax) => total + tax.amount, 0),
        );
        for (const line of quote.lines) {
          assert.equal(line.total, line.net + line.taxes + line.fees - line.discounts);
          assert.ok(Math.min(line.net, line.taxes, line.fees, line.discounts, line.total) >= 0);
          assert.ok(line.discounts <= line.unitPrice * line.quantity);
        }
        assert.equal(
          sum((line) => line.quantity),
          standing + sitting,
        );
        const inStage = quote.lines.reduce(
          (n, line) => (line.stage === undefined ? n : n + line.quantity),
          0,
        );
        assert.equal(inStage, Math.min(standing + sitting, Math.max(0, 5 - gone)));
        const added = quote.taxes.reduce((n, tax) => (tax.inclusion === 'added' ? n + tax.amount : n), 0);
        const charged = (quote.terms?.fees ?? []).reduce((n, one) => (one.absorbed ? n : n + one.amount), 0);
        const prices = sum((line) => line.unitPrice * line.quantity);
        assert.equal(quote.total, prices - quote.discounts + charged + added);
      },
    ),
  );
});
