import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { Problem } from '../../src/base/errors.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import type { ConfirmRequest } from '../../src/checkout/checkout.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { endHolds } from '../../src/holds/end-holds.store.ts';
import type { Hold } from '../../src/holds/hold.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { customerKey, noWishes, type Wishes } from '../../src/pricing/cart-rules.ts';
import type { PriceList, Take } from '../../src/pricing/price-list.ts';
import type { Cart } from '../../src/pricing/quote.ts';
import { findVoucher } from '../../src/pricing/voucher.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { withoutGuard } from '../support/guards.ts';
import { createHall, placeOrder, type Hall } from '../support/hall.ts';
import { setPrices } from '../support/prices.ts';
import { startProcess, type TestProcess } from '../support/process.ts';
import { untilServed } from '../support/served.ts';

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
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 200, standing: 500 });
});
after(async () => {
  const { violations, lines } = await runAudit(pool);
  await one.stop();
  await other.stop();
  await pool.end();
  await database.drop();
  assert.equal(violations, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});

const early = (quantity: number): Partial<PriceList> => ({
  stages: [
    {
      code: 'early',
      name: 'Early bird',
      zoneNos: null,
      from: null,
      until: null,
      quantity,
      change: { kind: 'percentage', ppm: -200_000 },
    },
  ],
});

async function addVoucher(columns: Record<string, unknown> = {}): Promise<void> {
  const row = {
    tenant_id: hall.tenantId,
    voucher_id: 1,
    code: 'AMIGO',
    event_id: hall.eventId,
    effect: 'percentage',
    value: 100_000,
    currency: 'USD',
    created_at: new Date(),
    ...columns,
  };
  const names = Object.keys(row);
  await pool.query(
    `insert into vouchers (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
}

const withVoucher = async (more: Partial<Wishes> = {}): Promise<Wishes> => ({
  ...noWishes,
  voucher: await findVoucher(reader(pool), hall.tenantId, 'amigo'),
  ...more,
});
const buyer = (email: string) => ({ kind: 'person' as const, key: customerKey(email) });
const standing = (quantity: number): Cart => ({ seatNos: [], zones: [{ zoneNo: 2, quantity }] });
const seat = (no: number): Cart => ({ seatNos: [no], zones: [] });
const problem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

async function place(process: TestProcess, cart: Cart, wishes: Wishes = noWishes): Promise<Hold> {
  const live = await process.events.get(hall);
  return (await untilServed(() => process.holds.place(live!, cart, wishes))).hold;
}

async function used(counter: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ used: number }>(
    'select used from use_counters where tenant_id = $1 and counter_key = $2',
    [hall.tenantId, counter],
  );
  return rows[0]?.used;
}

function confirmation(holdId: string, changes: Partial<ConfirmRequest> = {}): ConfirmRequest {
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

/** Tickets that were held in the stage and beside it, over all holds. */
function count(holds: Hold[]): { early: number; later: number } {
  const lines = holds.flatMap((hold) => hold.quote.lines);
  const sum = (of: typeof lines) => of.reduce((total, line) => total + line.quantity, 0);
  return {
    early: sum(lines.filter((line) => line.stage === 'early')),
    later: sum(lines.filter((line) => line.stage === undefined)),
  };
}

const stage = () => `stage:${hall.eventId}:early`;
const take = (change: Partial<Take>): Take => ({
  counter: 'voucher:1',
  count: 1,
  limit: 1,
  exhausts: false,
  ...change,
});

test('the last use of a voucher among 100 buyers at two processes goes to one of them', async () => {
  await addVoucher({ uses_max: 1 });
  const wishes = await withVoucher();
  const buyers = Array.from({ length: 100 }, (_, i) => place(i % 2 ? one : other, seat(i + 1), wishes));
  const results = await Promise.allSettled(buyers);
  const won = results.filter((result) => result.status === 'fulfilled');
  assert.equal(won.length, 1);
  assert.ok(
    results.every((result) => result.status === 'fulfilled' || problem('voucher_used_up')(result.reason)),
  );
  assert.equal(await used('voucher:1'), 1);
});

const lastUse = (group: number) =>
  Array.from({ length: 5 }, (_, i) => {
    const order = placeOrder([group * 5 + i + 1]);
    return { ...order, quote: { ...order.quote, takes: [take({})] } };
  });

test('inside a group and between groups one order takes the last of a counter', async () => {
  const groups = await Promise.all([0, 1, 2, 3].map((group) => placeHolds(pool, hall, lastUse(group), 600)));
  const outcomes = groups.flatMap((group) => group.outcomes);
  assert.equal(outcomes.filter((outcome) => outcome === 'placed').length, 1);
  assert.equal(outcomes.filter((outcome) => outcome === 'stale').length, 19);
});

test('control: without the look at what is left, only the check of the table is in the way', () =>
  withoutGuard(
    pool,
    'place_holds',
    /and p_take_counts\[v_until\] <= greatest\(0, p_take_limits\[v_until\] - counters_used\[p_take_counters\[v_until\]\]\)/,
    '',
    () => assert.rejects(placeHolds(pool, hall, lastUse(0), 600), /use_counters_check/),
  ));

test("the last tickets of a stage go one by one, whatever the carts' sizes, and the next costs the next price", async () => {
  await setPrices(pool, hall, early(50));
  const carts = Array.from({ length: 40 }, (_, i) => place(i % 2 ? one : other, standing((i % 4) + 1)));
  const holds = await Promise.all(carts);
  assert.deepEqual(count(holds), { early: 50, later: 50 });
  assert.equal(await used(stage()), 50);
});

test('a stage counts the tickets of all its zones, and a cart spans its end at the very ticket', async () => {
  await setPrices(pool, hall, early(5));
  await place(one, { seatNos: [1], zones: [{ zoneNo: 2, quantity: 2 }] });
  const { quote } = await place(other, { seatNos: [2], zones: [{ zoneNo: 2, quantity: 3 }] });
  assert.deepEqual(
    quote.lines.map((line) => [line.zoneNo, line.quantity, line.unitPrice]),
    [
      [1, 1, 2_000],
      [2, 1, 800],
      [2, 2, 1_000],
    ],
  );
});

test('what a hold took of a stage comes back with it, even where another process believes the stage has ended', async () => {
  await setPrices(pool, hall, early(4));
  const gone = await place(one, standing(4));
  assert.deepEqual(count([await place(other, standing(1))]), { early: 0, later: 1 });
  await endHolds(pool, hall, [gone.holdId], 'released');
  assert.equal(await used(stage()), 0);
  assert.deepEqual(count([await place(other, standing(6))]), { early: 4, later: 2 });
});

test('control: without the look whether all is taken, a ticket of the stage is left and the next price paid', () =>
  withoutGuard(pool, 'place_holds', /and \(not p_take_exhausts\[v_until\] or/, 'and (true or', async () => {
    await setPrices(pool, hall, early(4));
    const gone = await place(one, standing(4));
    await place(other, standing(1));
    await endHolds(pool, hall, [gone.holdId], 'released');
    assert.deepEqual(count([await place(other, standing(6))]), { early: 0, later: 6 });
  }));

test('an expired hold gives its uses back, and a confirmed one keeps them', async () => {
  await addVoucher({ uses_max: 1 });
  const expired = await place(one, seat(1), await withVoucher());
  await pool.query('update holds set expires_at = now() where hold_id = $1', [expired.holdId]);
  await one.holds.sweepExpired();
  assert.equal(await used('voucher:1'), 0);
  const sold = await place(one, seat(2), await withVoucher());
  const { sale } = await one.checkout.confirm(confirmation(sold.holdId));
  assert.equal(sale.total, 2_610);
  assert.equal(await used('voucher:1'), 1);
  await assert.rejects(place(one, seat(3), await withVoucher()), problem('voucher_used_up'));
});

test('a voucher is used as often by one customer as it says, and confirmed by that customer alone', async () => {
  await addVoucher({ customer_uses_max: 1 });
  await assert.rejects(place(one, seat(1), await withVoucher()), problem('customer_required'));
  const anas = await withVoucher({ buyer: buyer('ana@example.com') });
  const hold = await place(one, seat(1), anas);
  await assert.rejects(place(other, seat(2), anas), problem('voucher_customer_limit'));
  const luis = await place(other, seat(2), await withVoucher({ buyer: buyer('luis@example.com') }));
  await assert.rejects(one.checkout.confirm(confirmation(luis.holdId)), problem('customer_changed'));
  await one.checkout.confirm(confirmation(hold.holdId));
});

test('a customer buys as many places over all orders as one may, though they ask all at once', async () => {
  await setPrices(pool, hall, { customerPlacesMax: 4 });
  const wishes = { ...noWishes, buyer: buyer('ana@example.com') };
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => place(i % 2 ? one : other, standing(1), wishes)),
  );
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 4);
  await assert.rejects(place(one, standing(1)), problem('customer_required'));
});

test('places kept for a voucher are not sold to others, and its holders get them', async () => {
  await pool.query('update zone_counters set capacity = 10 where tenant_id = $1', [hall.tenantId]);
  await pool.query('update zones set capacity = 10 where tenant_id = $1 and zone_no = 2', [hall.tenantId]);
  await addVoucher({ reserved_zones: [2], reserved_places: [6], effect: 'access', value: 0 });
  await place(one, standing(3));
  await assert.rejects(place(other, standing(2)), problem('seat_unavailable'));
  await place(other, standing(4), await withVoucher());
  await place(one, standing(1));
  await assert.rejects(place(one, standing(1)), problem('seat_unavailable'));
  await assert.rejects(place(one, standing(3), await withVoucher()), problem('seat_unavailable'));
  await place(one, standing(2), await withVoucher());
});

test('control: without what is kept, others get those places', () =>
  withoutGuard(pool, 'place_holds', / - v_kept\[i\] as places/, ' as places', async () => {
    await pool.query('update zone_counters set capacity = 10 where tenant_id = $1', [hall.tenantId]);
    await pool.query('update zones set capacity = 10 where tenant_id = $1 and zone_no = 2', [hall.tenantId]);
    await addVoucher({ reserved_zones: [2], reserved_places: [6], effect: 'access', value: 0 });
    await place(one, standing(3));
    await place(other, standing(2));
  }));

test('a hold that asks while prices change is quoted at the new ones', async () => {
  await one.events.get(hall);
  await pool.query('update categories set price = 3000 where tenant_id = $1', [hall.tenantId]);
  await setPrices(pool, hall, {});
  const { quote } = await place(one, seat(1));
  assert.equal(quote.lines[0]!.unitPrice, 3_000);
});

test('other kinds, a voucher and its removal: the same places are quoted anew, and the uses follow', async () => {
  await setPrices(pool, hall, {
    ...early(3),
    ticketKinds: [
      { code: 'adult', name: 'Adult', zoneNos: null, change: null },
      { code: 'child', name: 'Child', zoneNos: null, change: { kind: 'percentage', ppm: -500_000 } },
    ],
  });
  await addVoucher({ uses_max: 1 });
  const hold = await place(one, standing(4));
  const live = (await one.events.get(hall))!;
  const cart: Cart = {
    seatNos: [],
    zones: [
      { zoneNo: 2, quantity: 2, kind: 'adult' },
      { zoneNo: 2, quantity: 2, kind: 'child' },
    ],
  };
  const changed = await one.holds.change(live, hold, cart, await withVoucher());
  const read = await one.holds.read(live, hold.holdId);
  assert.deepEqual(
    read.quote.lines.map((line) => [line.kind, line.stage, line.quantity, line.unitPrice, line.discounts]),
    [
      ['adult', 'early', 2, 800, 160],
      ['child', 'early', 1, 400, 40],
      ['child', undefined, 1, 500, 50],
    ],
  );
  assert.equal(read.quote.total, changed.quote.total);
  assert.equal(await used('voucher:1'), 1);
  const second = await place(one, standing(1));
  await assert.rejects(
    one.holds.change(live, second, second.cart, await withVoucher()),
    problem('voucher_used_up'),
  );
  await one.holds.change(live, read, read.cart, noWishes);
  assert.equal(await used('voucher:1'), 0);
  assert.equal(await used(stage()), 3);
});

test('a surcharge of the means of payment is asked for before it is charged', async () => {
  await pool.query(
    `insert into tax_rules (tenant_id, tax_rule_id, name, kind, rate_ppm, inclusion, base, payment_methods, currencies)
     values ($1, 2, 'IGTF', 'percentage', 30000, 'added', 'payment', '{cash,zelle}', '{USD}')`,
    [hall.tenantId],
  );
  await pool.query('update sellers set tax_version = 2 where tenant_id = $1', [hall.tenantId]);
  const hold = await place(one, seat(1));
  assert.equal(hold.quote.total, 2_900);
  await assert.rejects(one.checkout.confirm(confirmation(hold.holdId)), problem('price_changed'));
  const byCard = { payment: { method: 'card_terminal' as const } };
  const second = await place(one, seat(2));
  assert.equal((await one.checkout.confirm(confirmation(second.holdId, byCard))).sale.total, 2_900);
  const request = confirmation(hold.holdId, { expectedTotal: 2_987 });
  const { sale } = await one.checkout.confirm(request);
  assert.equal(sale.total, 2_987);
  assert.deepEqual((await one.checkout.confirm(request)).sale, sale);
});
