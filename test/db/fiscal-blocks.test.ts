import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import fc from 'fast-check';
import { runAudit } from '../../src/audit/run-audit.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import { limits } from '../../src/base/limits.ts';
import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import { NumberBlocks } from '../../src/checkout/number-blocks.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import {
  leaseProcessBlocks,
  leaseTillBlocks,
  listBlocks,
  renewBlocks,
  returnExpiredBlocks,
  returnProcessBlocks,
  returnTillBlocks,
  voidBlock,
  type FiscalBlock,
} from '../../src/fiscal/fiscal-block.store.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { gate, throughGate } from '../support/gate.ts';
import { withoutGuard } from '../support/guards.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let tenantId = 0;
let seat = 0;
/** Three processes, others in each test. */
let p = { a: '', b: '', c: '' };
const key = () => ({ tenantId: hall.tenantId, seriesId: 1 });

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
});
beforeEach(async () => {
  await openHall(10);
  p = { a: `a${tenantId}`, b: `b${tenantId}`, c: `c${tenantId}` };
});
after(async () => {
  await pool.end();
  await database.drop();
});

/** A seller of its own whose series gives blocks of so many numbers. */
async function openHall(blockSize: number): Promise<void> {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 600, standing: 50 });
  seat = 0;
  await setMode('preallocated', blockSize);
}

const setMode = (numbering: 'strict' | 'preallocated', blockSize = 10) =>
  transact(pool, (tx) => setNumbering(tx, key(), { numbering, blockSize }));

async function hold(count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, () => placeOrder([++seat]));
  const { outcomes } = await placeHolds(pool, hall, orders, 600);
  assert.ok(outcomes.every((outcome) => outcome === 'placed'));
  return orders.map((order) => order.holdId);
}

/** Confirms so many orders in one group of a process. @returns their numbers. */
async function sell(holderId: string | null, count: number, via = pool): Promise<number[]> {
  const orders = (await hold(count)).map((id) => confirmOrder(id));
  const { outcomes } = await confirmSales(via, hall, 1, orders, holderId);
  return outcomes.map((one) => {
    assert.ok(one.outcome === 'confirmed');
    return Number(one.sale.fiscalNumber.slice(2));
  });
}

const blocks = async () => (await listBlocks(reader(pool), key(), { limit: 1_000 })).blocks;
const fates = async () =>
  (await blocks()).map((b: FiscalBlock) => [
    b.state,
    b.firstNumber,
    b.nextNumber,
    b.restNumber,
    b.lastNumber,
    b.fromBlockNo,
  ]);
const expire = (holderId: string) =>
  pool.query(
    'update fiscal_blocks set expires_at = clock_timestamp() where tenant_id = $1 and holder_id = $2',
    [hall.tenantId, holderId],
  );
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** That the seller's books hold: nothing missing, doubled, or out of its chain. */
async function audited(): Promise<void> {
  const { lines } = await runAudit(pool, { tenantId: hall.tenantId });
  const wrong = lines.filter(
    (line) => line.count > 0 && /^I[456] (numbers|blocks|instants|chain|document)/.test(line.id),
  );
  assert.deepEqual(wrong, []);
}

test('a process issues from its own block, the next process from the next', async () => {
  assert.deepEqual(await sell(p.a, 3), [1, 2, 3]);
  assert.deepEqual(await sell(p.b, 2), [11, 12]);
  assert.deepEqual(await sell(p.a, 7), range(4, 10));
  assert.deepEqual(await fates(), [
    ['used', 1, 11, null, 10, null],
    ['open', 11, 13, null, 20, null],
  ]);
  await audited();
});

test('a group that needs more than is left takes the rest in the same transaction', async () => {
  assert.deepEqual(await sell(p.a, 8), range(1, 8));
  assert.deepEqual(await sell(p.b, 1), [11]);
  assert.deepEqual(await sell(p.a, 25), [9, 10, ...range(21, 43)]);
  await audited();
});

