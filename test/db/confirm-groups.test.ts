import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { uuidv7 } from '../../src/base/ids.ts';
import { confirmSales, type ConfirmOrder } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { endHolds } from '../../src/holds/end-holds.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { gate, throughGate } from '../support/gate.ts';
import { withoutGuard } from '../support/guards.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let tenantId = 0;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 26, name: 'test' });
});
beforeEach(async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 200, standing: 50 });
});
after(async () => {
  await pool.end();
  await database.drop();
});

/** Holds the given seats (and standing places), one hold for each, and returns the holds' ids. */
async function hold(...carts: [number[], number?][]): Promise<string[]> {
  const orders = carts.map(([seatNos, standing]) => placeOrder(seatNos, standing));
  const { outcomes } = await placeHolds(pool, hall, orders, 600);
  assert.ok(outcomes.every((outcome) => outcome === 'placed'));
  return orders.map((order) => order.holdId);
}

const confirm = async (...orders: ConfirmOrder[]) => (await confirmSales(pool, hall, 1, orders)).outcomes;
const names = async (...orders: ConfirmOrder[]) => (await confirm(...orders)).map((one) => one.outcome);

async function count(table: string, where = 'true'): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from ${table} where tenant_id = $1 and ${where}`,
    [hall.tenantId],
  );
  return rows[0]!.n;
}

test('a confirmed sale has its items, payment, steps, document and sold places', async () => {
  const [holdId] = await hold([[1, 2], 3]);
  const order = confirmOrder(holdId!);
  const [result] = await confirm(order);
  assert.ok(result?.outcome === 'confirmed');
  assert.deepEqual(result.sale, {
    transactionId: order.transactionId,
    fiscalNumber: 'A-00000001',
    total: 2 * 2_900 + 3_480,
    currency: 'USD',
  });
  assert.equal(await count('transaction_items'), 5);
  assert.equal(await count('payments', "state = 'captured' and amount = 9280"), 1);
  assert.equal(await count('steps', "name in ('tickets', 'email', 'statistics')"), 3);
  assert.equal(await count('seat_states', "state = 'sold'"), 2);
  assert.equal(await count('zone_counters', 'held = 0 and sold = 3'), 1);
  assert.equal(await count('holds', `state = 'confirmed' and transaction_id = '${order.transactionId}'`), 1);
});

test('numbers follow the order of the group, and the next group goes on from there', async () => {
  const holds = await hold([[1]], [[2]], [[3]], [[4]]);
  const numbers = (await confirm(...holds.slice(0, 3).map((id) => confirmOrder(id)))).map(
    (one) => 'sale' in one && one.sale.fiscalNumber,
  );
  assert.deepEqual(numbers, ['A-00000001', 'A-00000002', 'A-00000003']);
  const [next] = await confirm(confirmOrder(holds[3]!));
  assert.ok(next && 'sale' in next && next.sale.fiscalNumber === 'A-00000004');
});

test('documents are chained by hash, within a group and across groups', async () => {
  const holds = await hold([[1]], [[2]], [[3]]);
  await confirm(confirmOrder(holds[0]!), confirmOrder(holds[1]!));
  await confirm(confirmOrder(holds[2]!));
  const { rows } = await pool.query<{ hash: Buffer; content: string }>(
    `select hash, fiscal_content(series_id, number, transaction_id, issued_at, taxes, total, currency) as content
       from fiscal_documents where tenant_id = $1 order by number`,
    [hall.tenantId],
  );
  let previous = Buffer.alloc(0);
  for (const row of rows) {
    previous = createHash('sha256').update(previous).update(row.content).digest();
    assert.deepEqual(row.hash, previous);
  }
  assert.equal(rows.length, 3);
});

test("every refusal is its order's own and disturbs no neighbour", async () => {
  const [good, released, expired, elsewhere] = await hold([[1]], [[2]], [[3]], [[4]]);
  await endHolds(pool, hall, [released!], 'released');
  await pool.query(`update holds set expires_at = now() where hold_id = $1`, [expired]);
  await confirm(confirmOrder(elsewhere!));
  const outcomes = await names(
    confirmOrder(released!),
    confirmOrder(expired!),
    confirmOrder(uuidv7(Date.now())),
    confirmOrder(elsewhere!),
    confirmOrder(good!),
  );
  assert.deepEqual(outcomes, [
    'hold_released',
    'hold_expired',
    'hold_not_found',
    'hold_already_confirmed',
    'confirmed',
  ]);
  assert.equal(await count('transactions'), 2);
  assert.equal(await count('idempotency_keys'), 2);
});

test('the same key replays the first sale and writes; with another body it is refused', async () => {
  const [holdId] = await hold([[1]]);
  const order = confirmOrder(holdId!);
  const [first] = await confirm(order);
  const [again] = await confirm({ ...order, transactionId: uuidv7(Date.now()) });
  assert.ok(first && again && 'sale' in first && 'sale' in again);
  assert.equal(again.outcome, 'replayed');
  assert.deepEqual(again.sale, first.sale);
  assert.equal(await count('idempotency_keys', 'replays = 1'), 1);
  assert.deepEqual(await names({ ...order, bodyDigest: uuidv7(Date.now()) }), ['key_reused']);
  assert.equal(await count('transactions'), 1);
});

test('inside a group the same key or the same hold is asked to come again', async () => {
  const [one, other] = await hold([[1]], [[2]]);
  const first = confirmOrder(one!);
  const orders = [
    first,
    { ...first },
    confirmOrder(one!),
    { ...first, holdId: other!, bodyDigest: uuidv7(Date.now()) },
  ];
  assert.deepEqual(await names(...orders), ['confirmed', 'again', 'again', 'again']);
  assert.deepEqual(await names(...orders.slice(1)), ['replayed', 'hold_already_confirmed', 'key_reused']);
});

test('a change of prices or taxes, or another expected total, makes the quote stale', async () => {
  const [a, b, c] = await hold([[1]], [[2]], [[3]]);
  assert.deepEqual(await names(confirmOrder(a!, { expectedTotal: 1 })), ['stale']);
  await pool.query('update sellers set tax_version = 2 where tenant_id = $1', [hall.tenantId]);
  assert.deepEqual(await names(confirmOrder(a!)), ['stale']);
  await pool.query('update sellers set tax_version = 1 where tenant_id = $1', [hall.tenantId]);
  await pool.query('update events set pricing_version = 2 where tenant_id = $1', [hall.tenantId]);
  assert.deepEqual(await names(confirmOrder(b!)), ['stale']);
  await pool.query('update events set pricing_version = 1 where tenant_id = $1', [hall.tenantId]);
  await pool.query('update holds set quote_valid_until = now() where hold_id = $1', [c]);
  assert.deepEqual(await names(confirmOrder(c!)), ['stale']);
  assert.deepEqual(await names(confirmOrder(a!, { expectedTotal: 2_900 }), confirmOrder(b!)), [
    'confirmed',
    'confirmed',
  ]);
});

test('two processes that confirm one hold at once make one sale', async () => {
  const holds = await hold(...Array.from({ length: 40 }, (_, i): [number[]] => [[i + 1]]));
  const groups = Array.from({ length: 6 }, () => holds.map((id) => confirmOrder(id)));
  const results = await Promise.all(groups.map((orders) => confirm(...orders)));
  for (const [i] of holds.entries()) {
    const outcomes = results.map((group) => group[i]!.outcome).toSorted();
    assert.deepEqual(outcomes, ['confirmed', ...Array.from({ length: 5 }, () => 'hold_already_confirmed')]);
  }
  assert.equal(await count('transactions'), 40);
});

test('two processes with the same key and body at once: one makes the sale, the other replays it', async () => {
  for (let round = 1; round <= 20; round++) {
    const [holdId] = await hold([[round]]);
    const order = confirmOrder(holdId!);
    const results = await Promise.all(
      Array.from({ length: 4 }, () => confirm({ ...order, transactionId: uuidv7(Date.now()) })),
    );
    const outcomes = results.map(([one]) => one!.outcome).toSorted();
    assert.deepEqual(outcomes, ['confirmed', 'replayed', 'replayed', 'replayed']);
  }
  assert.equal(await count('transactions'), 20);
});

test('control: without the lock on the hold, two processes at once do not both end well', () =>
  withoutGuard(
    pool,
    'confirm_sales',
    /order by hold_id for update\) h;/,
    `) h; perform pg_advisory_xact_lock_shared(${gate});`,
    async () => {
      const [holdId] = await hold([[1]]);
      const results = await throughGate(pool, { query: 'confirm_sales', count: 2 }, () =>
        Promise.allSettled([confirm(confirmOrder(holdId!)), confirm(confirmOrder(holdId!))]),
      );
      // The guard lets one make the sale and tells the other so.
      const outcomes = results.map((result) =>
        result.status === 'fulfilled' ? result.value[0]!.outcome : 'failed',
      );
      assert.notDeepEqual(outcomes.toSorted(), ['confirmed', 'hold_already_confirmed']);
    },
  ));

test('control: without the look at the clock under the lock, an expired hold is sold', () =>
  withoutGuard(pool, 'confirm_sales', /or h\.expires_at <= v_now/, '', async () => {
    const [holdId] = await hold([[1]]);
    await pool.query('update holds set expires_at = now() where hold_id = $1', [holdId]);
    assert.deepEqual(await names(confirmOrder(holdId!)), ['confirmed']);
  }));

test('control: without the first look at the keys, a replay makes no answer', () =>
  withoutGuard(pool, 'confirm_sales', /k\.key_digest = any \(p_keys\)/, 'false', async () => {
    const [holdId] = await hold([[1]]);
    const order = confirmOrder(holdId!);
    assert.deepEqual(await names(order), ['confirmed']);
    assert.deepEqual(await names(order), ['hold_already_confirmed']);
  }));

test('the same key for two holds at once makes one sale', async () => {
  for (let round = 0; round < 10; round++) {
    const [one, other] = await hold([[2 * round + 1]], [[2 * round + 2]]);
    const keyDigest = uuidv7(Date.now());
    const results = await Promise.all([
      confirm(confirmOrder(one!, { keyDigest })),
      confirm(confirmOrder(other!, { keyDigest })),
    ]);
    const outcomes = results.map(([result]) => result!.outcome).toSorted();
    assert.ok(['again,confirmed', 'confirmed,key_reused'].includes(outcomes.join()), outcomes.join());
  }
});

test('numbers have no gap and instants never go back when groups of several processes meet', async () => {
  const holds = await hold(...Array.from({ length: 120 }, (_, i): [number[]] => [[i + 1]]));
  await Promise.all(
    Array.from({ length: 24 }, (_, g) =>
      confirm(...holds.slice(5 * g, 5 * g + 5).map((id) => confirmOrder(id))),
    ),
  );
  const { rows } = await pool.query<{ gaps: number; back: number; last: number }>(
    `select count(*) filter (where number <> place) as gaps, count(*) filter (where issued_at < before) as back, max(number) as last
       from (select number, issued_at, row_number() over w as place, lag(issued_at) over w as before
               from fiscal_documents where tenant_id = $1 window w as (order by number)) d`,
    [hall.tenantId],
  );
  assert.deepEqual(rows[0], { gaps: 0, back: 0, last: 120 });
});

test('events of one seller share its series; another seller has its own', async () => {
  const numberOf = async () => {
    const [holdId] = await hold([[1]]);
    const [result] = await confirm(confirmOrder(holdId!));
    return result && 'sale' in result && result.sale.fiscalNumber;
  };
  assert.equal(await numberOf(), 'A-00000001');
  hall = await createHall(pool, { tenantId });
  assert.equal(await numberOf(), 'A-00000002');
  hall = await createHall(pool, { tenantId: ++tenantId });
  assert.equal(await numberOf(), 'A-00000001');
});

test('a bad row fails its group as a whole and leaves nothing', async () => {
  const [one, other] = await hold([[1]], [[2]]);
  const bad = confirmOrder(other!, { payment: { method: 'barter' as 'cash' } });
  await assert.rejects(confirm(confirmOrder(one!), bad));
  assert.equal(await count('transactions'), 0);
  assert.equal(await count('idempotency_keys'), 0);
  assert.equal(await count('seat_states', "state = 'sold'"), 0);
});
