import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatEventId } from '../../src/base/ids.ts';
import { transact, type Reader } from '../../src/db/transaction.ts';
import { countSales } from '../../src/fulfilment/step.store.ts';
import { understandSearch } from '../../src/orders/sale-search.ts';
import { readByKeys, saleListStatement, type SaleFilter } from '../../src/orders/sale-search.store.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { json, type Confirmed } from '../support/payment-hall.ts';
import { UndoingHall } from '../support/undoing-hall.ts';

type Row = {
  id: string;
  status: string;
  fiscal_number: string | null;
  customer: { name: string };
  seats: string[];
  tickets: number;
  matched: string[];
};
type Page = { data: Row[]; has_more: boolean };

let hall: UndoingHall;
let cashier: Browser;
let ana: Confirmed;
let jose: Confirmed;
let waiting: { transaction_id: string };

const path = (query: Record<string, string> = {}) =>
  `/sellers/${hall.tenantId}/sales?${new URLSearchParams(query).toString()}`;

async function list(query: Record<string, string> = {}): Promise<Page> {
  const answer = await cashier.send('GET', path(query));
  assert.equal(answer.status, 200, answer.text);
  return json<Page>(answer);
}

const idsOf = ({ data }: Page) => data.map((row) => row.id);

async function sell(seats: number[], customer: Record<string, string>, reference?: string) {
  const { hold_token } = await hall.house.hold(seats);
  const payment = { method: 'zelle', ...(reference !== undefined && { reference }) };
  const answer = await hall.house.confirm(hold_token, payment, { customer });
  assert.equal(answer.status, 202, answer.text);
  return json<Confirmed>(answer);
}

const count = (...sales: { transaction_id: string }[]) =>
  transact(hall.house.pool, (tx) =>
    countSales(
      tx,
      hall.tenantId,
      sales.map((sale) => sale.transaction_id),
    ),
  );

before(async () => {
  hall = await UndoingHall.start();
  await hall.house.renew();
  cashier = await signedIn(hall.house.pool, hall.house.client, hall.tenantId, 'cashier');
  ana = await sell(
    [1, 2],
    {
      name: 'Ana María Pérez',
      email: 'Ana.Perez@example.com',
      phone: '+584141234567',
      document: 'V-12.345.678',
    },
    'ZELLE-99812377',
  );
  jose = await sell([23], { name: 'José Pérez Ávila', email: 'jose@example.org', document: '12345678Z' });
  waiting = await hall.house.orderOnline([40], {
    customer: { name: 'Zoë Quintero', email: 'zoe@example.net' },
  });
  await count(ana, jose);
});
after(() => hall.house.stop());

test('one box finds a sale by whatever its buyer can quote', async () => {
  const found = async (q: string) => idsOf(await list({ q }));
  const [a, j] = [ana.transaction_id, jose.transaction_id];
  for (const q of [
    ana.transaction_id,
    `${ana.transaction_id}-2`,
    ana.fiscal_number!,
    '1',
    'ana.perez@example.com',
    'ANA.PEREZ@',
    'ana maria',
    'María Pérez',
    'maria perez',
    'perez ana',
    '04141234567',
    '+58 414-123.45.67',
    '4567',
    'V12345678',
    'v-12.345.678',
    '99812377',
    '2377',
    'ZELLE-99812377',
    '1-1',
    'fila 1 asiento 2',
    'row 1 seat 2',
  ])
    assert.ok((await found(q)).includes(a), q);
  assert.deepEqual(await found('avila'), [j], 'without its accent, by the last word');
  assert.deepEqual(await found('12345678'), [j, a], 'a document with and without its letter');
  assert.deepEqual(await found('2-3'), [j], 'a seat');
  assert.deepEqual((await list({ q: '4567' })).data[0]?.matched, ['phone']);
  assert.deepEqual(await found('zoe'), [waiting.transaction_id], 'an order that is no sale yet');
  for (const q of ['nobody', '%', '_', "'", '99-99', '0000', 'ana@other', '\\', '  x  '])
    assert.deepEqual(await found(q), [], q);
});

test('an order that waits is told as such, and is found by its status', async () => {
  const [row] = (await list({ status: 'awaiting_payment' })).data;
  assert.deepEqual(
    [row?.id, row?.status, row?.fiscal_number],
    [waiting.transaction_id, 'awaiting_payment', null],
  );
  assert.deepEqual(idsOf(await list({ status: 'processing' })), [jose.transaction_id, ana.transaction_id]);
  assert.deepEqual(idsOf(await list({ status: 'refunded' })), []);
});

test('a list goes on where the page before ended, and filters by event and day', async () => {
  const all = idsOf(await list());
  assert.deepEqual(all, [waiting.transaction_id, jose.transaction_id, ana.transaction_id]);
  const first = await list({ limit: '2' });
  assert.equal(first.has_more, true);
  const rest = await list({ limit: '2', starting_after: idsOf(first).at(-1)! });
  assert.deepEqual([...idsOf(first), ...idsOf(rest)], all);
  assert.equal(rest.has_more, false);
  const event_id = formatEventId(hall.house.hall);
  assert.deepEqual(idsOf(await list({ event_id })), all);
  const day = new Date(Date.now() - 4 * 3_600_000).toISOString().slice(0, 10);
  assert.deepEqual(idsOf(await list({ from: day, to: day })), all);
  assert.deepEqual(idsOf(await list({ to: '2020-01-01' })), []);
  assert.deepEqual(idsOf(await list({ q: 'perez', event_id, from: day })), [
    jose.transaction_id,
    ana.transaction_id,
  ]);
});

