import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { EventKey } from '../../src/base/ids.ts';
import { BLOCKED } from '../../src/catalog/availability.ts';
import { parseCsvPlan } from '../../src/catalog/csv-plan.ts';
import type { CatalogEvent } from '../../src/catalog/event.ts';
import { createEvent, loadAvailability, loadEvent } from '../../src/catalog/event.store.ts';
import { importPlan, type ImportProgress, type PlanSale } from '../../src/catalog/import-plan.ts';
import { PlanError, type Plan } from '../../src/catalog/plan.ts';
import { parsePretixPlan } from '../../src/catalog/pretix-plan.ts';
import { createSeller, ensureVenue } from '../../src/catalog/seller.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { endHolds } from '../../src/holds/end-holds.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { hallQuote, placeOrder } from '../support/hall.ts';
import { waitUntil } from '../support/wait.ts';

const file = readFileSync(new URL('../fixtures/small-hall.json', import.meta.url), 'utf8');
const hall = parsePretixPlan(file);
const hallSale: PlanSale = {
  prices: ['Preferente=45.00', 'General=20.50'],
  general: ['De pie=500@12'],
  blocked: [],
};

let database: TestDatabase;
let pool: Pool;
let tenantId: number;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  tenantId = await transact(pool, (tx) =>
    createSeller(tx, {
      name: 'Sala',
      legalName: 'Sala, C.A.',
      taxId: 'J-2',
      timezone: 'America/Caracas',
      currency: 'USD',
      rounding: 'half_up',
    }),
  );
});
after(async () => {
  await pool.end();
  await database.drop();
});

function newEvent(): Promise<EventKey> {
  return transact(pool, async (tx) => {
    const venueId = await ensureVenue(tx, tenantId, {
      name: 'Sala',
      address: null,
      timezone: 'America/Caracas',
    });
    return createEvent(tx, tenantId, {
      venueId,
      name: 'Función',
      description: null,
      startsAt: new Date(Date.now() + 86_400_000),
      currency: 'USD',
      status: 'published',
      salesStartAt: new Date(Date.now() - 60_000),
      salesEndAt: new Date(Date.now() + 86_400_000),
    });
  });
}

function run(key: EventKey, plan: Plan, sale: PlanSale, onProgress?: ImportProgress) {
  return transact(pool, (tx) => importPlan(tx, key, plan, sale, onProgress));
}

async function load(key: EventKey): Promise<CatalogEvent> {
  const event = await loadEvent(reader(pool), key);
  assert.ok(event);
  return event;
}

/** Every row of an event's plan, to compare one time with another. */
async function rowsOf(key: EventKey): Promise<unknown> {
  const tables = ['seats', 'seat_states', 'zones', 'zone_counters', 'categories', 'events'];
  return Promise.all(
    tables.map(async (table) => {
      const text = `select * from ${table} t where tenant_id = $1 and event_id = $2 order by t::text`;
      return (await pool.query(text, [key.tenantId, key.eventId])).rows;
    }),
  );
}

test('an imported plan is read back as it stands in the file', async () => {
  const key = await newEvent();
  const imported = await run(key, hall, hallSale);
  assert.deepEqual(imported, { seats: 10, zones: 4, generalPlaces: 500, replaced: false });
  const event = await load(key);
  assert.deepEqual(
    event.zones.map((zone) => [zone.zoneNo, zone.name, zone.kind, zone.price, zone.capacity]),
    [
      [1, 'Platea', 'numbered', null, 8],
      [2, 'Palco', 'numbered', null, 1],
      [3, 'Palco (2)', 'numbered', null, 1],
      [4, 'De pie', 'general', 1_200, 500],
    ],
  );
  assert.deepEqual(
    event.categories.map((one) => [one.name, one.price]),
    [
      ['Preferente', 4_500],
      ['General', 2_050],
    ],
  );
  assert.deepEqual(event.planSize, hall.size);
  assert.equal(event.areas.find((area) => area.zoneNo === 4)?.shape, 'ellipse');
  const seats = hall.zones.flatMap((zone) =>
    zone.kind === 'numbered' ? zone.rows.flatMap((row) => row.seats) : [],
  );
  assert.equal(event.seats.count, seats.length);
  for (const [i, seat] of seats.entries()) {
    assert.equal(event.seats.seatLabel[i], seat.label);
    assert.equal(event.seats.categoryNo[i], seat.category + 1);
    assert.ok(Math.abs(event.seats.x[i]! - seat.x) < 0.01 && Math.abs(event.seats.y[i]! - seat.y) < 0.01);
  }
  assert.deepEqual([...event.seats.position.slice(0, 4)], [1, 2, 4, 5], 'the aisle of row A');
  assert.deepEqual([...new Set(event.seats.rowNo)], [1, 2, 3, 4]);
  const availability = await loadAvailability(reader(pool), key);
  assert.deepEqual(
    [...availability.seats],
    Array.from({ length: 10 }, () => 0),
  );
  assert.deepEqual([...availability.zonesLeft], [[4, 500]]);
});

test('what is blocked is drawn and not for sale, and needs no price', async () => {
  const key = await newEvent();
  await run(key, hall, { prices: ['Preferente=45'], general: [], blocked: ['General'] });
  const availability = await loadAvailability(reader(pool), key);
  assert.equal([...availability.seats].filter((state) => state === BLOCKED).length, 6);
});

