import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { isPassingError, reader, transact } from '../../src/db/transaction.ts';
import type { DayReport } from '../../src/fiscal/day-report.ts';
import { closeDay, openDay, reportOpenDay } from '../../src/fiscal/fiscal-day.store.ts';
import { addTill } from '../../src/fiscal/fiscal-point.store.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { rollDays } from '../../src/fiscal/roll-days.job.ts';
import { closeShift, openShift } from '../../src/fiscal/shift.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { gate } from '../support/gate.ts';
import { withoutGuard } from '../support/guards.ts';
import { waitUntil } from '../support/wait.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let tenantId = 0;
let seat = 0;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
});
beforeEach(async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 1_000, standing: 50 });
  seat = 0;
});
after(async () => {
  await pool.end();
  await database.drop();
});

const preallocate = (blockSize: number) =>
  transact(pool, (tx) =>
    setNumbering(tx, { tenantId, seriesId: 1 }, { numbering: 'preallocated', blockSize }),
  );
const open = (pointNo = 1) => transact(pool, (tx) => openDay(tx, tenantId, pointNo, null));
const close = (dayNo: number, options: { goesOn?: boolean; pointNo?: number } = {}) =>
  transact(pool, (tx) =>
    closeDay(tx, { tenantId, pointNo: options.pointNo ?? 1, dayNo }, null, {
      goesOn: options.goesOn ?? false,
    }),
  );

async function hold(count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, () => placeOrder([++seat]));
  const { outcomes } = await placeHolds(pool, hall, orders, 600);
  assert.ok(outcomes.every((outcome) => outcome === 'placed'));
  return orders.map((order) => order.holdId);
}

/** Confirms holds in one group. @returns the outcome of each, for a sale its number. */
async function confirm(
  holdIds: string[],
  at: { seriesId?: number; shiftNo?: number; holderId?: string } = {},
): Promise<string[]> {
  const orders = holdIds.map((id) => confirmOrder(id));
  const { seriesId = 1, shiftNo = null, holderId = null } = at;
  const { outcomes } = await confirmSales(pool, hall, seriesId, orders, holderId, shiftNo);
  return outcomes.map((one) => ('sale' in one ? one.sale.fiscalNumber : one.outcome));
}

const sell = async (count: number, at = {}) => await confirm(await hold(count), at);

/** The lines of the audit that concern numbers, documents and days, as far as they find something. */
async function audited(): Promise<void> {
  const { lines } = await runAudit(pool, { tenantId });
  assert.deepEqual(
    lines.filter((line) => line.count > 0 && /^I(3|4|5|6 document|14|15)/.test(line.id)),
    [],
  );
}

const spans = (z: DayReport) =>
  z.ranges.map((one) => [one.series_id, one.block_id, one.first_number, one.last_number]);
const total = 2_900;

test('a closed day gives no number, and the next one goes on where it stood', async () => {
  await open();
  assert.deepEqual(await sell(3), ['A-00000001', 'A-00000002', 'A-00000003']);
  const z = await close(1);
  assert.deepEqual(spans(z), [[1, null, 1, 3]]);
  assert.deepEqual(
    [z.kind, z.number, z.sales[0]?.count, z.balance],
    ['z', 1, 3, [{ currency: 'USD', taxes: 1_200, total: 3 * total }]],
  );
  assert.deepEqual(z.payments, [{ method: 'cash', currency: 'USD', count: 3, amount: 3 * total }]);
  assert.deepEqual(z.taxes, [{ currency: 'USD', name: 'IVA', rate: 16, amount: 1_200 }]);
  assert.deepEqual(
    z.series.map((one) => [one.first, one.last]),
    [
      ['A-00000001', 'A-00000003'],
      [null, null],
    ],
  );
  const holds = await hold(2);
  assert.deepEqual(await confirm(holds), ['fiscal_day_closed', 'fiscal_day_closed']);
  await open();
  assert.deepEqual(await confirm(holds), ['A-00000004', 'A-00000005']);
  assert.deepEqual(spans(await close(2)), [[1, null, 4, 5]]);
  await audited();
});

test('what was sold before the first day was opened is in its Z; an X changes nothing and has no range', async () => {
  await sell(2);
  await open();
  await sell(1);
  const x = await reportOpenDay(reader(pool), tenantId, 1);
  assert.deepEqual([x.kind, x.number, spans(x)], ['x', 1, [[1, null, 1, 3]]]);
  const again = await reportOpenDay(reader(pool), tenantId, 1);
  assert.deepEqual({ ...again, closed_at: x.closed_at }, x);
  assert.deepEqual(spans(await close(1, { goesOn: true })), [[1, null, 1, 3]]);
  // It goes on without a day for a moment, as the roll of days opens the next in the same transaction.
  await open();
  assert.deepEqual(spans(await close(2)), []);
  await audited();
});

