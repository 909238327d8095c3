import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { isOnSale, type CatalogEvent } from '../../src/catalog/event.ts';
import { listEvents, loadEvent } from '../../src/catalog/event.store.ts';
import { seedDemo } from '../../src/catalog/seed-demo.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: Pool;
let events: CatalogEvent[];

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  // Two processes that start together on an empty database.
  const seeded = await Promise.all([seedDemo(pool, () => {}), seedDemo(pool, () => {})]);
  assert.deepEqual(
    seeded.toSorted((a, b) => Number(a) - Number(b)),
    [false, true],
  );
  const { keys } = await listEvents(reader(pool), { startsFrom: new Date(), limit: 50 });
  events = (await Promise.all(keys.map((key) => loadEvent(reader(pool), key)))).filter(
    (event) => event !== null,
  );
});
after(async () => {
  await pool.end();
  await database.drop();
});

test('two sellers have events to come, each with its currency, taxes, series and key', async () => {
  assert.deepEqual(
    [...new Set(events.map((event) => event.tenantId))].toSorted((a, b) => a - b),
    [1, 2],
  );
  const [caracas, madrid] = [1, 2].map((tenantId) => events.find((event) => event.tenantId === tenantId)!);
  assert.deepEqual([caracas!.currency, madrid!.currency], ['USD', 'EUR']);
  const taxes = (event: CatalogEvent) =>
    event.taxRules.map((rule) => [
      rule.name,
      rule.kind === 'percentage' ? rule.ratePpm : null,
      rule.inclusion,
    ]);
  assert.deepEqual(taxes(caracas!), [['IVA', 160_000, 'added']]);
  assert.deepEqual(taxes(madrid!), [['IVA', 100_000, 'included']]);
  for (const table of ['fiscal_points', 'seller_keys']) {
    const { rows } = await pool.query(`select tenant_id from ${table} order by 1`);
    assert.deepEqual(rows, [{ tenant_id: 1 }, { tenant_id: 2 }]);
  }
});

test('there are a stadium, theatres and a club, most of them on sale', () => {
  const sizes = events.map((event) => event.seats.count);
  assert.ok(sizes.includes(50_000));
  assert.ok(sizes.filter((size) => size > 1_400 && size < 1_700).length >= 2);
  assert.ok(sizes.includes(0));
  const onSale = events.filter((event) => isOnSale(event, new Date()));
  assert.ok(onSale.length >= 5 && onSale.length < events.length);
});

test('no two seats of a hall stand on each other, and all of them on the canvas', () => {
  for (const event of events) {
    const { count, x, y } = event.seats;
    const cell = 6;
    const taken = new Set<string>();
    for (let i = 0; i < count; i++) {
      assert.ok(
        x[i]! > 0 && y[i]! > 0 && x[i]! < event.planSize.width && y[i]! < event.planSize.height,
        event.name,
      );
      const [cx, cy] = [Math.floor(x[i]! / cell), Math.floor(y[i]! / cell)];
      assert.ok(!taken.has(`${cx} ${cy}`), `${event.name}: two seats at ${x[i]}, ${y[i]}`);
      taken.add(`${cx} ${cy}`);
    }
  }
});

test('an area stands for every general zone', () => {
  for (const event of events) {
    for (const zone of event.zones.filter((one) => one.kind === 'general')) {
      assert.ok(
        event.areas.some((area) => area.zoneNo === zone.zoneNo),
        `${event.name}: ${zone.name}`,
      );
    }
  }
});

test('rows of the theatre are cut by the aisle in its middle', () => {
  const theatre = events.find((event) => event.seats.count > 1_400 && event.seats.count < 1_700)!;
  const { rowNo, position, seatLabel } = theatre.seats;
  const row = [...rowNo.keys()].filter((i) => rowNo[i] === 1);
  const [one, two] = ['1', '2'].map((label) => position[row.find((i) => seatLabel[i] === label)!]!);
  assert.equal(Math.abs(one! - two!), 2);
});

test('the audit finds nothing', async () => {
  const { violations } = await runAudit(pool, { onLine: () => {} });
  assert.equal(violations, 0);
});
