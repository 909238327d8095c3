import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Problem } from '../../src/base/errors.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import type { LiveEvent } from '../../src/catalog/live-event.ts';
import type { ConfirmRequest } from '../../src/checkout/checkout.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { untilServed } from '../support/served.ts';
import { waitUntil } from '../support/wait.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let tenantId = 0;
let one: TestProcess;
let other: TestProcess;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
  one = await startProcess(database.url, pool);
  other = await startProcess(database.url, pool);
});
beforeEach(async () => {
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 60, standing: 20 });
});
after(async () => {
  await one.stop();
  await other.stop();
  await pool.end();
  await database.drop();
});

async function live(process: TestProcess): Promise<LiveEvent> {
  const found = await process.events.get(hall);
  assert.ok(found);
  return found;
}

async function hold(process: TestProcess, seatNos: number[], standing = 0): Promise<string> {
  const zones = standing > 0 ? [{ zoneNo: 2, quantity: standing }] : [];
  return (await process.holds.place(await live(process), { seatNos, zones })).hold.holdId;
}

function request(holdId: string, changes: Partial<ConfirmRequest> = {}): ConfirmRequest {
  return {
    key: hall,
    holdId,
    keyDigest: uuidv7(Date.now()),
    bodyDigest: uuidv7(Date.now()),
    customer: { name: 'Ana', email: 'ana@example.com', locale: 'es' },
    payment: { method: 'cash' },
    expectedTotal: null,
    ...changes,
  };
}

const problem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

test('a sale is confirmed, its steps handed over, and every process knows its seats are sold', async () => {
  await live(other);
  const holdId = await hold(one, [1, 2], 3);
  const seen = await live(other);
  await waitUntil('the other knows what is held', () => !seen.isFree(1) && seen.available(2) === 17);
  const { sale } = await one.checkout.confirm(request(holdId));
  assert.equal(sale.fiscalNumber, 'A-00000001');
  assert.ok(one.handedOver.some((handed) => handed.transactionId === sale.transactionId));
  await waitUntil('the other knows what is sold', () => seen.availability.seats[0] === 2);
});

test('1,000 buyers for the last seat from two processes: one wins', async () => {
  const buyers = Array.from({ length: 1_000 }, (_, i) => untilServed(() => hold(i % 2 ? one : other, [7])));
  const results = await Promise.allSettled(buyers);
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  for (const result of results) {
    if (result.status === 'rejected') assert.ok(problem('seat_unavailable')(result.reason));
  }
});

test('best available gives everybody other seats, until there are none', async () => {
  const event = await live(one);
  const wanted = Array.from({ length: 40 }, () =>
    untilServed(() => one.holds.place(event, { bestAvailable: { quantity: 2, zoneNo: 1 } })),
  );
  const results = await Promise.allSettled(wanted);
  const seats = results.flatMap((result) =>
    result.status === 'fulfilled' ? result.value.hold.cart.seatNos : [],
  );
  assert.equal(seats.length, 60);
  assert.equal(new Set(seats).size, 60);
});

test('best available in an event without numbered seats takes the first zone with room', async () => {
  hall = await createHall(pool, { tenantId, seats: 0, standing: 3 });
  const event = await live(one);
  const { hold: placed, split } = await one.holds.place(event, { bestAvailable: { quantity: 2 } });
  assert.deepEqual([placed.cart, split], [{ seatNos: [], zones: [{ zoneNo: 2, quantity: 2 }] }, false]);
  await assert.rejects(
    one.holds.place(event, { bestAvailable: { quantity: 2 } }),
    problem('seat_unavailable'),
  );
});

test('a change of the tax that leaves the total alone is not noticed by the buyer', async () => {
  const holdId = await hold(one, [1]);
  await pool.query('update sellers set tax_version = tax_version + 1 where tenant_id = $1', [hall.tenantId]);
  const { sale } = await one.checkout.confirm(request(holdId));
  assert.equal(sale.total, 2_900);
});

