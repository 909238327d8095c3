import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HELD, SOLD } from '../../src/catalog/availability.ts';
import { createEvent, listEvents, loadAvailability, loadEvent } from '../../src/catalog/event.store.ts';
import { addTaxRule, createSeller, ensureVenue } from '../../src/catalog/seller.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact, type Reader } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
});
after(async () => {
  await pool.end();
  await database.drop();
});

const seller = {
  name: 'Teatro',
  legalName: 'Teatro, C.A.',
  taxId: 'J-1',
  timezone: 'America/Caracas',
  currency: 'USD',
  rounding: 'half_up' as const,
};

async function newEvent(tenantId: number, startsAt: Date, status: 'draft' | 'published' = 'published') {
  return transact(pool, async (tx) => {
    const venueId = await ensureVenue(tx, tenantId, { name: 'Sala', address: null, timezone: 'UTC' });
    return createEvent(tx, tenantId, {
      venueId,
      name: 'E',
      description: null,
      startsAt,
      currency: 'USD',
      status,
      salesStartAt: new Date(0),
      salesEndAt: startsAt,
    });
  });
}

test('an event is read with its seller, its taxes and its seats in columns', async () => {
  const hall = await createHall(pool, { tenantId: 901, seats: 45, standing: 30 });
  const other = await createHall(pool, { tenantId: 901, seats: 3 });
  await transact(pool, async (tx) => {
    await addTaxRule(tx, 901, {
      eventId: hall.eventId,
      name: 'Municipal',
      inclusion: 'included',
      ratePpm: 10_000,
    });
    await addTaxRule(tx, 901, {
      eventId: other.eventId,
      name: 'Ajena',
      inclusion: 'included',
      ratePpm: 20_000,
    });
  });
  const event = await loadEvent(reader(pool), hall);
  assert.ok(event);
  assert.equal(event.seats.count, 45);
  assert.deepEqual(
    [event.seats.rowLabel[44], event.seats.seatLabel[44], event.seats.x[44], event.seats.y[44]],
    ['3', '5', 40, 20],
  );
  assert.deepEqual([event.seats.rowNo[44], event.seats.position[44]], [3, 5]);
  assert.deepEqual(
    event.taxRules.map((rule) => rule.name),
    ['IVA', 'Municipal'],
  );
  assert.deepEqual([event.taxRules[0]!.validFrom, event.taxRules[0]!.validUntil], [-Infinity, Infinity]);
  assert.equal(event.taxVersion, 3);
  assert.equal(event.seller.legalName, 'Teatro, C.A.');
  assert.equal(event.zones[1]!.kind, 'general');
  assert.ok(event.startsAt instanceof Date);
});

test('an event that does not exist, and one of another seller, are not read', async () => {
  const hall = await createHall(pool, { tenantId: 902 });
  assert.equal(await loadEvent(reader(pool), { tenantId: 902, eventId: 77 }), null);
  assert.equal(await loadEvent(reader(pool), { tenantId: 903, eventId: hall.eventId }), null);
  assert.equal(
    (await loadAvailability(reader(pool), { tenantId: 903, eventId: hall.eventId })).seats.length,
    0,
  );
});

test('only what is taken makes a difference in the availability', async () => {
  const hall = await createHall(pool, { tenantId: 904, seats: 20, standing: 50 });
  const set = (state: string, seatNo: number) =>
    pool.query(
      `update seat_states set state = $3, hold_id = gen_random_uuid() where tenant_id = $1 and event_id = $2 and seat_no = $4`,
      [904, hall.eventId, state, seatNo],
    );
  await set('held', 3);
  await set('sold', 20);
  await pool.query('update zone_counters set held = 4, sold = 6 where tenant_id = 904');
  const { seats, zonesLeft } = await loadAvailability(reader(pool), hall);
  assert.deepEqual(
    [...seats.entries()].filter(([, state]) => state !== 0),
    [
      [2, HELD],
      [19, SOLD],
    ],
  );
  assert.deepEqual([...zonesLeft], [[2, 40]]);
});

test('one statement each, whatever the number of seats', async () => {
  const hall = await createHall(pool, { tenantId: 905, seats: 5_000 });
  let statements = 0;
  const counting: Reader = {
    query(statement) {
      statements += 1;
      return reader(pool).query(statement);
    },
  };
  await loadEvent(counting, hall);
  await loadAvailability(counting, hall);
  assert.equal(statements, 2);
});

test('published events are listed over all sellers, page by page, by start and then by id', async () => {
  const from = new Date('2090-01-01T00:00:00Z');
  const at = (hours: number) => new Date(from.getTime() + hours * 3_600_000);
  const [one, two] = [
    await transact(pool, (tx) => createSeller(tx, seller)),
    await transact(pool, (tx) => createSeller(tx, seller)),
  ];
  const late = await newEvent(one, at(9));
  const same = [await newEvent(one, at(5)), await newEvent(one, at(5)), await newEvent(two, at(5))];
  const soon = await newEvent(two, at(1));
  await newEvent(one, at(2), 'draft');
  await newEvent(one, at(-1));
  const wanted = [soon, ...same, late];
  const all = await listEvents(reader(pool), { startsFrom: from, limit: 10 });
  assert.deepEqual(all, { keys: wanted, hasMore: false });
  const pages = [];
  for (let startingAfter, more = true; more;) {
    const page = await listEvents(reader(pool), {
      startsFrom: from,
      limit: 2,
      ...(startingAfter ? { startingAfter } : {}),
    });
    pages.push(...page.keys);
    startingAfter = page.keys.at(-1);
    more = page.hasMore;
  }
  assert.deepEqual(pages, wanted);
  const beyond = await listEvents(reader(pool), {
    startsFrom: from,
    limit: 5,
    startingAfter: { tenantId: one, eventId: 999 },
  });
  assert.deepEqual(beyond, { keys: [], hasMore: false });
});

test('sellers and events made at the same time have ids of their own', async () => {
  const sellers = await Promise.all(
    Array.from({ length: 6 }, () => transact(pool, (tx) => createSeller(tx, seller))),
  );
  assert.equal(new Set(sellers).size, 6);
  const events = await Promise.all(
    Array.from({ length: 6 }, () => newEvent(sellers[0]!, new Date('2080-01-01T00:00:00Z'))),
  );
  assert.deepEqual(
    events.map((key) => key.eventId).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6],
  );
});