test('in blocks, a Z has the range of each block, and of the numbers outside them', async () => {
  await sell(2);
  await preallocate(10);
  await open();
  assert.deepEqual(await sell(2, { holderId: `a${tenantId}` }), ['A-00000003', 'A-00000004']);
  await sell(1, { holderId: `b${tenantId}` });
  assert.deepEqual(spans(await close(1)), [
    [1, null, 1, 2],
    [1, 1, 3, 4],
    [1, 2, 13, 13],
  ]);
  assert.deepEqual(await sell(1, { holderId: `a${tenantId}` }), ['fiscal_day_closed']);
  await open();
  await sell(9, { holderId: `a${tenantId}` });
  // A process that knows nothing of blocks takes its number from the series itself.
  await sell(1);
  await sell(1, { holderId: `b${tenantId}` });
  assert.deepEqual(spans(await close(2)), [
    [1, 1, 5, 12],
    [1, 2, 14, 14],
    [1, 3, 23, 23],
    [1, null, 33, 33],
  ]);
  await audited();
});

test('the roll of days opens a shop by itself, follows an old day with the next, and sells on', async () => {
  const errors: unknown[] = [];
  const roll = () => rollDays(pool, (error) => errors.push(error));
  const days = async () =>
    (
      await pool.query<{ day_no: number; open: boolean; today: boolean }>(
        `select day_no, closed_at is null as open, day = (now() at time zone 'America/Caracas')::date as today
           from fiscal_days where tenant_id = $1 order by 1`,
        [tenantId],
      )
    ).rows;
  await roll();
  await roll();
  assert.deepEqual(await days(), [{ day_no: 1, open: true, today: true }]);
  await sell(1);
  await pool.query('update fiscal_days set day = day - 1 where tenant_id = $1', [tenantId]);
  await roll();
  assert.deepEqual(await days(), [
    { day_no: 1, open: false, today: false },
    { day_no: 2, open: true, today: true },
  ]);
  await sell(1);
  // Who closes the shop by hand keeps it closed for the rest of the day.
  await close(2);
  await roll();
  assert.deepEqual(await sell(1), ['fiscal_day_closed']);
  assert.deepEqual(errors, []);
  await audited();
});

