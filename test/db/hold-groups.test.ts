import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemIds } from '../../src/base/ids.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { endHolds, findExpiredHolds } from '../../src/holds/end-holds.store.ts';
import { extendHolds } from '../../src/holds/extend-holds.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { reader } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withoutGuard } from '../support/guards.ts';
import { createHall, placeOrder, type Hall } from '../support/hall.ts';
import { startProcess } from '../support/process.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 16, name: 'test' });
});
beforeEach(async () => {
  hall = await createHall(pool, { seats: 40, standing: 10 });
});
after(async () => {
  await pool.end();
  await database.drop();
});

async function heldSeats(): Promise<number[]> {
  const { rows } = await pool.query<{ seat_no: number }>(
    `select seat_no from seat_states where tenant_id = $1 and event_id = $2 and state = 'held' order by 1`,
    [hall.tenantId, hall.eventId],
  );
  return rows.map((row) => row.seat_no);
}

async function zoneHeld(): Promise<number> {
  const { rows } = await pool.query<{ held: number }>(
    'select held from zone_counters where tenant_id = $1 and event_id = $2 and zone_no = 2',
    [hall.tenantId, hall.eventId],
  );
  return rows[0]!.held;
}

test('seats and standing places of one cart are held together', async () => {
  const asked = Date.now();
  const group = await placeHolds(pool, hall, [placeOrder([1, 2], 3)], 600);
  const answered = Date.now();
  assert.deepEqual(group.outcomes, ['placed']);
  assert.deepEqual(await heldSeats(), [1, 2]);
  assert.equal(await zoneHeld(), 3);
  assert.equal(group.zonesLeft.get(2), 7);
  const placedAt = group.expiresAt.getTime() - 600_000;
  assert.ok(placedAt >= asked - 1 && placedAt <= answered + 1, `${asked} ${placedAt} ${answered}`);
});

test('inside a group the first asker wins a seat, and the second is asked to come again', async () => {
  const orders = [placeOrder([5, 6]), placeOrder([6, 7]), placeOrder([8])];
  const group = await placeHolds(pool, hall, orders, 600);
  assert.deepEqual(group.outcomes, ['placed', 'again', 'placed']);
  assert.deepEqual(await heldSeats(), [5, 6, 8]);
  const next = await placeHolds(pool, hall, [orders[1]!], 600);
  assert.deepEqual(next.outcomes, ['taken']);
  assert.deepEqual([...next.freeSeats], [7]);
});

test('an asker who is refused does not stand in the way of the next', async () => {
  await placeHolds(pool, hall, [placeOrder([1])], 600);
  const group = await placeHolds(pool, hall, [placeOrder([1, 2]), placeOrder([2, 3])], 600);
  assert.deepEqual(group.outcomes, ['taken', 'placed']);
});

test('the last standing places go to the first who fit, and nothing is oversold', async () => {
  const group = await placeHolds(
    pool,
    hall,
    [placeOrder([], 6), placeOrder([], 6), placeOrder([], 4), placeOrder([], 11)],
    600,
  );
  assert.deepEqual(group.outcomes, ['placed', 'again', 'again', 'taken']);
  const next = await placeHolds(pool, hall, [placeOrder([], 6), placeOrder([], 4)], 600);
  assert.deepEqual(next.outcomes, ['taken', 'placed']);
  assert.equal(await zoneHeld(), 10);
});

test('a cart is held whole or not at all', async () => {
  const group = await placeHolds(pool, hall, [placeOrder([1, 2], 11)], 600);
  assert.deepEqual(group.outcomes, ['taken']);
  assert.deepEqual(await heldSeats(), []);
  assert.equal(await zoneHeld(), 0);
});

test('a group that is sent twice, since its answer was lost, holds once', async () => {
  const order = placeOrder([1, 2], 2);
  await placeHolds(pool, hall, [order], 600);
  const repeated = await placeHolds(pool, hall, [order], 600);
  assert.deepEqual(repeated.outcomes, ['placed']);
  assert.deepEqual(await heldSeats(), [1, 2]);
  assert.equal(await zoneHeld(), 2);
});

test('groups of several processes at once never hold a seat twice', async () => {
  const groups = Array.from({ length: 12 }, () =>
    Array.from({ length: 20 }, (_, i) => placeOrder([i + 1, i + 2])),
  );
  const results = await Promise.all(groups.map((orders) => placeHolds(pool, hall, orders, 600)));
  const won = results.flatMap((result, g) =>
    result.outcomes.flatMap((outcome, i) => (outcome === 'placed' ? groups[g]![i]!.cart.seatNos : [])),
  );
  assert.equal(new Set(won).size, won.length);
  assert.deepEqual(
    await heldSeats(),
    won.toSorted((a, b) => a - b),
  );
});

