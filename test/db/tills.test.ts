import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { formatTicketCode } from '../../src/admission/ticket-code.ts';
import { TillFolder } from '../../src/tills/till-folder.adapter.ts';
import { systemIds } from '../../src/base/ids.ts';
import { transact, type Row, type Statement, type Tx } from '../../src/db/transaction.ts';
import { recordLine } from '../../src/tills/record-line.store.ts';
import { waitUntil } from '../support/wait.ts';
import { startTillHall, type TestTill, type TillHall } from '../support/till-hall.ts';

let hall: TillHall;

before(async () => {
  hall = await startTillHall({ seats: 60, standing: 100 });
});
after(async () => {
  await hall.stop();
});

/** The sales of a till's series, by their numbers, with what became of their places and steps. */
async function salesOf(till: TestTill) {
  const { rows } = await hall.pool.query<{
    number: number;
    total: number;
    status: string;
    seats: number[];
    issued: Date;
    transaction_id: string;
  }>(
    `select d.number::integer as number, d.total::integer as total, t.status, d.issued_at as issued, d.transaction_id,
            array(select seat_no from transaction_items i where i.tenant_id = 1 and i.transaction_id = t.transaction_id
                     and i.state = 'live' and seat_no is not null order by 1) as seats
       from fiscal_documents d join transactions t using (tenant_id, transaction_id)
      where d.tenant_id = 1 and d.series_id = $1 order by d.number`,
    [till.seriesId],
  );
  return rows;
}

const linesOf = (till: TestTill) =>
  readFileSync(path.join(till.dir, 'sales.log'), 'utf8').trimEnd().split('\n');

async function seatStates(...seats: number[]): Promise<string[]> {
  const { rows } = await hall.pool.query<{ state: string }>(
    'select state from seat_states where tenant_id = 1 and event_id = $1 and seat_no = any ($2) order by seat_no',
    [hall.eventId, seats],
  );
  return rows.map((row) => row.state);
}

/** The codes of a sale's tickets, as the server has made them. */
async function codesOf(transactionId: string): Promise<string[]> {
  const { rows } = await hall.pool.query<{ itemNo: number; keyId: number; signature: Buffer }>(
    `select item_no as "itemNo", key_id as "keyId", signature from tickets
      where tenant_id = 1 and transaction_id = $1 order by item_no`,
    [transactionId],
  );
  return rows.map(({ itemNo, keyId, signature }) =>
    formatTicketCode({ ...hall, transactionId, itemNo, keyId, generation: 1 }, signature),
  );
}

test('a till leases, sells while the server is down, tells of it later, and returns the rest', async () => {
  const till = await hall.makeTill();
  const seats = [1, 2, 3, 4].map(hall.seat).join(',');
  const leased = await till.do(
    'lease',
    '--event',
    hall.event,
    '--seats',
    seats,
    '--zones',
    `${hall.standingZone}:10`,
    '--numbers',
    '5',
  );
  assert.match(leased, /^Leased 5 numbers and 14 places until /);
  assert.deepEqual(await seatStates(1, 2, 3, 4), ['held', 'held', 'held', 'held']);
  await hall.audit();

  await hall.stopServer();
  const first = await till.do(
    'sell',
    '--seats',
    [1, 2].map(hall.seat).join(','),
    '--tendered',
    '10000',
    '--email',
    'ana@example.com',
  );
  assert.match(first, /^Sold as T2-000001: 5800 USD \(minor units\), change 4200\.$/m);
  await till.do(
    'sell',
    '--zones',
    `${hall.standingZone}:2`,
    '--method',
    'card_terminal',
    '--reference',
    'L-77',
  );
  await till.do('sell', '--seats', hall.seat(3), '--zones', `${hall.standingZone}:1`);
  const again = await till.run('sell', '--seats', hall.seat(1));
  assert.deepEqual([again.code, /or has sold them/.test(again.err)], [1, true]);
  assert.match(await till.do('status'), /Without a network: the server at .* cannot be reached/);
  assert.equal((await till.run('sync')).code, 1);

  await hall.startServer();
  assert.equal(await till.do('sync'), 'Told of 3 sales; 0 are in conflict, for staff to settle.');
  const sales = await salesOf(till);
  assert.deepEqual(
    sales.map(({ number, total, seats: own }) => [number, total, own]),
    [
      [1, 5_800, [1, 2]],
      [2, 2_320, []],
      [3, 4_060, [3]],
    ],
  );
  const printed = linesOf(till).map((line) => (JSON.parse(line.slice(65)) as { at: string }).at);
  assert.deepEqual(
    sales.map((sale) => sale.issued.toISOString()),
    printed,
  );
  await waitUntil('all is done that follows a sale', async () =>
    (await salesOf(till)).every((sale) => sale.status === 'completed'),
  );
  const codes = [...first.matchAll(/TQ-[A-Z2-7]+/g)].map(([code]) => code);
  assert.deepEqual(await codesOf(sales[0]!.transaction_id), codes);
  await hall.audit();
});

