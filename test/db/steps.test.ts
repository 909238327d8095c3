import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import type { StepName, StepReport } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { countSales, finishSteps } from '../../src/fulfilment/step.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
  await createSampleSeller(pool);
});
after(async () => {
  await pool.end();
  await database.drop();
});

const finish = (reports: StepReport[], attemptsMax: number = limits.stepAttemptsMax) =>
  transact(pool, (tx) => finishSteps(tx, 1, reports, attemptsMax));

const done = (transactionId: string, name: StepName): StepReport => ({ transactionId, name, state: 'done' });

type StepRow = { name: string; state: string; event: number; attempts: number; detail: string };

async function stepsOf(transactionId: string): Promise<StepRow[]> {
  const { rows } = await pool.query<StepRow>(
    `select name, state, progress_event as event, attempts, detail from steps where transaction_id = $1 order by name`,
    [transactionId],
  );
  return rows;
}

async function saleOf(transactionId: string) {
  const { rows } = await pool.query<{ status: string; events: number; completed: boolean }>(
    `select status, progress_events as events, completed_at is not null as completed
       from transactions where transaction_id = $1`,
    [transactionId],
  );
  return rows[0];
}

test('steps take the numbers of events in the order in which they end, and the last completes the sale', async () => {
  const [one, two] = await makeSampleSales(pool, { count: 2, phone: '+584121234567' });
  assert.ok(one && two);
  const pending = await finish([done(one, 'tickets'), done(two, 'statistics'), done(one, 'statistics')]);
  assert.deepEqual(
    new Set(pending.filter((step) => step.transactionId === one).map((step) => step.name)),
    new Set(['email', 'sms']),
  );
  assert.equal(pending.filter((step) => step.transactionId === two).length, 3);
  assert.deepEqual(await saleOf(one), { status: 'processing', events: 3, completed: false });

  const skipped: StepReport = { transactionId: one, name: 'sms', state: 'skipped', detail: 'no provider' };
  assert.equal((await finish([skipped, done(one, 'email')])).length, 0);
  assert.deepEqual(await saleOf(one), { status: 'completed', events: 6, completed: true });
  assert.deepEqual(
    (await stepsOf(one)).map((step) => [step.name, step.state, step.event]),
    [
      ['tickets', 'done', 2],
      ['email', 'done', 5],
      ['sms', 'skipped', 4],
      ['statistics', 'done', 3],
    ],
  );
});

test('a step that has ended never changes again', async () => {
  const [sale] = await makeSampleSales(pool, { email: null });
  assert.ok(sale);
  await finish([done(sale, 'tickets'), done(sale, 'tickets')]);
  const first = [await stepsOf(sale), await saleOf(sale)];
  await finish([{ transactionId: sale, name: 'tickets', state: 'failed', detail: 'too late' }]);
  assert.deepEqual([await stepsOf(sale), await saleOf(sale)], first);
  await finish([done(sale, 'statistics')]);
  const completed = await saleOf(sale);
  await finish([done(sale, 'statistics'), done(sale, 'tickets')]);
  assert.deepEqual(await saleOf(sale), completed);
});

test('a failed attempt is counted with its reason, and the last one allowed ends the step as failed', async () => {
  const [sale] = await makeSampleSales(pool);
  assert.ok(sale);
  for (const [attempt, state] of [
    [1, 'pending'],
    [2, 'pending'],
    [3, 'failed'],
    [4, 'failed'],
  ] as const) {
    await finish([{ transactionId: sale, name: 'email', state: 'retry', detail: `no answer ${attempt}` }], 3);
    const rows = await stepsOf(sale);
    const email: StepRow | undefined = rows.find((step) => step.name === 'email');
    assert.equal(email?.state, state);
    assert.equal(email?.attempts, Math.min(attempt, 3));
    assert.equal(email?.detail, `no answer ${Math.min(attempt, 3)}`);
  }
});

test('reports of many sales at once from many sides leave no gap and no double number', async () => {
  const sales = await makeSampleSales(pool, { count: 40, phone: '+584121234567' });
  const names: StepName[] = ['tickets', 'email', 'sms', 'statistics'];
  // Each step is reported twice, in groups that overlap and come in opposite orders.
  await Promise.all(
    [...names, ...names].map((name, i) =>
      finish((i % 2 ? sales.toReversed() : sales).map((sale) => done(sale, name))),
    ),
  );
  for (const sale of sales) {
    assert.deepEqual(await saleOf(sale), { status: 'completed', events: 6, completed: true });
    assert.deepEqual(
      (await stepsOf(sale)).map((step) => step.event).toSorted((a, b) => a - b),
      [2, 3, 4, 5],
    );
  }
});

type Sums = { tickets: number; total: number };
const readSums = async (text: string): Promise<Sums> => (await pool.query<Sums>(text)).rows[0]!;
const counted = () =>
  readSums(
    'select coalesce(sum(tickets_sold), 0)::int as tickets, coalesce(sum(total), 0)::int as total from sales_statistics',
  );
const fresh = () =>
  readSums(`select count(*)::int as tickets, coalesce(sum(i.total), 0)::int as total
              from transaction_items i join steps s using (tenant_id, transaction_id)
             where s.name = 'statistics' and s.state = 'done'`);

test('each sale is counted exactly once, however often and from however many sides', async () => {
  await pool.query('truncate sales_statistics, tax_statistics');
  await pool.query(`update steps set state = 'pending', progress_event = null where name = 'statistics'`);
  const sales = await makeSampleSales(pool, { count: 60, places: 3 });
  const count = (some: string[]) => transact(pool, (tx) => countSales(tx, 1, some));
  await Promise.all(
    Array.from({ length: 8 }, (_, i) => count(i % 2 ? sales.toReversed() : sales.slice(i * 5, i * 5 + 30))),
  );
  assert.deepEqual(await counted(), { tickets: 180, total: 180 * 2_470 });
  assert.deepEqual(await counted(), await fresh());

  // The control: the same sums, added without the step's guard, are wrong.
  await pool.query(
    `update steps set state = 'pending', progress_event = null where transaction_id = $1 and name = 'statistics'`,
    [sales[0]],
  );
  await count(sales.slice(0, 1));
  assert.notDeepEqual(await counted(), await fresh());
});