test('what comes back is issued first, the lowest of it first, and as a block of its own', async () => {
  await sell(p.a, 4);
  await sell(p.b, 8);
  assert.equal(await returnProcessBlocks(pool, p.b), 1);
  assert.equal(await returnProcessBlocks(pool, p.a), 1);
  assert.deepEqual(await sell(p.c, 9), [...range(5, 10), 19, 20, 21]);
  assert.deepEqual(await fates(), [
    ['returned', 1, 5, 11, 10, null],
    ['returned', 11, 19, 21, 20, null],
    ['used', 5, 11, null, 10, 1],
    ['used', 19, 21, null, 20, 2],
    ['open', 21, 22, null, 22, null],
  ]);
  await audited();
});

test('a rest is leased in parts when less is wanted', async () => {
  await sell(p.a, 1);
  await returnProcessBlocks(pool, p.a);
  const leased = await transact(pool, (tx) => leaseTillBlocks(tx, key(), { deviceNo: 7, numbers: 4 }));
  assert.deepEqual(
    leased.map((b) => [b.purpose, b.holderId, b.firstNumber, b.lastNumber, b.fromBlockNo]),
    [['till', '7', 2, 5, 1]],
  );
  assert.deepEqual(await sell(p.b, 6), range(6, 11));
  await audited();
});

test('a till has fifty numbers for eight hours; the sweep leaves them, it may give them back', async () => {
  const [block] = await transact(pool, (tx) => leaseTillBlocks(tx, key(), { deviceNo: 7 }));
  assert.equal(block!.lastNumber - block!.firstNumber + 1, limits.tillBlockNumbers);
  const seconds = (block!.expiresAt.getTime() - block!.leasedAt.getTime()) / 1000;
  assert.equal(seconds, limits.tillBlockSeconds);
  await expire('7');
  await returnExpiredBlocks(pool);
  assert.deepEqual(await fates(), [['open', 1, 1, null, 50, null]]);
  assert.equal(await transact(pool, (tx) => returnTillBlocks(tx, hall.tenantId, 7)), 1);
  assert.deepEqual(await sell(p.a, 1), [1]);
  await audited();
});

test('the rest of a lost till is voided with the reason, and nobody gets it', async () => {
  const [block] = await transact(pool, (tx) => leaseTillBlocks(tx, key(), { deviceNo: 7, numbers: 5 }));
  const closed = await transact(pool, (tx) => voidBlock(tx, key(), block!.blockNo, 'stolen'));
  assert.deepEqual([closed?.state, closed?.voidReason, closed?.restNumber], ['voided', 'stolen', 1]);
  assert.deepEqual(await sell(p.a, 1), [6]);
  assert.equal(await transact(pool, (tx) => voidBlock(tx, key(), 2, 'still sold from')), null);
  assert.equal(await transact(pool, (tx) => voidBlock(tx, key(), block!.blockNo, 'twice')), null);
  await audited();
});

test("a crashed process's block returns, and at day's end nothing is missing or doubled", async () => {
  const first = await sell(p.c, 3);
  await sell(p.b, 2);
  await returnExpiredBlocks(pool);
  assert.deepEqual((await fates())[0], ['open', 1, 4, null, 10, null]);
  await expire(p.c);
  await returnExpiredBlocks(pool);
  assert.deepEqual((await fates())[0], ['returned', 1, 4, 4, 10, null]);
  assert.equal((await blocks())[0]!.expired, true);
  const rest = await sell(p.b, 15);
  await returnProcessBlocks(pool, p.b);
  const { rows } = await pool.query<{ number: number }>(
    'select number from fiscal_documents where tenant_id = $1 order by number',
    [hall.tenantId],
  );
  assert.deepEqual(first, [1, 2, 3]);
  assert.deepEqual(
    [...rest].sort((x, y) => x - y),
    [...range(4, 10), ...range(13, 20)],
  );
  assert.deepEqual(
    rows.map((row) => row.number),
    range(1, 20),
  );
  await audited();
});

test('a process whose lease ran out gets another block, swept or not', async () => {
  await sell(p.a, 2);
  await expire(p.a);
  assert.deepEqual(await sell(p.a, 1), [11]);
  await returnExpiredBlocks(pool);
  assert.deepEqual(await sell(p.a, 10), [...range(3, 10), 12, 13]);
  await audited();
});