test('what a till has not used goes back, and is leased first', async () => {
  const till = await hall.makeTill();
  const both = [40, 41].map(hall.seat).join(',');
  await till.do('lease', '--event', hall.event, '--seats', both, '--numbers', '5');
  await till.do('sell', '--seats', hall.seat(40));
  assert.equal(await till.do('return'), 'Returned 1 leases.');
  assert.deepEqual(await seatStates(40, 41), ['sold', 'free']);
  assert.match((await till.run('sell', '--seats', hall.seat(41))).err, /lease first/);
  await hall.audit();
  await till.do('lease', '--event', hall.event, '--seats', hall.seat(41), '--numbers', '3');
  assert.match(await till.do('sell', '--seats', hall.seat(41)), /T\d+-000002/);
  await till.do('return');
  await hall.audit();
  const { rows } = await hall.pool.query(
    `select verb, actor_kind, count(*)::integer from audit_log
      where object_kind = 'till_lease' and after->>'device' = $1 group by 1, 2 order by 1`,
    [String(till.deviceNo)],
  );
  assert.deepEqual(rows, [
    { verb: 'lease', actor_kind: 'device', count: 2 },
    { verb: 'return', actor_kind: 'device', count: 2 },
  ]);
});

test('lines may come again, in pieces and at once, and each is one sale; a gap is refused', async () => {
  const till = await hall.makeTill();
  await till.do('lease', '--event', hall.event, '--zones', `${hall.standingZone}:8`, '--numbers', '8');
  for (let i = 0; i < 6; i++) await till.do('sell', '--zones', hall.standingZone);
  const lines = linesOf(till).map((line) => Buffer.from(line).toString('base64url'));
  const sync = (from: number, to: number) =>
    till.send('POST', '/sync', { first_sequence: from, lines: lines.slice(from - 1, to) });
  const gap = await sync(2, 3);
  assert.equal(gap.status, 409);
  assert.deepEqual(
    [(gap.json as { code: string }).code, (gap.json as { expected: number }).expected],
    ['till_sequence_gap', 1],
  );
  assert.equal((await sync(1, 2)).status, 200);
  const answers = await Promise.all([sync(1, 6), sync(1, 6), sync(3, 6), sync(2, 5)]);
  for (const answer of answers) assert.equal(answer.status, 200, answer.text);
  const last = (await sync(1, 6)).json as { results: { outcome: string }[] };
  assert.deepEqual(
    last.results.map((one) => one.outcome),
    Array.from({ length: 6 }, () => 'replayed'),
  );
  assert.deepEqual(
    (await salesOf(till)).map((sale) => sale.number),
    [1, 2, 3, 4, 5, 6],
  );
  await till.do('return');
  await hall.audit();
});

test('without the lock of the till, lines that come at once are taken for others', async () => {
  const till = await hall.makeTill();
  await till.do('lease', '--event', hall.event, '--zones', `${hall.standingZone}:1`, '--numbers', '1');
  await till.do('sell', '--zones', hall.standingZone);
  const [line] = linesOf(till);
  const key = { tenantId: hall.tenantId, deviceNo: till.deviceNo };
  const unlocked = (tx: Tx): Tx => ({
    ...tx,
    query: (statement) =>
      tx.query({
        ...statement,
        text: statement.text.replace(/from tills([^;]*) for update/, 'from tills$1'),
      }),
  });
  // Each sees that the line has not come before it goes on, as both may when nothing makes one wait.
  let seen = 0;
  const both = () =>
    new Promise<void>((resolve) => void waitUntil('both have looked', () => seen === 2).then(resolve));
  const record = () =>
    transact(hall.pool, async (tx) => {
      const slow: Tx = {
        ...tx,
        query: async <R extends Row>(statement: Statement) => {
          const rows = await unlocked(tx).query<R>(statement);
          if (/from tills/.test(statement.text)) {
            seen += 1;
            await both();
          }
          return rows;
        },
      };
      return await recordLine(slow, key, { sequence: 1, line: line! }, systemIds.uuid());
    });
  const results = await Promise.allSettled([record(), record()]);
  assert.equal(results.filter((one) => one.status === 'rejected').length, 1);
});

