import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { endHolds } from '../../src/holds/end-holds.store.ts';
import { placeHolds, type PlaceOrder } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let statements = 0;
let seat = 0;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 1, name: 'test' });
  hall = await createHall(pool, { seats: 3_000, standing: 5_000 });
  // What is analyzed meanwhile is planned anew, and planning runs what is constant in a statement.
  await pool.query(
    `do $$ declare t regclass; begin
       for t in select oid from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace loop
         execute format('alter table %s set (autovacuum_enabled = off)', t);
       end loop;
     end $$`,
  );
  // The server reports every statement it runs, those inside functions too; that of fiscal_content is an
  // expression, which PostgreSQL puts into the statement that calls it.
  const client = await pool.connect();
  client.on('notice', (notice) => {
    if (/^duration:.*plan:\nQuery Text:/.test(notice.message ?? '')) statements++;
  });
  await client.query(
    `load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
     set client_min_messages = log`,
  );
  client.release();
});
after(async () => {
  await pool.end();
  await database.drop();
});

async function counted(work: () => Promise<unknown>): Promise<number> {
  const already = statements;
  await work();
  return statements - already;
}

/** Orders of so many seats and as many standing places each. */
function orders(count: number, placesEach: number): PlaceOrder[] {
  return Array.from({ length: count }, () =>
    placeOrder(
      Array.from({ length: placesEach }, () => ++seat),
      placesEach,
    ),
  );
}

async function countGroup(
  count: number,
  placesEach: number,
): Promise<{ place: number; confirm: number; release: number }> {
  const group = orders(count, placesEach);
  const place = await counted(() => placeHolds(pool, hall, group, 600));
  const confirms = group.map((order) => confirmOrder(order.holdId));
  const confirm = await counted(async () => {
    const { outcomes } = await confirmSales(pool, hall, 1, confirms);
    assert.ok(outcomes.every((one) => one.outcome === 'confirmed'));
  });
  const released = orders(count, placesEach);
  await placeHolds(pool, hall, released, 600);
  const release = await counted(() =>
    endHolds(
      pool,
      hall,
      released.map((order) => order.holdId),
      'released',
    ),
  );
  return { place, confirm, release };
}

test('a group of 500 orders takes as many statements as a group of 1', async () => {
  const one = await countGroup(1, 1);
  assert.ok(one.place > 5 && one.confirm > 10 && one.release > 3, JSON.stringify(one));
  assert.deepEqual(await countGroup(500, 1), one);
});

test('a cart of 50 places takes as many statements as a cart of 1', async () => {
  assert.deepEqual(await countGroup(1, 25), await countGroup(1, 1));
});

test('from blocks, too: in stock, and when the group has to lease', async () => {
  const key = { tenantId: hall.tenantId, seriesId: 9 };
  await pool.query(
    `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number, numbering, block_size)
     values ($1, 9, 'B-', 8, 1, 1, 'preallocated', 1000)`,
    [hall.tenantId],
  );
  const count = async (orderCount: number, holderId: string) => {
    const group = orders(orderCount, 1);
    await placeHolds(pool, hall, group, 600);
    const confirms = group.map((order) => confirmOrder(order.holdId));
    return await counted(() => confirmSales(pool, hall, key.seriesId, confirms, holderId));
  };
  // Planning runs what is constant in a statement, and that is counted once.
  await count(1, 'planner');
  const leasing = await count(1, 'a');
  const inStock = await count(1, 'a');
  assert.ok(inStock > 10 && leasing > inStock, JSON.stringify({ leasing, inStock }));
  assert.equal(await count(300, 'a'), inStock);
  assert.equal(await count(300, 'b'), leasing);
});

/** Orders whose places take from a stage and a voucher. */
function pricedOrders(count: number): PlaceOrder[] {
  const take = (counter: string) => ({ counter, count: 1, limit: 100_000, exhausts: false });
  const terms = { buyer: null, paymentMethod: null, voucher: null, fees: [] };
  return orders(count, 1).map((order) => ({
    ...order,
    quote: { ...order.quote, terms, takes: [take('stage:1:early'), take('voucher:1')] },
  }));
}

test('with stages and vouchers a group takes as many statements whatever its size, and its confirmation as any other', async () => {
  const count = async (group: PlaceOrder[]) => {
    const place = await counted(() => placeHolds(pool, hall, group, 600));
    const confirms = group.map((order) => confirmOrder(order.holdId));
    const confirm = await counted(() => confirmSales(pool, hall, 1, confirms));
    return { place, confirm };
  };
  const plain = await count(orders(1, 1));
  const one = await count(pricedOrders(1));
  assert.deepEqual(await count(pricedOrders(300)), one);
  assert.equal(one.confirm, plain.confirm);
  // The counters of the group: made, locked and written.
  assert.equal(one.place, plain.place + 3);
});

test('control: a statement for each order would be counted', async () => {
  const group = orders(2, 1);
  await placeHolds(pool, hall, group, 600);
  const apart = await counted(async () => {
    for (const order of group) await confirmSales(pool, hall, 1, [confirmOrder(order.holdId)]);
  });
  const [order] = orders(1, 1);
  await placeHolds(pool, hall, [order!], 600);
  const together = await counted(() => confirmSales(pool, hall, 1, [confirmOrder(order!.holdId)]));
  assert.equal(apart, 2 * together);
});