test('whoever took a ticket over, and an address that was corrected, find the sale, too', async () => {
  const sale = await sell([41], { name: 'Luis Mora', email: 'luis@example.com' });
  await count(sale);
  await hall.house.pool.query(
    `update transactions set customer_email = 'new@example.com' where tenant_id = $1 and transaction_id = $2`,
    [hall.tenantId, sale.transaction_id],
  );
  await hall.house.pool.query('select add_sale_terms($1, array[$2::uuid])', [
    hall.tenantId,
    sale.transaction_id,
  ]);
  for (const q of ['new@example.com', 'luis@example.com'])
    assert.deepEqual(idsOf(await list({ q })), [sale.transaction_id]);
});

test('bad input is refused, and what is another seller’s is not there', async () => {
  for (const [query, code] of [
    [{ event_id: '99-1' }, 'event_not_found'],
    [{ event_id: 'x' }, 'event_not_found'],
    [{ from: '2026-02-31' }, 'body_invalid'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'body_invalid'],
    [{ status: 'lost' }, 'body_invalid'],
    [{ starting_after: 'x' }, 'body_invalid'],
    [{ q: 'x'.repeat(101) }, 'body_invalid'],
    [{ limit: '0' }, 'body_invalid'],
  ] as [Record<string, string>, string][])
    assert.equal(outcomeOf(await cashier.send('GET', path(query))), code, JSON.stringify(query));
  assert.equal(outcomeOf(await cashier.send('GET', '/sellers/99/sales')), 'seller_not_found');
  const steward = await signedIn(hall.house.pool, hall.house.client, hall.tenantId, 'steward');
  assert.equal(outcomeOf(await steward.send('GET', path())), 'forbidden');
});

type Plan = {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
};

/** How a statement ran: which tables were read from end to end, and how many rows were looked at. */
async function planOf(reader: Reader, filter: SaleFilter) {
  const { text, values = [] } = saleListStatement(77, filter, {
    startingAfter: null,
    limit: 50,
    now: new Date(),
  });
  await reader.query(readByKeys);
  const [row] = await reader.query<{ 'QUERY PLAN': { Plan: Plan }[] }>({
    text: `explain (analyze, format json) ${text}`,
    values,
  });
  const nodes: Plan[] = [];
  const walk = (plan: Plan): void => {
    nodes.push(plan);
    plan.Plans?.forEach(walk);
  };
  walk(row!['QUERY PLAN'][0]!.Plan);
  return {
    scanned: nodes.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : [])),
    rows: Math.max(
      ...nodes.map(
        (node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      ),
    ),
  };
}

test('no search and no list reads a table from end to end, whatever is asked for', async () => {
  const { pool } = hall.house;
  await pool.query(
    `insert into sellers (tenant_id, name, legal_name, tax_id, currency) values (77, 'Grande', 'Grande, C.A.', 'J-7', 'USD')`,
  );
  await pool.query(
    `insert into venues (tenant_id, venue_id, name, timezone) values (77, 1, 'Sala', 'America/Caracas')`,
  );
  await pool.query(
    `insert into events (tenant_id, event_id, venue_id, name, starts_at, currency, status, sales_start_at, sales_end_at)
     select 77, n, 1, 'E', now() + interval '1 day', 'USD', 'published', now(), now() + interval '1 day' from generate_series(1, 20) n`,
  );
  // Sales of a year, 200 names, 20 events: what a term finds is many and what a page shows is few.
  await pool.query(
    `insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, completed_at, currency,
                               net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale, customer_name,
                               customer_email, customer_phone, customer_document)
     select 77, (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
            n % 20 + 1, gen_random_uuid(), 'completed', 1, at, at, 'USD', 100, 0, 0, 0, 100, '{}', '{}', 'es',
            'Buyer' || n % 200 || ' Perez', 'b' || n || '@example.com', '+58414' || lpad(n::text, 7, '0'), 'V' || (10000000 + n)
       from generate_series(1, 20000) n cross join lateral (select now() - make_interval(mins => n * 26) as at) a`,
  );
  await pool.query(
    `select add_sale_terms(77, array(select transaction_id from transactions where tenant_id = 77))`,
  );
  await pool.query('analyze');
  const none: SaleFilter = { questions: null, eventId: null, status: null, from: null, to: null };
  const asked: [string, SaleFilter][] = [
    ['all', none],
    ['of an event', { ...none, eventId: 7 }],
    ['of a day', { ...none, from: '2026-03-01', to: '2026-03-01' }],
    ...(['processing', 'awaiting_payment', 'completed', 'cancelled', 'refunded'] as const).map(
      (status): [string, SaleFilter] => [status, { ...none, status }],
    ),
    ...[
      'b777@example.com',
      'b7',
      'buyer7 perez',
      'perez buyer7',
      'perez',
      '4140000777',
      '0777',
      'V10000777',
      'A-12',
      '00000777',
    ].map((q): [string, SaleFilter] => [q, { ...none, questions: understandSearch(q) }]),
    ['perez of an event', { ...none, questions: understandSearch('perez'), eventId: 7 }],
  ];
  for (const [name, filter] of asked) {
    const { scanned, rows } = await transact(pool, (tx) => planOf(tx, filter));
    assert.deepEqual(scanned, [], name);
    assert.ok(rows <= 3_000, `${name}: ${rows} rows of 20,000 sales were looked at`);
  }
});