test('a lease whose answer was lost is asked for again, and is the same', async () => {
  const till = await hall.makeTill();
  await till.do('lease', '--event', hall.event, '--seats', hall.seat(10), '--numbers', '2');
  const folder = new TillFolder(till.dir);
  const [stock] = folder.readLeases('open');
  const { lease_id } = stock!.lease;
  folder.writeAsked({ lease_id, event_id: hall.event, seats: [hall.seat(10)], zones: [] });
  folder.close();
  const { out, err } = await till.run('lease', '--event', hall.event);
  assert.match(err, /asked for again/);
  assert.match(out, /Leased 2 numbers and 1 places/);
  const { rows } = await hall.pool.query('select from till_leases where tenant_id = 1 and device_no = $1', [
    till.deviceNo,
  ]);
  assert.equal(rows.length, 1);
  const body = { lease_id: crypto.randomUUID(), event_id: hall.event, seats: [hall.seat(11)] };
  const both = await Promise.all([till.send('POST', '/leases', body), till.send('POST', '/leases', body)]);
  assert.deepEqual(
    both.map((answer) => [answer.status, answer.text === both[0].text]),
    both.map(() => [201, true]),
  );
  await till.do('return');
});

test('what cannot be leased is refused and changes nothing', async () => {
  const count = async () =>
    (await hall.pool.query<{ n: number }>(`select count(*)::integer as n from holds where state = 'live'`))
      .rows[0]!.n;
  const liveBefore = await count();
  const body = { lease_id: crypto.randomUUID(), event_id: hall.event, seats: [hall.seat(20)] };
  const strict = await hall.makeTill({ preallocated: false });
  const pointless = await hall.makeTill({ point: false });
  const till = await hall.makeTill();
  for (const [who, asked, code] of [
    [strict, body, 'till_series_strict'],
    [pointless, body, 'till_point_missing'],
    [till, { ...body, seats: [] }, 'body_invalid'],
    [till, { ...body, numbers: 0 }, 'body_invalid'],
    [till, { ...body, numbers: 201 }, 'body_invalid'],
    [till, { ...body, lease_id: 'x' }, 'body_invalid'],
    [till, { ...body, event_id: '2-1' }, 'event_not_found'],
    [till, { ...body, seats: [hall.seat(1_000)] }, 'seat_not_found'],
    [till, { ...body, seats: [hall.seat(1)] }, 'seat_unavailable'],
    [
      till,
      { ...body, seats: undefined, zones: [{ zone_id: hall.standingZone, quantity: 400 }] },
      'seat_unavailable',
    ],
  ] as const) {
    const answer = await who.send('POST', '/leases', asked);
    assert.equal((answer.json as { code: string }).code, code, answer.text);
  }
  assert.equal(await count(), liveBefore);
  const other = await hall.client.send('POST', `/sellers/1/tills/${strict.deviceNo}/leases`, body, {
    authorization: `Bearer ${till.token()}`,
  });
  assert.equal((other.json as { code: string }).code, 'device_not_found');
  for (const lines of [[], ['%%%'], [5], Array.from({ length: 51 }, () => 'YQ')])
    assert.equal((await till.send('POST', '/sync', { first_sequence: 1, lines })).status, 422);
  await hall.audit();
});

test('prices that depend on more than the place are not for a till', async () => {
  const till = await hall.makeTill();
  const body = { lease_id: crypto.randomUUID(), event_id: hall.event, seats: [hall.seat(21)] };
  await hall.pool.query(`update sellers set tax_scope = 'document' where tenant_id = 1`);
  await hall.stopServer();
  await hall.startServer();
  const answer = await till.send('POST', '/leases', body);
  assert.equal((answer.json as { code: string }).code, 'till_prices_unfit', answer.text);
  await hall.pool.query(`update sellers set tax_scope = 'line' where tenant_id = 1`);
  await hall.stopServer();
  await hall.startServer();
  assert.equal((await till.send('POST', '/leases', body)).status, 201);
});

test('a lost till is written off by staff: its seats go on sale, its numbers are void', async () => {
  const till = await hall.makeTill();
  await till.do('lease', '--event', hall.event, '--seats', hall.seat(30), '--numbers', '2');
  await till.do('sell', '--seats', hall.seat(30));
  const folder = new TillFolder(till.dir);
  const { lease_id } = folder.readLeases('open')[0]!.lease;
  folder.close();
  const where = `/leases/${lease_id}/return`;
  assert.equal((await till.send('POST', where, { lost_reason: 'stolen' })).status, 403);
  const early = await till.send('POST', where, { last_sequence: 1, numbers_used: 1 });
  assert.equal((early.json as { code: string }).code, 'till_not_synced');
  const path_ = `/sellers/1/tills/${till.deviceNo}${where}`;
  const lost = await hall.owner.send('POST', path_, { lost_reason: 'stolen' });
  assert.deepEqual(lost.json, { lease_id, state: 'lost' });
  assert.deepEqual(await seatStates(30), ['free']);
  await hall.audit();
  // It turns up after all: the sale is kept for people to settle, its number is void already.
  assert.match(await till.do('sync'), /Told of 1 sales; 1 are in conflict/);
  const conflicts = await hall.owner.send('GET', `/sellers/1/tills/${till.deviceNo}/conflicts`);
  const { data } = conflicts.json as { data: { kind: string }[] };
  assert.deepEqual(
    data.map((one) => one.kind),
    ['number_not_in_block'],
  );
  await hall.audit();
});
