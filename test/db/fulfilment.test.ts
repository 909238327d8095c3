import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '../../src/base/limits.ts';
import { systemClock } from '../../src/base/ids.ts';
import type { StepKey } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { createSalesCounter } from '../../src/fulfilment/count-sales.job.ts';
import { createTicketMaker } from '../../src/fulfilment/make-tickets.job.ts';
import { nextWalk, StepSweeper } from '../../src/fulfilment/sweep-steps.job.ts';
import { openQueue, type Queue } from '../../src/queue/queue.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, type TestWorkers } from '../support/workers.ts';

const tellDelayed = async () => {};
let database: TestDatabase;
let pool: Pool;
/** Hands over, and works on nothing. */
let queue: Queue;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 6, name: 'test' });
  await createSampleSeller(pool);
  await createSampleSeller(pool, 2);
  queue = await openQueue({ url: database.url, worker: false, connectionsMax: 2, onError: () => {} });
});
after(async () => {
  await queue.stop(1);
  await pool.end();
  await database.drop();
});

const firstSteps = (ids: readonly string[]): StepKey[] =>
  ids.flatMap((transactionId) =>
    (['tickets', 'statistics'] as const).map((name) => ({ tenantId: 1, transactionId, name })),
  );

async function countOf(sql: string, values: unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*) as count ${sql}`, values);
  return rows[0]?.count ?? 0;
}

const unfinished = () => countOf(`from transactions where status = 'processing'`);
const queued = () =>
  countOf(`from pgboss.job, jsonb_array_elements(data -> 'steps') where state < 'completed'`);

async function withWorkers(
  work: (workers: TestWorkers) => Promise<void>,
  options: { pollSeconds?: number } = {},
): Promise<void> {
  const workers = await startTestWorkers(database.url, undefined, undefined, options);
  try {
    await work(workers);
    assert.deepEqual(workers.troubles, []);
  } finally {
    await workers.stop();
  }
}

test('a sale is completed, mail included, by workers that look for steps only when they are told of them', async () => {
  await withWorkers(
    async () => {
      for (let i = 0; i < 5; i++) {
        await queue.handOver(firstSteps(await makeSampleSales(pool, { phone: '+584121234567' })));
        await waitUntil('the sale is completed', async () => (await unfinished()) === 0);
      }
    },
    { pollSeconds: 3_600 },
  );
  const { rows } = await pool.query(
    `select name, state, detail from steps where transaction_id = (select max(transaction_id::text)::uuid from steps)`,
  );
  const sms = rows.find((row) => row.name === 'sms');
  assert.deepEqual([sms?.state, sms?.detail], ['skipped', 'No provider of SMS or WhatsApp is configured.']);
});

test('steps share jobs, and what is handed over twice is worked on once', async () => {
  const ids = await makeSampleSales(pool, { count: 10, email: null });
  const other = await makeSampleSales(pool, { count: 1, email: null });
  await queue.handOver(firstSteps(ids));
  await queue.handOver(firstSteps(ids));
  assert.equal(await queued(), 40);
  assert.equal(await countOf(`from pgboss.job where state < 'completed'`), 4);
  assert.deepEqual(await queue.missing(firstSteps([...ids, ...other])), firstSteps(other));
  await queue.handOver(firstSteps(other));
  await withWorkers(async () => {
    await waitUntil('all sales are completed', async () => (await unfinished()) === 0);
  });
  assert.equal(await countOf('from tickets where transaction_id = any ($1)', [ids]), 20);
  assert.deepEqual(await queue.missing(firstSteps(ids)), firstSteps(ids));
});

test('steps that nobody handed over are swept up, those of young sales are not', async () => {
  const old = await makeSampleSales(pool, { count: 5, ageSeconds: 60, phone: '+584121234567' });
  const other = await makeSampleSales(pool, { tenantId: 2, count: 2, ageSeconds: 3_000 });
  const young = await makeSampleSales(pool, { count: 5 });
  const sweeper = new StepSweeper({ pool, clock: systemClock, queue, tellDelayed });
  assert.equal(await sweeper.sweep(), 0, 'what is missed once may just be on its way');
  // All else waits for the tickets or comes with them, so each sale has one step that can be worked on.
  assert.equal(await sweeper.sweep(), old.length + other.length);
  for (let i = 0; i < 3; i++) assert.equal(await sweeper.sweep(), 0, 'the queue has them');
  assert.equal(await queued(), old.length + other.length);
  await withWorkers(async () => {
    const open = () =>
      countOf(`from transactions where status = 'processing' and transaction_id = any ($1)`, [
        [...old, ...other],
      ]);
    await waitUntil('the swept sales are completed', async () => (await open()) === 0);
    assert.equal(await unfinished(), young.length);
    await queue.handOver(firstSteps(young));
    await waitUntil('all sales are completed', async () => (await unfinished()) === 0);
  });
});

test('a queue that is lost is filled again from the steps', async () => {
  const ids = await makeSampleSales(pool, { count: 30, ageSeconds: 60 });
  await queue.handOver(firstSteps(ids));
  // Not truncated: the queue's own upkeep, which locks its tables in another order, would be in a deadlock with it.
  await pool.query('delete from pgboss.job');
  assert.equal(await queued(), 0);
  await withWorkers(async () => {
    await waitUntil('all sales are completed', async () => (await unfinished()) === 0);
  });
});

test('a walk over many unfinished sales goes on page by page, and then begins again at the oldest', async () => {
  const ids = (await makeSampleSales(pool, { count: 25, ageSeconds: 60, email: null })).toSorted();
  const handed: string[] = [];
  const forgetful = {
    handOver: async (steps: readonly StepKey[]) =>
      void handed.push(...steps.map((step) => step.transactionId)),
    missing: async (steps: readonly StepKey[]) => [...steps],
  };
  const sweeper = new StepSweeper({ pool, clock: systemClock, queue: forgetful, pageMax: 10, tellDelayed });
  for (const expected of [0, 10, 10, 5, 10]) assert.equal(await sweeper.sweep(), expected);
  assert.deepEqual([...new Set(handed.slice(0, 25))], ids);
  assert.equal(handed.at(25), ids[0]);
  const { rows } = await pool.query<{ late: boolean }>(
    `select since <= uuidv7_instant($1) as late from sweep_marks where tenant_id = 1 and kind = 'steps'`,
    [ids[0]],
  );
  assert.ok(rows[0]?.late, 'the mark stays before what is unfinished');
  assert.deepEqual(nextWalk({ tenantId: 1, after: 'a', oldest: null }, [], 10), {
    walk: { tenantId: 1, after: 'a', oldest: null },
    ended: true,
  });
  await withWorkers(async () => {
    await queue.handOver(firstSteps(ids));
    await waitUntil('all sales are completed', async () => (await unfinished()) === 0);
  });
});

test('a sale whose work always fails ends as failed, and those beside it are done', async () => {
  const ids = await makeSampleSales(pool, { count: 8, email: null });
  const [cursed] = ids;
  await transact(pool, async (tx) => {
    await tx.query({
      text: `update steps set attempts = $2 where transaction_id = $1`,
      values: [cursed, limits.stepAttemptsMax - 2],
    });
    await tx.query({
      text: `create function curse() returns trigger language plpgsql as $$
             begin if new.transaction_id = '${cursed}' then raise exception 'cursed'; end if; return new; end $$`,
    });
    await tx.query({
      text: 'create trigger curse before insert on tickets for each row execute function curse()',
    });
  });
  const troubles: string[] = [];
  const log = { warn: () => {}, error: (_: unknown, message: string) => void troubles.push(message) };
  const handed: StepKey[] = [];
  const handOver = (some: StepKey[]) => void handed.push(...some);
  const handler = createTicketMaker({ pool, log, announce: async () => {}, handOver });
  const steps = firstSteps(ids).filter((step) => step.name === 'tickets');
  assert.deepEqual(
    (await handler(steps)).map((step) => step.transactionId),
    [cursed],
  );
  assert.deepEqual(handed, [{ tenantId: 1, transactionId: cursed, name: 'statistics' }]);
  assert.deepEqual(await handler(steps), []);
  const { rows } = await pool.query(
    `select transaction_id as id, state, detail from steps where name = 'tickets' and transaction_id = any ($1)`,
    [ids],
  );
  assert.equal(rows.filter((row) => row.state === 'done').length, 7);
  const failed = rows.find((row) => row.id === cursed);
  assert.equal(failed?.state, 'failed');
  assert.match(failed?.detail, /cursed/);
  assert.equal(troubles.length, 2);
  await pool.query('drop trigger curse on tickets');
});

test('whoever makes tickets counts the sales, but never waits for statistics that are made anew', async () => {
  const [one, two] = await Promise.all([1, 1].map((count) => makeSampleSales(pool, { count, email: null })));
  const handed: StepKey[] = [];
  const handler = createTicketMaker({
    pool,
    log: { warn: () => {}, error: () => {} },
    announce: async () => {},
    handOver: (steps) => void handed.push(...steps),
  });
  const make = (ids: string[]) => handler(firstSteps(ids).filter((step) => step.name === 'tickets'));
  const stepsOf = async (ids: string[]) => {
    const { rows } = await pool.query<{ name: string; state: string }>(
      'select name, state from steps where transaction_id = any ($1) order by name',
      [ids],
    );
    return rows.map(({ name, state }) => `${name} ${state}`);
  };
  await make(one!);
  assert.deepEqual(await stepsOf(one!), ['tickets done', 'statistics done']);
  assert.deepEqual(handed, []);
  await transact(pool, async (tx) => {
    await tx.query({ text: `select pg_advisory_xact_lock(hashtext('statistics'), 1)` });
    await make(two!);
  });
  assert.deepEqual(await stepsOf(two!), ['tickets done', 'statistics pending']);
  assert.deepEqual(handed, [{ tenantId: 1, transactionId: two![0], name: 'statistics' }]);
  const count = createSalesCounter({
    pool,
    log: { warn: () => {}, error: () => {} },
    announce: async () => {},
  });
  assert.deepEqual(await count(handed), []);
  assert.deepEqual(await stepsOf(two!), ['tickets done', 'statistics done']);
});

test('rows of the queue do not outlive their steps for long', async () => {
  const { rows } = await pool.query<{ seconds: number }>(
    'select distinct deletion_seconds as seconds from pgboss.queue',
  );
  assert.ok(rows.every((row) => row.seconds > 0 && row.seconds <= 60));
});