test('a plan without any place held is replaced, and its versions tell', async () => {
  const key = await newEvent();
  await run(key, hall, hallSale);
  const earlier = await load(key);
  const plan = parseCsvPlan('zone,row,seat,x,y,category\nSala,1,1,0,0,Única\nSala,1,2,20,0,Única');
  const imported = await run(key, plan, { prices: ['Única=10'], general: [], blocked: [] });
  assert.equal(imported.replaced, true);
  const now = await load(key);
  assert.equal(now.seats.count, 2);
  assert.deepEqual(
    now.zones.map((zone) => zone.name),
    ['Sala'],
  );
  assert.ok(now.planVersion > earlier.planVersion && now.pricingVersion > earlier.pricingVersion);
  assert.deepEqual([...(await loadAvailability(reader(pool), key)).zonesLeft], []);
});

test('a plan with a held seat or place is not replaced, and stays as it is', async () => {
  const carts = [
    { seatNos: [1], zones: [] },
    { seatNos: [], zones: [{ zoneNo: 4, quantity: 2 }] },
  ];
  for (const cart of carts) {
    const key = await newEvent();
    await run(key, hall, hallSale);
    // A plan brings prices of its own.
    const order = { ...placeOrder([]), cart, quote: { ...hallQuote(cart), pricingVersion: 2 } };
    const group = await placeHolds(pool, key, [order], 600);
    assert.deepEqual(group.outcomes, ['placed']);
    const earlier = await rowsOf(key);
    await assert.rejects(run(key, hall, hallSale), (error) => {
      assert.ok(error instanceof PlanError);
      assert.match(error.message, /held or sold, so its plan cannot be replaced/);
      return true;
    });
    assert.deepEqual(await rowsOf(key), earlier);
    await endHolds(pool, key, [order.holdId], 'released');
    assert.equal((await run(key, hall, hallSale)).replaced, true);
  }
});

test('a hold that is being placed while the plan is replaced is waited for, and then stops it', async () => {
  const key = await newEvent();
  await run(key, hall, hallSale);
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query(
      `update seat_states set state = 'held', hold_id = gen_random_uuid()
        where tenant_id = $1 and event_id = $2 and seat_no = 3`,
      [key.tenantId, key.eventId],
    );
    const replacing = run(key, hall, hallSale);
    replacing.catch(() => {});
    const isWaiting = async () =>
      (
        await pool.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        )
      ).rowCount;
    await waitUntil('the plan is waited for', async () => (await isWaiting()) !== 0);
    await holder.query('commit');
    await assert.rejects(replacing, PlanError);
  } finally {
    holder.release();
  }
  assert.equal((await load(key)).seats.count, 10);
});

test('control: to look first and to delete afterwards would lose such a hold', async () => {
  const key = await newEvent();
  await run(key, hall, hallSale);
  const values = [key.tenantId, key.eventId];
  const taken = `select count(*)::integer as count from seat_states
                  where tenant_id = $1 and event_id = $2 and state = 'held'`;
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query(
      `update seat_states set state = 'held', hold_id = gen_random_uuid()
        where tenant_id = $1 and event_id = $2 and seat_no = 3`,
      values,
    );
    assert.equal((await pool.query<{ count: number }>(taken, values)).rows[0]!.count, 0);
    await holder.query('commit');
  } finally {
    holder.release();
  }
  assert.equal((await pool.query<{ count: number }>(taken, values)).rows[0]!.count, 1);
  await pool.query('delete from seat_states where tenant_id = $1 and event_id = $2', values);
  assert.equal((await pool.query<{ count: number }>(taken, values)).rows[0]!.count, 0);
});

test('a wrong price, plan or event leaves nothing behind', async () => {
  const key = await newEvent();
  const earlier = await rowsOf(key);
  const wrong: [Plan, PlanSale, RegExp][] = [
    [hall, { ...hallSale, prices: ['Preferente=45'] }, /category "General": has no price, and 6 seats/],
    [hall, { ...hallSale, prices: ['Preferente=45', 'General=x'] }, /CATEGORY=PRICE/],
    [hall, { ...hallSale, general: ['Platea=5@1'] }, /zone "Platea": stands twice/],
    [
      { ...hall, zones: [], categories: [] },
      { prices: [], general: [], blocked: [] },
      /neither a seat nor a general zone/,
    ],
  ];
  for (const [plan, sale, message] of wrong) {
    await assert.rejects(
      run(key, plan, sale),
      (error) => error instanceof PlanError && message.test(error.message),
    );
  }
  assert.deepEqual(await rowsOf(key), earlier);
  await assert.rejects(run({ tenantId, eventId: 9_999 }, hall, hallSale), /does not exist/);
});

test('an error in the middle of the seats leaves nothing behind', async () => {
  const key = await newEvent();
  const earlier = await rowsOf(key);
  const lines = Array.from(
    { length: 15_000 },
    (_, i) => `Z,${Math.floor(i / 100)},${i % 100},${i % 100},${i},C`,
  );
  const plan = parseCsvPlan(['zone,row,seat,x,y,category', ...lines].join('\n'));
  const stop: ImportProgress = (stored) => {
    if (stored > 10_000) throw new Error('stopped');
  };
  await assert.rejects(run(key, plan, { prices: ['C=1'], general: [], blocked: [] }, stop), /stopped/);
  assert.deepEqual(await rowsOf(key), earlier);
});

test('50,000 seats are stored with news of the progress', async () => {
  const key = await newEvent();
  const lines = Array.from(
    { length: 50_000 },
    (_, i) => `Z${i % 7},${Math.floor(i / 700)},${i % 700},${(i % 700) * 20},${Math.floor(i / 700) * 25},C`,
  );
  const plan = parseCsvPlan(['zone,row,seat,x,y,category', ...lines].join('\n'));
  const told: number[] = [];
  await run(key, plan, { prices: ['C=1'], general: [], blocked: [] }, (stored) => told.push(stored));
  assert.deepEqual(told, [10_000, 20_000, 30_000, 40_000, 50_000]);
  assert.equal((await load(key)).seats.count, 50_000);
  assert.equal((await loadAvailability(reader(pool), key)).seats.length, 50_000);
});
