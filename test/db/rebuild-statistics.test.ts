import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { invariants } from '../../src/audit/invariants.ts';
import { findCulprits } from '../../src/audit/audit.store.ts';
import { rebuildStatisticsCommand } from '../../src/cli/rebuild-statistics.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { countSales } from '../../src/fulfilment/step.store.ts';
import { rebuildStatistics } from '../../src/reporting/statistics.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withoutGuard } from '../support/guards.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { runCommand } from '../support/run-command.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
  await createSampleSeller(pool, 1);
  await createSampleSeller(pool, 2);
});
after(async () => {
  await pool.end();
  await database.drop();
});
const clear = () =>
  pool.query('truncate sales_statistics, tax_statistics, steps, transactions, transaction_items');
beforeEach(clear);

const count = (ids: string[], tenantId = 1) => transact(pool, (tx) => countSales(tx, tenantId, ids));
const rebuild = (tenantId = 1, eventId: number | null = null) =>
  transact(pool, (tx) => rebuildStatistics(tx, tenantId, eventId));

async function culprits(): Promise<string[]> {
  const lines = invariants.filter(({ id }) => id.startsWith('I13 '));
  const found = await Promise.all(lines.map((line) => findCulprits(reader(pool), line, null)));
  return found.flatMap((one) => one.culprits);
}

async function statistics(): Promise<unknown[]> {
  const { rows } = await pool.query(
    `select to_jsonb(s) - 'updated_at' as row from sales_statistics s
     union all select to_jsonb(t) from tax_statistics t order by row`,
  );
  return rows;
}

async function lockWaiters(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*) as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return rows[0]!.count;
}

test('a rebuild makes the same statistics, of what is counted alone', async () => {
  const ids = await makeSampleSales(pool, { count: 30, places: 3 });
  await makeSampleSales(pool, { count: 5 });
  await count(ids.slice(0, 10));
  await count(ids.slice(10));
  const counted = await statistics();
  assert.equal(await rebuild(), 30);
  assert.deepEqual(await statistics(), counted);
  await pool.query('update sales_statistics set total = total + 7, net = 0');
  await pool.query('delete from tax_statistics');
  assert.ok((await culprits()).length > 0);
  assert.equal(await rebuild(), 30);
  assert.deepEqual(await statistics(), counted);
  assert.deepEqual(await culprits(), []);
});

test('it makes those of one event or seller and leaves the others alone', async () => {
  for (const tenantId of [1, 2]) await count(await makeSampleSales(pool, { count: 3, tenantId }), tenantId);
  await pool.query('update sales_statistics set total = 0');
  assert.equal(await rebuild(2, 3), 3);
  assert.ok((await culprits()).every((culprit) => culprit.startsWith('zone 1-3')));
  assert.equal(await rebuild(1, 99), null);
  assert.equal(await rebuild(77), null);
  assert.equal(await rebuild(1, 3), 3);
  assert.deepEqual(await culprits(), []);
});

test('what was given back counts as sold and as given back', async () => {
  const ids = await makeSampleSales(pool, { count: 2 });
  await count(ids);
  await pool.query(
    `update transaction_items set state = 'returned' where transaction_id = $1 and item_no = 1`,
    [ids[0]],
  );
  assert.equal((await culprits()).length, 1);
  await rebuild();
  assert.deepEqual(await culprits(), []);
  const { rows } = await pool.query(
    `select sum(tickets_sold)::int as sold, sum(total)::int as total, sum(tickets_returned)::int as returned,
            sum(taxes_returned)::int as taxes, sum(total_returned)::int as back from sales_statistics`,
  );
  assert.deepEqual(rows, [{ sold: 4, total: 9_880, returned: 1, taxes: 370, back: 2_470 }]);
});

/**
 * A rebuild has begun and is kept at the statistics of yesterday, when sales of today, which has none yet, are counted: beside it,
 * or, with the lock, after it.
 */
async function countBesideRebuild(): Promise<string[]> {
  const yesterday = await makeSampleSales(pool, { count: 5 });
  await pool.query(`update transactions set created_at = created_at - interval '1 day'`);
  await count(yesterday);
  const today = await makeSampleSales(pool, { count: 5 });
  let rebuilding: Promise<unknown> = Promise.resolve();
  let counting: Promise<unknown> = Promise.resolve();
  let counted = false;
  await transact(pool, async (tx) => {
    await tx.query({ text: 'select from sales_statistics for update' });
    rebuilding = rebuild();
    await waitUntil('the rebuild waits', async () => (await lockWaiters()) === 1);
    counting = count(today).then(() => (counted = true));
    await waitUntil('sales are counted, or wait', async () => counted || (await lockWaiters()) === 2);
  });
  await Promise.all([rebuilding, counting]);
  return await culprits();
}

test('sales that are counted during a rebuild are neither lost nor counted twice', async () => {
  assert.deepEqual(await countBesideRebuild(), []);
  await clear();
  // The control: without its lock, the rebuild adds what has just been added.
  await withoutGuard(
    pool,
    'rebuild_statistics',
    /perform pg_advisory_xact_lock\(hashtext\('statistics'\), p_tenant\);/,
    '',
    async () => assert.notDeepEqual(await countBesideRebuild(), []),
  );
});

test('the command tells how many sales are in the statistics, and what there is not', async () => {
  await count(await makeSampleSales(pool, { count: 4 }));
  const run = (...args: string[]) =>
    runCommand([rebuildStatisticsCommand], { DATABASE_URL: database.url }, ['rebuild-statistics', ...args]);
  const right = { code: 0, out: '4 sales are in the statistics.', err: '' };
  assert.deepEqual(
    [await run('1'), await run('1', '--event', '1-3'), await run('1', '--event', '3')],
    [right, right, right],
  );
  for (const args of [['77'], ['1', '--event', '2-3'], ['1', '--event', '99'], ['x'], []]) {
    assert.notEqual((await run(...args)).code, 0, args.join(' '));
  }
  assert.match((await run('77')).err, /there is no seller 77/);
});

test('rebuilds again and again while many sides count leave the right sums', async () => {
  const ids = await makeSampleSales(pool, { count: 200 });
  const batches = Array.from({ length: 40 }, (_, i) => ids.slice(i * 5, i * 5 + 8));
  let done = false;
  const rebuilding = (async () => {
    let rebuilds = 0;
    while (!done || rebuilds < 3) {
      await rebuild();
      rebuilds++;
    }
  })();
  await Promise.all(
    Array.from({ length: 4 }, async (_, side) => {
      for (const batch of side % 2 ? batches.toReversed() : batches) await count(batch);
    }),
  );
  done = true;
  await rebuilding;
  assert.deepEqual(await culprits(), []);
});