test('control: without the rank inside the group, a seat is held twice', () =>
  withoutGuard(
    pool,
    'place_holds',
    /when o\.ord in \(select b\.ord from beaten b\) then 'again'/,
    '',
    async () => {
      const group = await placeHolds(pool, hall, [placeOrder([5, 6]), placeOrder([6, 7])], 600);
      assert.deepEqual(group.outcomes, ['placed', 'placed']);
    },
  ));

test('control: without the look at its state, a seat that is held is held again', () =>
  withoutGuard(pool, 'place_holds', /and state = 'free'/, '', async () => {
    await placeHolds(pool, hall, [placeOrder([5])], 600);
    const group = await placeHolds(pool, hall, [placeOrder([5])], 600);
    assert.deepEqual(group.outcomes, ['placed']);
  }));

test('an event that is not on sale holds nothing', async () => {
  await pool.query(
    "update events set sales_end_at = now() - interval '1 second' where tenant_id = $1 and event_id = $2",
    [hall.tenantId, hall.eventId],
  );
  const group = await placeHolds(pool, hall, [placeOrder([1]), placeOrder([], 1)], 600);
  assert.deepEqual(group.outcomes, ['sales_closed', 'sales_closed']);
  assert.deepEqual(await heldSeats(), []);
});

test('a released hold frees its places, once', async () => {
  const order = placeOrder([3, 4], 2);
  await placeHolds(pool, hall, [order], 600);
  const first = await endHolds(pool, hall, [order.holdId], 'released');
  assert.deepEqual([...first.ended], [order.holdId]);
  assert.deepEqual(
    first.change.seats.map((seat) => seat.seatNo).toSorted((a, b) => a - b),
    [3, 4],
  );
  assert.deepEqual(first.change.zones, [{ zoneNo: 2, left: 10 }]);
  const second = await endHolds(pool, hall, [order.holdId], 'released');
  assert.equal(second.ended.size, 0);
  assert.deepEqual(await heldSeats(), []);
  assert.equal(await zoneHeld(), 0);
});

test('only holds whose time has come expire, by the clock of the database', async () => {
  const late = placeOrder([1]);
  const early = placeOrder([2]);
  await placeHolds(pool, hall, [late], 0);
  await placeHolds(pool, hall, [early], 600);
  const { holds: found } = await findExpiredHolds(reader(pool), new Date(0), 100);
  assert.deepEqual(
    found.map((hold) => hold.holdId),
    [late.holdId],
  );
  const { ended } = await endHolds(pool, hall, [late.holdId, early.holdId], 'expired');
  assert.deepEqual([...ended], [late.holdId]);
  assert.deepEqual(await heldSeats(), [2]);
});

test('a process whose own clock is an hour off ends all the same what expires by the clock of the database', async () => {
  for (const offSeconds of [-3_600, 3_600]) {
    const clock = { now: () => new Date(Date.now() + offSeconds * 1_000) };
    const process = await startProcess(database.url, pool, undefined, undefined, { clock, ids: systemIds });
    await process.holds.sweepExpired();
    await placeHolds(pool, hall, [placeOrder([1])], 0);
    await process.holds.sweepExpired();
    assert.deepEqual(await heldSeats(), [], `off by ${offSeconds} s`);
    await process.stop();
  }
});

test('a process that starts looks back to the last sweep of any, and a day more', async () => {
  const sweep = async () => {
    const process = await startProcess(database.url, pool);
    await process.holds.sweepExpired();
    await process.stop();
  };
  const expire = (seatNo: number, ago: string) =>
    pool.query(
      'update holds set expires_at = now() - $2::interval where tenant_id = $1 and $3 = any (line_seat)',
      [hall.tenantId, ago, seatNo],
    );
  await sweep();
  await placeHolds(pool, hall, [placeOrder([1]), placeOrder([2])], 600);
  await expire(1, '23 hours');
  await expire(2, '6 days');
  await sweep();
  assert.deepEqual(await heldSeats(), [2], 'what had expired long before the last sweep was seen by it');
  await pool.query(`update hold_sweep_mark set swept_until = now() - interval '7 days'`);
  await sweep();
  assert.deepEqual(await heldSeats(), [], 'nobody had swept for a week');
  const { rows } = await pool.query(
    `select from hold_sweep_mark where swept_until > now() - interval '1 hour'`,
  );
  assert.equal(rows.length, 1, 'the sweep is noted for the next');
});

test('a hold is extended as often as the limit allows, and never once it has expired', async () => {
  const order = placeOrder([1]);
  const expired = placeOrder([2]);
  await placeHolds(pool, hall, [order], 600);
  await placeHolds(pool, hall, [expired], 0);
  const ids = [order.holdId, expired.holdId];
  const first = await extendHolds(pool, hall.tenantId, ids, 300, 2);
  assert.deepEqual([...first.keys()], [order.holdId]);
  assert.equal((await extendHolds(pool, hall.tenantId, ids, 300, 2)).size, 1);
  assert.equal((await extendHolds(pool, hall.tenantId, ids, 300, 2)).size, 0);
});
