import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import type { Answer } from '../support/http-client.ts';
import { waitUntil } from '../support/wait.ts';

type Json = Record<string, unknown>;
type Line = {
  zone_id: string;
  quantity: number;
  unit_price: number;
  ticket_kind?: string;
  price_stage?: string;
};
type QuoteJson = {
  total: number;
  discounts: number;
  fees: number;
  lines: Line[];
  taxes: { name: string; amount: number }[];
};

const event = '1-3';
const prices = `/sellers/1/events/${event}/price-list`;
let hall: IdentityHall;
let manager: Browser;
let auditor: Browser;

before(async () => {
  hall = await startIdentityHall(2);
  await hall.pool.query('delete from seats where seat_no > 40');
  await hall.pool.query('update zones set capacity = 300 where zone_no = 2');
  await hall.pool.query('insert into seat_states select tenant_id, event_id, seat_no from seats');
  await hall.pool.query(
    `insert into zone_counters select tenant_id, event_id, zone_no, capacity from zones where kind = 'general'`,
  );
  manager = await signedIn(hall.pool, hall.client, 1, 'manager');
  auditor = await signedIn(hall.pool, hall.client, 1, 'auditor');
});
after(async () => {
  const { violations, lines } = await runAudit(hall.pool);
  await hall.stop();
  assert.equal(violations, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});

const ok = async (answer: Promise<Answer>): Promise<Json> => {
  const { status, text, json } = await answer;
  assert.ok(status < 300, text);
  return json as Json;
};

async function readList(): Promise<Json> {
  const { event_id: _, ...list } = await ok(auditor.send('GET', prices));
  return list;
}

/** Writes the price list with changes; the server hears of them a moment later. */
async function save(changes: Json): Promise<Json> {
  return await ok(manager.send('PUT', prices, { ...(await readList()), ...changes }));
}

async function saveRefused(changes: Json): Promise<string | number> {
  const unchanged = await readList();
  const answer = await manager.send('PUT', prices, { ...unchanged, ...changes });
  assert.deepEqual(await readList(), unchanged);
  return outcomeOf(answer);
}

const preview = (body: Json) => manager.send('POST', `/sellers/1/events/${event}/quote-previews`, body);
const quoteOf = (json: Json) => json['quote'] as QuoteJson;
const hold = (body: Json) => hall.client.send('POST', '/sales/holds', { event_id: event, ...body });
const standing = (quantity: number, more: Json = {}) => ({
  zones: [{ zone_id: `${event}-z2`, quantity, ...more }],
});

test('prices are read, written, counted, recorded, and seen by buyers', async () => {
  const list = await readList();
  const saved = await save({
    zones: (list['zones'] as Json[]).map((zone) =>
      zone['zone_id'] === `${event}-z2` ? { ...zone, price: 1_234 } : zone,
    ),
    ticket_kinds: [
      { code: 'adult', name: 'Adulto' },
      { code: 'child', name: 'Niño', change: { kind: 'percentage', value: -500_000 } },
    ],
  });
  assert.equal(saved['pricing_version'], (list['pricing_version'] as number) + 1);
  await waitUntil('the new prices are known', async () => {
    const { zones } = (await ok(hall.client.send('GET', `/events/${event}`))) as { zones: Json[] };
    return zones.find((zone) => zone['id'] === `${event}-z2`)!['price'] === 1_234;
  });
  const held = await ok(hold(standing(2, { ticket_kind: 'child' })));
  assert.deepEqual(
    quoteOf(held).lines.map((line) => [line.ticket_kind, line.unit_price]),
    [['child', 617]],
  );
  const { rows } = await hall.pool.query(
    `select verb, after from audit_log where tenant_id = 1 and object_kind = 'price_list' order by entry_id desc limit 1`,
  );
  assert.equal(rows[0].verb, 'change');
  assert.match(rows[0].after.prices, /"price":1234/);
});

test('each fault of a price list has its code, and changes nothing', async () => {
  const stage = { code: 'early', name: 'Preventa', change: { kind: 'amount', value: -100 } };
  assert.equal(await saveRefused({ stages: [stage] }), 'stage_without_end');
  const dated = { ...stage, until: '2030-01-01T00:00:00Z' };
  assert.equal(await saveRefused({ stages: [dated, { ...dated, code: 'b' }] }), 'stages_overlap');
  assert.equal(await saveRefused({ currency: 'VES' }), 'currency_mismatch');
  const fee = { name: 'Servicio', per: 'ticket', taxed: true, absorbed: false };
  assert.equal(await saveRefused({ fees: [{ ...fee, amount: 9_000_000_000_000 }] }), 'amount_out_of_range');
  assert.equal(await saveRefused({ fees: [fee] }), 'price_list_invalid');
  const untaxed = { ...fee, amount: 1, taxed: false, taxed_as: 'fee' };
  assert.equal(await saveRefused({ fees: [untaxed] }), 'price_list_invalid');
  assert.equal(
    await saveRefused({ hidden_zones: [{ zone_id: '2-3-z1', access_codes: ['PRENSA'] }] }),
    'price_list_invalid',
  );
  assert.equal(
    await saveRefused({ whole_tables: [{ zone_id: `${event}-z1`, rows: ['Z9'] }] }),
    'price_list_invalid',
  );
  assert.equal(await saveRefused({ categories: [{ name: 'Nope', price: 1 }] }), 'price_list_invalid');
  assert.equal(await saveRefused({ pricing_version: 1 }), 'price_list_changed');
  assert.equal(
    await saveRefused({ stages: [{ ...dated, until: '2030-13-45T99:00:00Z' }] }),
    'price_list_invalid',
  );
  assert.equal(outcomeOf(await auditor.send('PUT', prices, await readList())), 'forbidden');
  assert.equal(outcomeOf(await manager.send('GET', '/sellers/1/events/2-3/price-list')), 'event_not_found');
  assert.equal(outcomeOf(await manager.send('GET', '/sellers/1/events/1-99/price-list')), 'event_not_found');
});

test('a preview explains any cart at any instant, and holds nothing', async () => {
  await save({
    stages: [
      {
        code: 'early',
        name: 'Preventa',
        until: '2029-06-01T00:00:00Z',
        quantity: 10,
        change: { kind: 'percentage', value: -200_000 },
      },
    ],
    fees: [{ name: 'Servicio', per: 'order', amount: 300, taxed: false, absorbed: false }],
  });
  await waitUntil(
    'the new prices are known',
    async () => quoteOf(await ok(preview(standing(1)))).fees === 300,
  );
  const cart = standing(3, { ticket_kind: 'adult' });
  const sold = [{ stage: 'early', tickets: 8 }];
  const { steps, quote } = (await ok(preview({ ...cart, sold, at: '2029-05-31T23:59:59Z' }))) as {
    steps: { step: string; amount: number; result: number }[];
    quote: QuoteJson;
  };
  assert.deepEqual(
    quote.lines.map((line) => [line.price_stage, line.quantity, line.unit_price]),
    [
      ['early', 2, 987],
      [undefined, 1, 1_234],
    ],
  );
  assert.deepEqual(
    steps.slice(0, 2).map(({ step, amount, result }) => [step, amount, result]),
    [
      ['price', 1_234, 1_234],
      ['stage', -247, 987],
    ],
  );
  assert.equal(steps.at(-1)!.result, quote.total);
  const late = quoteOf(await ok(preview({ ...cart, sold, at: '2029-06-01T00:00:00Z' })));
  assert.deepEqual(
    late.lines.map((line) => line.unit_price),
    [1_234],
  );
  assert.equal(outcomeOf(await preview({ ...cart, at: '2029-99-01T00:00:00Z' })), 'body_invalid');
  assert.equal(outcomeOf(await preview({ ...cart, voucher: 'NOPE' })), 'voucher_not_found');
});

test('hidden zones are seen and sold with their code alone', async () => {
  await save({ hidden_zones: [{ zone_id: `${event}-z1`, access_codes: ['PRENSA'] }] });
  const zones = async (query = '') =>
    ((await ok(hall.client.send('GET', `/events/${event}${query}`)))['zones'] as Json[]).map(
      (zone) => zone['id'],
    );
  await waitUntil('the new prices are known', async () => (await zones()).length === 1);
  assert.deepEqual(await zones('?access_code=PRENSA'), [`${event}-z1`, `${event}-z2`]);
  const seats = async (query = '') =>
    (
      (await ok(hall.client.send('GET', `/events/${event}/seats?format=columns${query}`)))['seats'] as {
        id: string[];
      }
    ).id;
  assert.equal((await seats()).length, 0);
  const [first] = await seats('&access_code=PRENSA');
  assert.ok(first);
  assert.equal(outcomeOf(await hold({ seats: [first] })), 'zone_not_found');
  assert.equal(outcomeOf(await hold({ best_available: { quantity: 1 } })), 'seat_unavailable');
  assert.equal(outcomeOf(await hold({ best_available: { quantity: 1 }, access_code: 'PRENSA' })), 201);
  await save({ hidden_zones: [] });
  await waitUntil('the new prices are known', async () => (await zones()).length === 2);
});

test('vouchers are made, listed, used, limited and refused', async () => {
  const vouchers = '/sellers/1/vouchers';
  const body = {
    code: 'amigo-10',
    event_id: event,
    effect: 'amount',
    value: 500,
    currency: 'USD',
    uses_max: 1,
  };
  const made = await ok(manager.send('POST', vouchers, body));
  assert.equal(made['code'], 'AMIGO-10');
  assert.equal(outcomeOf(await manager.send('POST', vouchers, body)), 'voucher_exists');
  assert.equal(
    outcomeOf(await manager.send('POST', vouchers, { ...body, code: 'B-1', currency: 'VES' })),
    'currency_mismatch',
  );
  assert.equal(
    outcomeOf(
      await manager.send('POST', vouchers, { ...body, code: 'B-1', effect: 'percentage', value: 1_000_001 }),
    ),
    'amount_out_of_range',
  );
  assert.equal(
    outcomeOf(await manager.send('POST', vouchers, { ...body, code: 'B-1', event_id: '2-3' })),
    'event_not_found',
  );
  assert.equal(
    outcomeOf(
      await manager.send('POST', vouchers, {
        ...body,
        code: 'B-1',
        valid_from: '2030-01-01T00:00:00Z',
        valid_until: '2029-01-01T00:00:00Z',
      }),
    ),
    'body_invalid',
  );
  assert.equal(outcomeOf(await auditor.send('POST', vouchers, { ...body, code: 'B-1' })), 'forbidden');
  const held = await ok(hold({ ...standing(2), voucher: 'Amigo-10' }));
  assert.equal(quoteOf(held).discounts, 500);
  assert.equal(outcomeOf(await hold({ ...standing(1), voucher: 'AMIGO-10' })), 'voucher_used_up');
  const { data } = (await ok(auditor.send('GET', vouchers))) as { data: Json[] };
  assert.deepEqual(
    data.map((one) => [one['code'], one['used']]),
    [['AMIGO-10', 1]],
  );
  await ok(manager.send('PATCH', `${vouchers}/${String(made['id'])}`, { uses_max: 2 }));
  await ok(hold({ ...standing(1), voucher: 'AMIGO-10' }));
  await ok(
    manager.send('PATCH', `${vouchers}/${String(made['id'])}`, { valid_until: '2020-01-01T00:00:00Z' }),
  );
  assert.equal(outcomeOf(await hold({ ...standing(1), voucher: 'AMIGO-10' })), 'voucher_not_valid');
  assert.equal(
    outcomeOf(await manager.send('PATCH', `${vouchers}/999`, { uses_max: 2 })),
    'voucher_not_found',
  );
});

test('places are kept for a voucher only while they are free', async () => {
  const vouchers = '/sellers/1/vouchers';
  const body = { event_id: event, effect: 'access', currency: 'USD' };
  const { seats } = (await ok(hall.client.send('GET', `/events/${event}/seats?format=columns`))) as {
    seats: { id: string[] };
  };
  const seat = seats.id.at(-1)!;
  await ok(manager.send('POST', vouchers, { ...body, code: 'FAMILIA', reserved_seats: [seat] }));
  assert.equal(
    outcomeOf(await manager.send('POST', vouchers, { ...body, code: 'OTRA', reserved_seats: [seat] })),
    'reserved_places_taken',
  );
  await waitUntil(
    'the new prices are known',
    async () => outcomeOf(await preview({ seats: [seat] })) === 'seat_unavailable',
  );
  assert.equal(outcomeOf(await hold({ seats: [seat] })), 'seat_unavailable');
  assert.equal(outcomeOf(await hold({ seats: [seat], voucher: 'familia' })), 201);
  const all = { reserved_places: [{ zone_id: `${event}-z2`, places: 1_000_000 }] };
  assert.equal(
    outcomeOf(await manager.send('POST', vouchers, { ...body, code: 'OTRA', ...all })),
    'reserved_places_taken',
  );
});

test('a hold gets other kinds, a voucher and a buyer, and its total follows', async () => {
  await ok(
    manager.send('POST', '/sellers/1/vouchers', {
      code: 'MITAD',
      effect: 'percentage',
      value: 500_000,
      currency: 'USD',
    }),
  );
  const held = await ok(hold(standing(2)));
  const path = `/sales/holds/${String(held['hold_token'])}`;
  const zone_id = `${event}-z2`;
  const zones = [
    { zone_id, quantity: 1, ticket_kind: 'adult' },
    { zone_id, quantity: 1, ticket_kind: 'child' },
  ];
  const changed = await ok(hall.client.send('PATCH', path, { zones, voucher: 'mitad' }));
  assert.equal(quoteOf(changed).lines.length, 2);
  assert.ok(quoteOf(changed).discounts > 0);
  assert.deepEqual(quoteOf(await ok(hall.client.send('GET', path))), quoteOf(changed));
  const counted = await ok(
    hall.client.send('PATCH', path, { ticket_kinds: [{ ticket_kind: 'child', quantity: 2 }] }),
  );
  assert.deepEqual(
    quoteOf(counted).lines.map((line) => [line.ticket_kind, line.quantity]),
    [['child', 2]],
  );
  const tooMany = { ticket_kinds: [{ ticket_kind: 'child', quantity: 3 }] };
  assert.equal(outcomeOf(await hall.client.send('PATCH', path, tooMany)), 'ticket_kind_unknown');
  await ok(hall.client.send('PATCH', path, { zones }));
  const without = await ok(hall.client.send('PATCH', path, { voucher: null }));
  assert.equal(quoteOf(without).discounts, 0);
  assert.equal(quoteOf(without).lines.length, 2);
  assert.equal(
    outcomeOf(await hall.client.send('PATCH', path, { zones: [{ ...zones[0], quantity: 3 }] })),
    'body_invalid',
  );
  assert.equal(
    outcomeOf(
      await hall.client.send('PATCH', path, { zones: [{ zone_id, quantity: 2, ticket_kind: 'dog' }] }),
    ),
    'ticket_kind_unknown',
  );
  assert.equal(
    outcomeOf(await hall.client.send('PATCH', path, { customer: { kind: 'company' } })),
    'customer_required',
  );
  await ok(hall.client.send('DELETE', path));
  assert.equal(outcomeOf(await hall.client.send('PATCH', path, { voucher: 'mitad' })), 'hold_released');
});

test('taxes are added, replaced, ended, never rewritten, and never overlap', async () => {
  const taxes = '/sellers/1/taxes';
  const known = await ok(auditor.send('GET', taxes));
  const igtf = {
    name: 'IGTF',
    kind: 'percentage',
    rate_ppm: 30_000,
    base: 'payment',
    inclusion: 'added',
    payment_methods: ['zelle'],
    currencies: ['USD'],
  };
  const ofFees = await ok(
    manager.send('POST', taxes, { ...igtf, name: 'IVA 21', base: 'net', applies_to: 'fees' }),
  );
  assert.equal(ofFees['applies_to'], 'fees');
  const made = await ok(manager.send('POST', taxes, igtf));
  assert.equal(outcomeOf(await manager.send('POST', taxes, igtf)), 'tax_rules_overlap');
  const refusals: [Json, string][] = [
    [{ inclusion: 'included' }, 'tax_rule_invalid'],
    [{ rate_ppm: 1_000_001 }, 'amount_out_of_range'],
    [{ amount: 5 }, 'tax_rule_invalid'],
    [{ category: 'Platea' }, 'tax_rule_invalid'],
    [{ event_id: event, category: 'Nope' }, 'tax_rule_invalid'],
    [{ event_id: '2-3' }, 'event_not_found'],
    [{ valid_from: '2030-01-01T00:00:00Z', valid_until: '2029-01-01T00:00:00Z' }, 'tax_rule_invalid'],
    [{ replaces: 99 }, 'tax_rule_not_found'],
  ];
  for (const [change, code] of refusals) {
    assert.equal(
      outcomeOf(await manager.send('POST', taxes, { ...igtf, name: 'Otro', ...change })),
      code,
      JSON.stringify(change),
    );
  }
  const from = '2030-01-01T00:00:00.000Z';
  const next = await ok(
    manager.send('POST', taxes, { ...igtf, rate_ppm: 20_000, valid_from: from, replaces: made['id'] }),
  );
  const { data } = (await ok(auditor.send('GET', taxes))) as { data: Json[] };
  assert.deepEqual(
    data
      .filter((one) => one['name'] === 'IGTF')
      .map((one) => [one['rate_ppm'], one['valid_from'], one['valid_until']]),
    [
      [30_000, undefined, from],
      [20_000, from, undefined],
    ],
  );
  assert.equal(data.length, (known['data'] as Json[]).length + 3);
  const cart = { ...standing(1), payment_method: 'zelle' };
  await waitUntil('the new prices are known', async () =>
    quoteOf(await ok(preview(cart))).taxes.some((tax) => tax.name === 'IGTF'),
  );
  const end = (id: unknown, body: Json) => manager.send('POST', `${taxes}/${String(id)}/end`, body);
  assert.equal(outcomeOf(await end(made['id'], { at: '2020-01-01T00:00:00Z' })), 'tax_rule_ended');
  assert.equal(outcomeOf(await end(999, {})), 'tax_rule_not_found');
  await ok(end(made['id'], {}));
  assert.equal(outcomeOf(await end(made['id'], {})), 'tax_rule_ended');
  assert.equal(outcomeOf(await end(next['id'], { at: '2029-01-01T00:00:00Z' })), 'tax_rule_ended');
  await ok(manager.send('PUT', `${taxes}/rounding`, { rounding: 'half_even', rounding_scope: 'document' }));
  assert.equal((await ok(auditor.send('GET', taxes)))['rounding_scope'], 'document');
});
