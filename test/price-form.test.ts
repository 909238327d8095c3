import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toInstant, toLocal } from '../web/console/src/pages/events/local-time.ts';
import type { PriceList } from '../web/console/src/pages/prices/contract.ts';
import { codeOf, toFields, toPriceList, type Notation } from '../web/console/src/pages/prices/price-form.ts';
import { layOutStages } from '../web/console/src/pages/prices/time-line.ts';
import { instantOf, parseLocalTime } from '../src/base/local-time.ts';

const zone = 'America/Caracas';
const notation: Notation = {
  plain: (minor) => (minor / 100).toFixed(2),
  parse: (typed) =>
    /^\d+([.,]\d\d)?$/.test(typed) ? Math.round(Number(typed.replace(',', '.')) * 100) : null,
  toLocal: (instant) => toLocal(instant, zone),
  toInstant: (local) => toInstant(local, zone),
};
const list: PriceList = {
  event_id: '1-1',
  pricing_version: 3,
  currency: 'USD',
  categories: [{ name: 'Platea', price: 4_000 }],
  zones: [
    { zone_id: '1-1-z1', price: null },
    { zone_id: '1-1-z2', price: 1_500 },
  ],
  modifiers: [{ name: 'Pasillo' }],
  ticket_kinds: [
    { code: 'adult', name: 'Adulto' },
    { code: 'child', name: 'Niño', zone_ids: ['1-1-z1'], change: { kind: 'percentage', value: -500_000 } },
  ],
  stages: [
    {
      code: 'early',
      name: 'Preventa',
      until: '2037-03-01T04:00:00.000Z',
      change: { kind: 'amount', value: -250 },
    },
    {
      code: 'last',
      name: 'Puerta',
      quantity: 100,
      zone_ids: ['1-1-z2'],
      change: { kind: 'set', value: 5_000 },
    },
  ],
  fees: [
    { name: 'Servicio', per: 'order', amount: 150, taxed: true, absorbed: false },
    { name: 'Tarjeta', per: 'ticket', rate_ppm: 25_000, taxed: false, absorbed: true },
  ],
  order_places_max: 8,
  customer_places_max: null,
  whole_tables: [],
  hidden_zones: [],
};

test('prices that are shown and not touched are written back as they were', () => {
  assert.deepEqual(toPriceList(toFields(list, notation), list, notation), { list });
});

test('what cannot be read is named by its field, and nothing is written', () => {
  const fields = toFields(list, notation);
  fields.categories[0]!.price = 'forty';
  fields.stages[1]!.quantity = '1.5';
  fields.kinds[1]!.change.value = 'half';
  fields.fees[0]!.value = '';
  fields.orderMax = '0';
  assert.deepEqual(toPriceList(fields, list, notation), {
    faults: ['categories.0.price', 'kinds.1.change', 'stages.1.quantity', 'fees.0.value', 'orderMax'],
  });
});

test('percent and amounts are typed with a comma, a point or a sign', () => {
  const fields = toFields(list, notation);
  fields.stages[0]!.change = { kind: 'percentage', value: '-12,5' };
  fields.kinds[0]!.change = { kind: 'amount', value: '-3,50' };
  const read = toPriceList(fields, list, notation);
  assert.ok('list' in read);
  assert.deepEqual(read.list.stages[0]!.change, { kind: 'percentage', value: -125_000 });
  assert.deepEqual(read.list.ticket_kinds[0]!.change, { kind: 'amount', value: -350 });
});

test('a name has a code that the API takes and no other has', () => {
  assert.equal(codeOf('Preventa Ñandú 2', []), 'preventa_nandu_2');
  assert.equal(codeOf('Niño', ['nino', 'nino_2']), 'nino_3');
  assert.equal(codeOf('¡!', []), 'x');
});

test('times of the page are the instants that the server reads, twice a year too', () => {
  for (const timezone of ['Europe/Madrid', 'America/Caracas', 'Australia/Lord_Howe']) {
    for (const local of [
      '2027-03-28T02:30',
      '2027-03-28T03:30',
      '2027-10-31T02:30',
      '2027-04-04T01:45',
      '2027-07-01T20:30',
    ]) {
      const expected = instantOf(parseLocalTime(local)!, timezone).toISOString();
      assert.equal(toInstant(local, timezone), expected, `${timezone} ${local}`);
    }
  }
  assert.equal(toLocal('2037-05-09T00:30:00.000Z', zone), '2037-05-08T20:30');
});

test('stages stand on the time line from their beginning to their end, those without one to that of the sale', () => {
  const line = layOutStages(
    [
      { code: 'a', name: 'A', from: null, until: 50 },
      { code: 'b', name: 'B', from: 50, until: null },
    ],
    0,
    100,
  );
  assert.deepEqual(
    line.bars.map(({ x, width, isOpen }) => [x, width, isOpen]),
    [
      [0, line.width / 2, false],
      [line.width / 2, line.width / 2, true],
    ],
  );
});