test('a changed price is refused with the new quote, and confirmed once the buyer expects it', async () => {
  const holdId = await hold(one, [1]);
  await pool.query('update categories set price = 3000 where tenant_id = $1', [hall.tenantId]);
  await pool.query('update events set pricing_version = pricing_version + 1 where tenant_id = $1', [
    hall.tenantId,
  ]);
  const refused = request(holdId);
  await assert.rejects(one.checkout.confirm(refused), (error) => {
    assert.ok(error instanceof Problem && error.code === 'price_changed');
    assert.equal((error.members!['quote'] as { total: number }).total, 3_480);
    return true;
  });
  const { sale } = await one.checkout.confirm({
    ...refused,
    bodyDigest: uuidv7(Date.now()),
    expectedTotal: 3_480,
  });
  assert.equal(sale.total, 3_480);
});

test('a buyer who expects another total than the hold quoted is told the price', async () => {
  const holdId = await hold(one, [1]);
  await assert.rejects(one.checkout.confirm(request(holdId, { expectedTotal: 1 })), problem('price_changed'));
  await one.checkout.confirm(request(holdId, { expectedTotal: 2_900 }));
});

test('a tax rule that begins between hold and confirm changes the price', async () => {
  await pool.query(
    `insert into tax_rules (tenant_id, tax_rule_id, name, kind, rate_ppm, inclusion, valid_from)
     values ($1, 2, 'IGTF', 'percentage', 30000, 'added', now() + interval '1 hour')`,
    [hall.tenantId],
  );
  const holdId = await hold(one, [1]);
  await one.checkout.confirm(request(await hold(one, [2])));
  // An hour passes at once: by the clock of the process, and by that of the database.
  await pool.query('update holds set quote_valid_until = now() where hold_id = $1', [holdId]);
  one.clock.aheadSeconds = 3_601;
  try {
    await assert.rejects(one.checkout.confirm(request(holdId)), problem('price_changed'));
  } finally {
    one.clock.aheadSeconds = 0;
  }
});

test('a hold that expires is swept, its places are free again, and it cannot be confirmed', async () => {
  const holdId = await hold(one, [9], 2);
  await pool.query('update holds set expires_at = now() where hold_id = $1', [holdId]);
  await assert.rejects(one.checkout.confirm(request(holdId)), problem('hold_expired'));
  await one.holds.sweepExpired();
  const event = await live(one);
  assert.ok(event.isFree(9));
  assert.equal(event.available(2), 20);
  await assert.rejects(one.checkout.confirm(request(holdId)), problem('hold_expired'));
});

test('a hold that expires while it is confirmed ends one way: sold or free, never both', async () => {
  for (let seatNo = 1; seatNo <= 20; seatNo++) {
    const holdId = await hold(one, [seatNo]);
    await pool.query(`update holds set expires_at = now() + interval '3 milliseconds' where hold_id = $1`, [
      holdId,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    const [confirmed] = await Promise.allSettled([
      one.checkout.confirm(request(holdId)),
      other.holds.sweepExpired(),
      one.holds.sweepExpired(),
    ]);
    await one.holds.sweepExpired();
    const { rows } = await pool.query<{ state: string }>(
      'select state from seat_states where tenant_id = $1 and event_id = $2 and seat_no = $3',
      [hall.tenantId, hall.eventId, seatNo],
    );
    assert.equal(rows[0]!.state, confirmed.status === 'fulfilled' ? 'sold' : 'free');
  }
});

test('a released hold is free for others, and releasing it again changes nothing', async () => {
  const holdId = await hold(one, [3]);
  const event = await live(one);
  await one.holds.release(event, holdId);
  await one.holds.release(event, holdId);
  await assert.rejects(one.checkout.confirm(request(holdId)), problem('hold_released'));
  const again = await hold(one, [3]);
  await one.checkout.confirm(request(again));
  await assert.rejects(one.holds.release(event, again), problem('hold_already_confirmed'));
});

test('a hold is extended twice and no more', async () => {
  const event = await live(one);
  const { hold: placed } = await one.holds.place(event, { seatNos: [4], zones: [] });
  const first = await one.holds.extend(event, placed.holdId);
  assert.equal(first.expiresAt.getTime() - placed.expiresAt.getTime(), 300_000);
  await one.holds.extend(event, placed.holdId);
  await assert.rejects(one.holds.extend(event, placed.holdId), problem('hold_extension_limit'));
});