/** A cashier who may stand at a till. */
async function addCashier(): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into staff_users (id, name, email) values (gen_random_uuid(), 'Eva', gen_random_uuid() || '@example.com') returning id`,
  );
  await pool.query(`insert into staff (tenant_id, user_id, role) values ($1, $2, 'cashier')`, [
    tenantId,
    rows[0]!.id,
  ]);
  return rows[0]!.id;
}

test("a till sells in its own series, in its cashier's shift, and its Z is its own", async () => {
  const cashier = await addCashier();
  const till = await transact(pool, (tx) => addTill(tx, tenantId, { name: 'Norte', padding: 6 }));
  const at = { tenantId, pointNo: till.pointNo };
  assert.deepEqual(await sell(1, { seriesId: 3, shiftNo: 1 }), ['fiscal_day_closed']);
  await open(2);
  assert.deepEqual(await sell(1, { seriesId: 3, shiftNo: 1 }), ['shift_not_open']);
  const shift = await transact(pool, (tx) => openShift(tx, at, cashier, { USD: 1_000, VES: 5 }));
  assert.deepEqual(await sell(2, { seriesId: 3, shiftNo: shift.shiftNo }), ['T2-000001', 'T2-000002']);
  assert.deepEqual(await sell(1, { seriesId: 3 }), ['shift_not_open']);
  assert.deepEqual(await sell(1), ['A-00000001']);
  await assert.rejects(close(1, { pointNo: 2 }), { code: 'shift_still_open' });
  const by = { by: cashier, manages: false, note: null };
  const count = (counted: Record<string, number>) =>
    transact(pool, (tx) => closeShift(tx, at, shift.shiftNo, { ...by, counted }));
  await assert.rejects(count({ USD: 6_800 }), { code: 'count_missing' });
  const { shift: closed, documents } = await count({ USD: 6_790, VES: 5 });
  assert.deepEqual(closed.expected, { USD: 1_000 + 2 * total, VES: 5 });
  assert.deepEqual(documents.ranges, [{ series_id: 3, block_id: null, first_number: 1, last_number: 2 }]);
  await assert.rejects(count({ USD: 0, VES: 0 }), { code: 'shift_closed' });
  assert.deepEqual(await sell(1, { seriesId: 3, shiftNo: shift.shiftNo }), ['shift_not_open']);
  assert.deepEqual(spans(await close(1, { pointNo: 2 })), [[3, null, 1, 2]]);
  await audited();
});

test('a Z and a counted shift stay as they were issued', async () => {
  await open();
  await sell(1);
  await close(1);
  for (const change of ["set report = '{}'", 'set day = day + 1']) {
    await assert.rejects(
      pool.query(`update fiscal_days ${change} where tenant_id = $1`, [tenantId]),
      /as it was issued/,
    );
  }
  await assert.rejects(
    pool.query('delete from fiscal_day_ranges where tenant_id = $1', [tenantId]),
    /as it was issued/,
  );
});

const decided = /v_won := array_positions\(outcomes, 'confirmed'\);\s+with fresh/;
const gated = `perform pg_advisory_xact_lock_shared(${gate}); v_won := array_positions(outcomes, 'confirmed'); with fresh`;

/** A group decides while the day is open, and writes only when the day has been closed. @returns what came of it. */
async function decideBeforeTheClose(holderId?: string): Promise<string> {
  await open();
  const holds = await hold(2);
  let outcome = '';
  await withoutGuard(pool, 'confirm_sales', decided, gated, async () => {
    const keeper = await pool.connect();
    await keeper.query('begin');
    await keeper.query('select pg_advisory_xact_lock($1)', [gate]);
    const group = confirm(holds, holderId === undefined ? {} : { holderId }).then(
      ([first]) => first!,
      (error: unknown) => (isPassingError(error) ? 'sent again' : String(error)),
    );
    await waitUntil('the group waits', async () => {
      const { rows } = await pool.query(
        `select from pg_locks where locktype = 'advisory' and objid = ${gate} and not granted`,
      );
      return rows.length > 0;
    });
    await close(1);
    await keeper.query('commit');
    keeper.release();
    outcome = await group;
  });
  if (outcome === 'sent again')
    assert.deepEqual(await confirm(holds), ['fiscal_day_closed', 'fiscal_day_closed']);
  return outcome;
}

test('a group that finds the day closed only under the lock is sent again as a whole, and then refused', async () => {
  assert.equal(await decideBeforeTheClose(), 'sent again');
  await audited();
});

test('control: without the look under the lock it is numbered after the Z', () =>
  withoutGuard(
    pool,
    'confirm_sales',
    /v_refused is not null and cardinality/,
    'false and cardinality',
    async () => {
      assert.equal(await decideBeforeTheClose(), 'A-00000001');
      await assert.rejects(audited());
    },
  ));

test('so it is with numbers from blocks', async () => {
  await preallocate(10);
  assert.equal(await decideBeforeTheClose(`a${tenantId}`), 'sent again');
  await audited();
});

test('control: from blocks, too, it would be numbered after the Z', () =>
  withoutGuard(pool, 'issue_from_blocks', /if v_refused is not null then/, 'if false then', async () => {
    await preallocate(10);
    assert.equal(await decideBeforeTheClose(`a${tenantId}`), 'A-00000001');
    await assert.rejects(audited());
  }));

/** The Z of a day that is closed while a group from a block is not committed yet. */
async function closeOverOpenGroup(): Promise<DayReport> {
  await preallocate(10);
  await open();
  const holderId = `a${tenantId}`;
  await sell(1, { holderId });
  const orders = (await hold(2)).map((id) => confirmOrder(id));
  const client = await pool.connect();
  const held = { query: client.query.bind(client), release: () => {} };
  await client.query('begin');
  await confirmSales({ connect: () => Promise.resolve(held) } as unknown as Pool, hall, 1, orders, holderId);
  let ended = false;
  const closing = close(1).finally(() => (ended = true));
  await waitUntil('closing waits, or has ended', async () => {
    const { rows } = await pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return ended || rows.length > 0;
  });
  await client.query('commit');
  client.release();
  return await closing;
}

test('closing waits for a group that has its numbers, and has them in its Z', async () => {
  assert.deepEqual(spans(await closeOverOpenGroup()), [[1, 1, 1, 3]]);
  await audited();
});

test('control: without the locks on the blocks the Z comes before them', () =>
  withoutGuard(pool, 'lock_point_numbers', /for i in 1 \.\. 2/, 'for i in 1 .. 0', async () => {
    assert.deepEqual(spans(await closeOverOpenGroup()), [[1, 1, 1, 1]]);
    await assert.rejects(audited());
  }));

/** Sells holds group by group until all are sold; a closed day is waited for. */
async function sellAll(holderId: string | null, groups: string[][], onSale: () => void): Promise<void> {
  for (const group of groups) {
    for (;;) {
      try {
        const outcomes = await confirm(group, holderId === null ? {} : { holderId });
        if (outcomes[0] !== 'fiscal_day_closed') break;
      } catch (error) {
        if (!isPassingError(error)) throw error;
      }
    }
    onSale();
  }
}

for (const [name, blockSize] of [
  ['one by one', null],
  ['from blocks', 7],
] as const) {
  test(`days close while three processes sell ${name}: each sale stands in exactly one Z`, async () => {
    if (blockSize !== null) await preallocate(blockSize);
    let sold = 0;
    const lots = await Promise.all(
      [1, 2, 3].map(async () => [await hold(3), await hold(4), await hold(2), await hold(3), await hold(5)]),
    );
    const selling = Promise.all(
      lots.map((groups, i) => sellAll(blockSize === null ? null : `${i}-${tenantId}`, groups, () => sold++)),
    );
    let inZs = 0;
    for (let day = 1, seen = 0; seen < 15; day++) {
      await open();
      await waitUntil('somebody has sold', () => Promise.resolve(sold > seen || sold === 15));
      seen = sold;
      const z = await close(day);
      inZs += z.ranges.reduce((sum, one) => sum + one.last_number - one.first_number + 1, 0);
    }
    await selling;
    assert.equal(inZs, 3 * 17);
    await audited();
  });
}
