import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Problem } from '../../src/base/errors.ts';
import { uuidv7, type EventKey } from '../../src/base/ids.ts';
import { LockWaits } from '../../src/db/lock-waits.ts';
import { createClient, createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { waitUntil } from '../support/wait.ts';

const poolSize = 4;
const blockedEvents = 8;
const otherSellers = 199;

let database: TestDatabase;
let setUp: Pool;
let blocked: Hall[];
let others: Hall[];

before(async () => {
  database = await createTestDatabase();
  setUp = createPool({ url: database.url, size: 4, name: 'test' });
  blocked = [];
  for (let i = 0; i < blockedEvents; i++) blocked.push(await createHall(setUp, { tenantId: 1, seats: 1 }));
  others = await Promise.all(
    Array.from({ length: otherSellers }, (_, i) => createHall(setUp, { tenantId: i + 2, seats: 1 })),
  );
});
after(async () => {
  await setUp.end();
  await database.drop();
});

const isProblem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

/** Takes a standing place of an event and buys it. */
async function sell({ events, holds, checkout }: TestProcess, key: EventKey): Promise<string> {
  const live = await events.get(key);
  assert.ok(live);
  const { hold } = await holds.place(live, { seatNos: [], zones: [{ zoneNo: 2, quantity: 1 }] });
  const { sale } = await checkout.confirm({
    key,
    holdId: hold.holdId,
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    customer: { name: 'Ana', locale: 'es' },
    payment: { method: 'cash' },
    expectedTotal: null,
  });
  return sale.fiscalNumber;
}

/** Sells as a buyer does who comes again when asked to. */
async function sellAtLast(process: TestProcess, key: EventKey): Promise<string> {
  for (;;) {
    try {
      return await sell(process, key);
    } catch (error) {
      if (!isProblem('overloaded')(error) && !isProblem('unavailable')(error)) throw error;
      await setImmediate();
    }
  }
}

/** Sells in every event of one seller while somebody else has locked its counters. */
async function withLockedSeller(
  options: {
    lockSecondsMax?: number;
    lockWaits: LockWaits;
    areBlocked(pool: Pool, waits: LockWaits): boolean;
  },
  work: (process: TestProcess) => Promise<void>,
): Promise<void> {
  const { lockWaits, areBlocked, ...limits } = options;
  const pool = createPool({ url: database.url, size: poolSize, name: 'test pressure', ...limits });
  const process = await startProcess(database.url, pool, lockWaits, () => {});
  const locker = createClient({ url: database.url, name: 'test locker' });
  await locker.connect();
  try {
    // The plans are in memory, so that nothing but the lock is waited for.
    for (const hall of [...blocked, ...others]) await process.events.get(hall);
    await locker.query('begin; select 1 from zone_counters where tenant_id = 1 for update');
    const waiting = Promise.all(blocked.map((hall) => sellAtLast(process, hall)));
    waiting.catch(() => {});
    await waitUntil('lanes wait for the lock', () => areBlocked(pool, lockWaits));
    try {
      await work(process);
    } finally {
      await locker.query('rollback');
    }
    assert.equal(new Set(await waiting).size, blockedEvents);
  } finally {
    await locker.end();
    await process.stop();
    await pool.end();
  }
}

test("while one seller's rows are locked, 199 others sell; then that one does", () =>
  withLockedSeller(
    {
      lockSecondsMax: 1,
      lockWaits: new LockWaits(poolSize),
      areBlocked: (_pool, waits) => waits.blocked === blockedEvents,
    },
    async (process) => {
      // Two buyers at a time: with a place for who waits, the pool has room for them.
      const rest = [...others];
      const buyer = async () => {
        for (let hall = rest.pop(); hall; hall = rest.pop()) await sell(process, hall);
      };
      await Promise.all([buyer(), buyer()]);
      assert.equal(process.lockWaits.blocked, blockedEvents);
    },
  ));

test('control: without an end to waiting for locks, the others get no connection', () =>
  withLockedSeller(
    { lockWaits: new LockWaits(poolSize), areBlocked: (pool) => pool.inUse === poolSize },
    (process) => assert.rejects(sell(process, others[0]!), isProblem('overloaded')),
  ));

test('those who try again share a place for each four connections', async () => {
  const waits = new LockWaits(8);
  const locked = Object.assign(new Error('lock'), { code: '55P03' });
  const keys = Array.from({ length: 30 }, (_, i) => String(i));
  for (const key of keys) await assert.rejects(waits.run(key, () => Promise.reject(locked)));
  assert.equal(waits.blocked, 30);
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  const tries = keys.map((key) =>
    waits.run(key, async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
    }),
  );
  gate.resolve();
  const results = await Promise.allSettled(tries);
  assert.equal(most, 2);
  // Two places and eight turns for each; the others are told so and come again.
  assert.equal(results.filter((one) => one.status === 'fulfilled').length, 18);
  assert.equal(waits.blocked, 12);
  assert.equal(await waits.run('somebody else', () => Promise.resolve('at once')), 'at once');
});

test('a pool that is exhausted answers instead of keeping those who wait', async () => {
  const pool = createPool({ url: database.url, size: 1, name: 'test exhausted' });
  const client = await pool.connect();
  try {
    assert.equal(pool.inUse, 1);
    await assert.rejects(pool.query('select 1'), isProblem('overloaded'));
    await assert.rejects(pool.connect(), isProblem('overloaded'));
    client.release();
    await waitUntil('the connection is free', () => pool.inUse === 0 && pool.waitingCount === 0);
    assert.equal((await pool.query('select 1')).rowCount, 1);
  } finally {
    await pool.end();
  }
});

test('a server that is away is not taken for an exhausted pool', async () => {
  const pool = createPool({ url: 'postgres://127.0.0.1:1/none', size: 1, name: 'test away' });
  await assert.rejects(pool.query('select 1'), (error: unknown) => !(error instanceof Problem));
  await pool.end();
});