test('control: without the look at the clock under the lock, an expired block is issued from', () =>
  withoutGuard(pool, 'issue_from_blocks', /where b\.expires_at > clock_timestamp\(\)/, '', async () => {
    await sell(p.a, 2);
    await expire(p.a);
    assert.deepEqual(await sell(p.a, 1), [3]);
  }));

test('a lease that is renewed is not taken', async () => {
  await sell(p.a, 2);
  await expire(p.a);
  assert.equal(await renewBlocks(pool, p.a), 1);
  await returnExpiredBlocks(pool);
  assert.deepEqual(await sell(p.a, 1), [3]);
});

/** Confirms a group in a transaction that stays open while `work` runs. */
async function whileUncommitted(holderId: string | null, work: () => Promise<void>): Promise<void> {
  const orders = (await hold(2)).map((id) => confirmOrder(id));
  const client = await pool.connect();
  const held = { query: client.query.bind(client), release: () => {} };
  await client.query('begin');
  try {
    await confirmSales(
      { connect: () => Promise.resolve(held) } as unknown as Pool,
      hall,
      1,
      orders,
      holderId,
    );
    await work();
  } finally {
    await client.query('commit');
    client.release();
  }
}

/** Whether any backend of this database waits for another's lock. */
async function somebodyWaits(): Promise<boolean> {
  const { rows } = await pool.query(
    `select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
  );
  return rows.length > 0;
}

/** Starts a group and tells whether it was committed or was seen to wait for a lock. */
async function startAnother(holderId: string | null): Promise<{ met: boolean; sold: Promise<number[]> }> {
  const orders = (await hold(2)).map((id) => confirmOrder(id));
  let done = false;
  const sold = confirmSales(pool, hall, 1, orders, holderId).then(({ outcomes }) =>
    outcomes.map((one) => ('sale' in one ? Number(one.sale.fiscalNumber.slice(2)) : NaN)),
  );
  void sold.finally(() => (done = true));
  for (;;) {
    if (done) return { met: false, sold };
    if (await somebodyWaits()) return { met: true, sold };
  }
}

test('two processes never meet on a row: one that has not committed does not keep the other', async () => {
  await leaseProcessBlocks(pool, key(), p.a);
  await leaseProcessBlocks(pool, key(), p.b);
  await whileUncommitted(p.a, async () => {
    const other = await startAnother(p.b);
    assert.deepEqual([other.met, await other.sold], [false, [11, 12]]);
  });
  await audited();
});

test('control: in a strict series they meet', async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 20 });
  seat = 0;
  let sold: Promise<number[]> | undefined;
  await whileUncommitted(p.a, async () => {
    const other = await startAnother(p.b);
    assert.equal(other.met, true);
    ({ sold } = other);
  });
  assert.deepEqual(await sold, [3, 4]);
});

test('a rest is never leased twice: those who lease at once wait for each other', async () => {
  await sell(p.a, 1);
  await returnProcessBlocks(pool, p.a);
  const leased = await Promise.all(range(1, 8).map((n) => leaseProcessBlocks(pool, key(), `p${n}`)));
  const numbers = leased.flat().flatMap((b) => range(b.firstNumber, b.lastNumber));
  assert.deepEqual(
    numbers.sort((x, y) => x - y),
    range(2, 81),
  );
  await audited();
});

test('control: without the lock on the series, those who lease at once do not all end well', () =>
  withoutGuard(
    pool,
    'lease_fiscal_blocks',
    /s\.numbering = 'preallocated' for update;/,
    `s.numbering = 'preallocated'; perform pg_advisory_xact_lock_shared(${gate});`,
    async () => {
      const results = await throughGate(pool, { query: 'lease_fiscal_blocks', count: 4 }, () =>
        Promise.allSettled(range(1, 4).map((n) => leaseProcessBlocks(pool, key(), `p${n}`))),
      );
      // Those whose block is refused are as wrong as those who got the numbers of another.
      const numbers = results.flatMap((result) =>
        result.status === 'fulfilled' ? result.value.flatMap((b) => range(b.firstNumber, b.lastNumber)) : [],
      );
      assert.ok(new Set(numbers).size < 40, 'each of the four has ten numbers of their own');
    },
  ));

test('a series becomes preallocated at any time, and goes back only before its first block', async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 60 });
  seat = 0;
  assert.deepEqual(await sell(p.a, 2), [1, 2]);
  await setMode('preallocated');
  await setMode('strict');
  assert.deepEqual(await sell(p.a, 2), [3, 4]);
  await setMode('preallocated');
  assert.deepEqual(await sell(p.a, 2), [5, 6]);
  // A process that runs an older version knows no blocks.
  assert.deepEqual(await sell(null, 2), [15, 16]);
  const refused = await setMode('strict');
  assert.equal(refused.outcome, 'leased_already');
  assert.deepEqual(await sell(p.a, 1), [7]);
  assert.equal(
    (await transact(pool, (tx) => setNumbering(tx, { tenantId, seriesId: 9 }, { numbering: 'strict' })))
      .outcome,
    'not_found',
  );
  await audited();
});

test('a strict series leases nothing', async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 20 });
  assert.deepEqual(await leaseProcessBlocks(pool, key(), p.a), []);
  assert.deepEqual(await transact(pool, (tx) => leaseTillBlocks(tx, key(), { deviceNo: 1 })), []);
  assert.deepEqual(await blocks(), []);
});

test('a process leases ahead of need, one block at a time, and gives back what is left when it ends', async () => {
  let leases = 0;
  const onError = (error: unknown) => assert.fail(String(error));
  const mine = new NumberBlocks({ pool, holderId: uuidv7(Date.now()), onError, onLease: () => leases++ });
  const group = async (count: number) => {
    const orders = (await hold(count)).map((id) => confirmOrder(id));
    return (await confirmSales(pool, hall, 1, orders, mine.holderId)).blockLow;
  };
  assert.equal(await group(5), false);
  assert.equal(await group(1), true);
  mine.refill(key());
  mine.refill(key());
  await expire(mine.holderId);
  await mine.renewAndSweep();
  await mine.stop();
  assert.equal(leases, 1);
  assert.deepEqual(await fates(), [
    ['returned', 1, 7, 7, 10, null],
    ['returned', 11, 11, 11, 20, null],
  ]);
  await audited();
});

type Act = {
  what: 'sell' | 'lease' | 'return' | 'crash' | 'renew' | 'till' | 'tillReturn' | 'void';
  who: number;
  count: number;
};

async function act({ what, who, count }: Act): Promise<void> {
  const holder = `p${who}`;
  switch (what) {
    case 'sell':
      return void (await sell(holder, count));
    case 'lease':
      return void (await leaseProcessBlocks(pool, key(), holder));
    case 'return':
      return void (await returnProcessBlocks(pool, holder));
    case 'crash':
      await expire(holder);
      return void (await returnExpiredBlocks(pool));
    case 'renew':
      return void (await renewBlocks(pool, holder));
    case 'till':
      return void (await transact(pool, (tx) =>
        leaseTillBlocks(tx, key(), { deviceNo: who, numbers: count }),
      ));
    case 'tillReturn':
      return void (await transact(pool, (tx) => returnTillBlocks(tx, hall.tenantId, who)));
    case 'void':
      return void (await transact(pool, (tx) => voidBlock(tx, key(), count, 'lost')));
  }
}

test('whatever is leased, sold, returned, lost and voided, at once or in turn, every number is accounted for', async () => {
  const acts = fc.record({
    what: fc.constantFrom<Act['what']>(
      'sell',
      'sell',
      'sell',
      'lease',
      'return',
      'crash',
      'renew',
      'till',
      'tillReturn',
      'void',
    ),
    who: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 1, max: 9 }),
  });
  const rounds = fc.array(fc.array(acts, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(rounds, fc.integer({ min: 1, max: 6 }), async (plan, blockSize) => {
      await openHall(blockSize);
      // A process confirms one group at a time.
      for (const round of plan) {
        const sellers = new Set<number>();
        const together = round.filter(
          (one) => one.what !== 'sell' || (!sellers.has(one.who) && sellers.add(one.who)),
        );
        await Promise.all(together.map(act));
      }
      await audited();
    }),
    { numRuns: 25 },
  );
});
