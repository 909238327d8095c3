import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { countSales } from '../../src/fulfilment/step.store.ts';
import { openBrowser, outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { makeSampleSales } from '../support/sample-sales.ts';

let hall: IdentityHall;
let pool: Pool;
let auditor: Browser;

/** Sales as if made at an instant, counted. */
async function sellAt(at: string, count: number, tenantId = 1): Promise<void> {
  const ids = await makeSampleSales(pool, { count, tenantId });
  await pool.query('update transactions set created_at = $2 where transaction_id = any ($1)', [ids, at]);
  await transact(pool, (tx) => countSales(tx, tenantId, ids));
}

before(async () => {
  hall = await startIdentityHall(2);
  ({ pool } = hall);
  auditor = await signedIn(pool, hall.client, 1, 'auditor');
  // Two places a sale: one in zone 1 and one in zone 2, 20.00 and 1.00 of fees and 3.70 of taxes each.
  // Caracas is four hours behind UTC: the first two are of the 9th there, the last is of the 10th.
  await sellAt('2026-03-10T03:20:00Z', 1);
  await sellAt('2026-03-10T03:50:00Z', 2);
  await sellAt('2026-03-10T04:00:00Z', 4);
  await sellAt('2026-03-10T04:00:00Z', 3, 2);
});
after(async () => {
  await hall.stop();
});

type Part = { key: string; name?: string; tickets_sold?: number; taxes: number } & Record<string, unknown>;
type Report = { event: Part; timezone: string; by: string; data: Part[]; has_more: boolean };

async function read(query = ''): Promise<Report> {
  const answer = await auditor.send('GET', `/sellers/1/reports/events/1-3${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json as Report;
}

const soldOf = ({ data }: Report) => data.map((part) => [part.key, part.tickets_sold]);
const sums = { tickets_sold: 14, net: 28_000, discounts: 0, fees: 1_400, taxes: 5_180, total: 34_580 };
const noneReturned = { tickets_returned: 0, taxes_returned: 0, total_returned: 0 };

test('an event is told with its sums, by zone, and with what is held right now', async () => {
  await pool.query('insert into zone_counters values (1, 3, 2, 100000, 0, 7)');
  const line = {
    zoneNo: 2,
    seatNo: null,
    quantity: 3,
    unitPrice: 0,
    net: 0,
    discounts: 0,
    fees: 0,
    taxes: 0,
    total: 0,
  };
  const quote = {
    currency: 'USD',
    lines: [line],
    net: 0,
    discounts: 0,
    fees: 0,
    taxes: [],
    taxTotal: 0,
    total: 0,
    pricingVersion: 1,
    taxVersion: 1,
    validUntil: Infinity,
  };
  const order = {
    holdId: '019a5b7e-6f10-7abc-9def-0123456789ab',
    cart: { seatNos: [], zones: [{ zoneNo: 2, quantity: 3 }] },
  };
  const placed = await placeHolds(pool, { tenantId: 1, eventId: 3 }, [{ ...order, quote }], 600);
  assert.deepEqual(placed.outcomes, ['placed']);

  const report = await read();
  assert.deepEqual(report.event, {
    event_id: '1-3',
    name: 'La flauta mágica',
    starts_at: '2037-12-12T00:30:00.000Z',
    currency: 'USD',
    capacity: 110_000,
    held: 3,
    ...sums,
    ...noneReturned,
  });
  assert.equal(report.timezone, 'America/Caracas');
  const half = { tickets_sold: 7, net: 14_000, discounts: 0, fees: 700, taxes: 2_590, total: 17_290 };
  assert.deepEqual(report.data, [
    { key: '1-3-z1', name: 'Platea', capacity: 10_000, held: 0, ...half, ...noneReturned },
    { key: '1-3-z2', name: 'De pie', capacity: 100_000, held: 3, ...half, ...noneReturned },
  ]);
});

test('it is broken down by tax, channel, price stage, hour and day', async () => {
  assert.deepEqual((await read('?by=tax')).data, [
    { key: '1', name: 'IVA', taxes: 4_480 },
    { key: '2', name: 'Tasa municipal', taxes: 700 },
  ]);
  assert.deepEqual(soldOf(await read('?by=channel')), [['web', 14]]);
  assert.deepEqual(soldOf(await read('?by=price_stage')), [['', 14]]);
  const hours = await read('?by=hour');
  assert.deepEqual(soldOf(hours), [
    ['2026-03-10T03:00:00.000Z', 6],
    ['2026-03-10T04:00:00.000Z', 8],
  ]);
  assert.deepEqual(
    hours.data.map((hour) => hour.name),
    ['2026-03-09 23:00', '2026-03-10 00:00'],
  );
  assert.deepEqual(soldOf(await read('?by=day')), [
    ['2026-03-09', 6],
    ['2026-03-10', 8],
  ]);
});

test('hours are whole where a zone is off by half an hour, and an hour that comes twice is two', async () => {
  const inZone = async (timezone: string) => {
    await pool.query('update sellers set timezone = $1 where tenant_id = 1', [timezone]);
    return await read('?by=hour');
  };
  assert.deepEqual(soldOf(await inZone('Asia/Kolkata')), [
    ['2026-03-10T02:30:00.000Z', 2],
    ['2026-03-10T03:30:00.000Z', 12],
  ]);
  // New York sets its clocks back at 06:00 UTC.
  await sellAt('2025-11-02T05:30:00Z', 1);
  await sellAt('2025-11-02T06:30:00Z', 1);
  assert.deepEqual(soldOf(await inZone('America/New_York')).slice(0, 2), [
    ['2025-11-02T05:00:00.000Z', 2],
    ['2025-11-02T06:00:00.000Z', 2],
  ]);
  await pool.query(`update sellers set timezone = 'America/Caracas' where tenant_id = 1`);
});

test('days are of the seller, and bound every sum', async () => {
  const ninth = await read('?from=2026-03-09&to=2026-03-09&by=tax');
  assert.equal(ninth.event['tickets_sold'], 6);
  assert.deepEqual(
    ninth.data.map((part) => part.taxes),
    [1_920, 300],
  );
  assert.deepEqual(soldOf(await read('?from=2026-03-10')), [
    ['1-3-z1', 4],
    ['1-3-z2', 4],
  ]);
  assert.deepEqual(soldOf(await read('?to=2024-02-29')), [
    ['1-3-z1', 0],
    ['1-3-z2', 0],
  ]);
});

test('lists go on after their last row', async () => {
  for (const by of ['zone', 'tax', 'hour', 'day']) {
    const whole = await read(`?by=${by}&from=2026-01-01`);
    const first = await read(`?by=${by}&from=2026-01-01&limit=1`);
    assert.deepEqual([first.data, first.has_more], [whole.data.slice(0, 1), true], by);
    const cursor = encodeURIComponent(first.data[0]!.key);
    const second = await read(`?by=${by}&from=2026-01-01&limit=1&starting_after=${cursor}`);
    assert.deepEqual([second.data, second.has_more], [whole.data.slice(1, 2), false], by);
  }
});

test('the events of a seller are listed, the newest first', async () => {
  await pool.query(
    `insert into events (tenant_id, event_id, venue_id, name, starts_at, currency, status, sales_start_at, sales_end_at)
     select 1, 4, venue_id, '=cmd|"x"!A1, y', starts_at, currency, status, sales_start_at, sales_end_at from events where tenant_id = 1`,
  );
  const list = async (query: string) => {
    const { json } = await auditor.send('GET', `/sellers/1/reports/events?from=2026-01-01&${query}`);
    const { data, has_more } = json as {
      data: { event_id: string; tickets_sold: number }[];
      has_more: boolean;
    };
    return [...data.map((event) => `${event.event_id}: ${event.tickets_sold}`), has_more];
  };
  assert.deepEqual(await list(''), ['1-4: 0', '1-3: 14', false]);
  assert.deepEqual(await list('limit=1'), ['1-4: 0', true]);
  assert.deepEqual(await list('limit=1&starting_after=1-4'), ['1-3: 14', false]);
});

test('a report is CSV for whom Accept or the format says so', async () => {
  const path = '/sellers/1/reports/events/1-3?by=day&from=2026-01-01';
  const asked = await auditor.send('GET', path, undefined, { accept: 'text/csv' });
  assert.match(String(asked.headers['content-type']), /^text\/csv/);
  assert.match(String(asked.headers['content-disposition']), /filename="event-1-3-by-day.csv"/);
  const columns =
    'key,tickets_sold,net,discounts,fees,taxes,total,tickets_returned,taxes_returned,total_returned';
  const lines = [
    columns,
    '2026-03-09,6,12000,0,600,2220,14820,0,0,0',
    '2026-03-10,8,16000,0,800,2960,19760,0,0,0',
  ];
  assert.equal(asked.text, `${lines.join('\r\n')}\r\n`);
  assert.equal((await auditor.send('GET', `${path}&format=csv`)).text, asked.text);
  const json = await auditor.send('GET', `${path}&format=json`, undefined, { accept: 'text/csv' });
  assert.equal((json.json as Report).by, 'day');

  const page = await auditor.send('GET', `${path}&format=csv&limit=1`);
  assert.equal(page.text.split('\r\n').length, 3);
  const next = /^<(.+)>; rel="next"$/.exec(String(page.headers['link']))?.[1] ?? '';
  assert.match((await auditor.send('GET', next)).text, /\r\n2026-03-10,8,/);

  const events = await auditor.send('GET', '/sellers/1/reports/events?format=csv');
  const [head, first] = events.text.split('\r\n');
  assert.equal(head, 'event_id,name,starts_at,currency,capacity,held,' + columns.slice(4));
  assert.match(first ?? '', /^1-4,"'=cmd\|""x""!A1, y",2037-12-12T00:30:00.000Z,USD,0,0,0,/);
});

test('what is wrong is refused by name, and nothing of another seller is there', async () => {
  const refused = async (path: string) => {
    const { json, status } = await auditor.send('GET', path);
    const { code, errors = [] } = json as { code: string; errors?: { path: string; code: string }[] };
    return [status, code, ...errors.map((error) => `${error.path} ${error.code}`)].join(' ');
  };
  const event = '/sellers/1/reports/events/1-3';
  const invalid = '422 body_invalid query/';
  assert.equal(await refused(`${event}?from=2026-02-30`), `${invalid}from day_invalid`);
  assert.equal(await refused(`${event}?from=2026-02-02&to=2026-02-01`), `${invalid}to range_invalid`);
  assert.match(await refused(`${event}?to=yesterday`), /^422 body_invalid query\/to/);
  assert.match(await refused(`${event}?by=colour`), /^422 body_invalid query\/by/);
  assert.match(await refused(`${event}?limit=0`), /^422 body_invalid query\/limit/);
  for (const [by, cursor] of [
    ['zone', '2-3-z1'],
    ['zone', '1-3-z99999999999'],
    ['tax', 'x'],
    ['hour', '2026-13-10T03:00:00.000Z'],
    ['day', '2026-02-30'],
  ]) {
    assert.equal(
      await refused(`${event}?by=${by}&starting_after=${cursor}`),
      `${invalid}starting_after id_invalid`,
    );
  }
  assert.equal(
    await refused('/sellers/1/reports/events?starting_after=2-3'),
    `${invalid}starting_after id_invalid`,
  );
  for (const id of ['2-3', '1-99', '1-0', 'x', '1-99999999999']) {
    assert.equal(await refused(`/sellers/1/reports/events/${id}`), '404 event_not_found', id);
  }
  assert.equal(await refused('/sellers/2/reports/events/2-3'), '404 seller_not_found');
  const cashier = await signedIn(pool, hall.client, 1, 'cashier');
  assert.equal(outcomeOf(await cashier.send('GET', event)), 'forbidden');
  assert.equal(outcomeOf(await openBrowser(hall.client).send('GET', event)), 'unauthenticated');
});
