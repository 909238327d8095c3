import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parseEventId } from '../../src/base/ids.ts';
import { loadEvent } from '../../src/catalog/event.store.ts';
import { importPlanCommand } from '../../src/cli/import-plan.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall } from '../support/hall.ts';
import { runCommand } from '../support/run-command.ts';

const fixture = path.join(import.meta.dirname, '../fixtures/small-hall.json');
const prices = ['--price', 'Preferente=45', '--price', 'General=20.50'];
const newEvent = [
  '--seller',
  '1',
  '--name',
  'Estreno',
  '--venue',
  'Salón',
  '--starts-at',
  '2090-05-01T20:00:00-04:00',
];

let database: TestDatabase;
let pool: Pool;
let folder: string;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createHall(pool);
  folder = mkdtempSync(path.join(tmpdir(), 'taquilla-import-'));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await pool.end();
  await database.drop();
});

const taquilla = (...args: string[]) =>
  runCommand([importPlanCommand], { DATABASE_URL: database.url }, ['import-plan', ...args]);

async function countEvents(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('select count(*)::integer as count from events');
  return rows[0]!.count;
}

test('a plan makes a new event, which sells from now until it starts', async () => {
  const { code, out } = await taquilla(fixture, ...newEvent, ...prices, '--general', 'De pie=500@12');
  assert.equal(code, 0);
  const id =
    /^event (\S+): imported 10 seats and 500 places without seats in 4 zones of "Salón de actos" in/.exec(
      out,
    )?.[1];
  assert.ok(id, out);
  const event = await loadEvent(reader(pool), parseEventId(id)!);
  assert.ok(event);
  assert.equal(event.name, 'Estreno');
  assert.equal(event.status, 'published');
  assert.equal(event.startsAt.toISOString(), '2090-05-02T00:00:00.000Z');
  assert.ok(Math.abs(event.salesStartAt.getTime() - Date.now()) < 60_000);
  assert.equal(event.salesEndAt.getTime(), event.startsAt.getTime());
  assert.deepEqual(
    [event.venue.name, event.venue.timezone, event.currency],
    ['Salón', 'America/Caracas', 'USD'],
  );

  const again = await taquilla(fixture, '--event', id, ...prices);
  assert.match(again.out, /replaced the plan by 10 seats in 3 zones/);
});

test('a fault of the plan is told by its path, and no event is made', async () => {
  const events = await countEvents();
  const file = path.join(folder, 'wrong.csv');
  writeFileSync(file, 'zone,row,seat,x,y,category\nA,1,1,x,0,Preferente\nA,1,2,20,,Preferente');
  const { code, err } = await taquilla(file, ...newEvent, ...prices);
  assert.equal(code, 1);
  assert.match(
    err,
    /wrong\.csv was not imported, for 2 problems:\nline 2: x needs to be a number, not "x"\nline 3: y needs/,
  );
  const unpriced = await taquilla(fixture, ...newEvent, '--price', 'General=1');
  assert.equal(unpriced.code, 1);
  assert.match(unpriced.err, /category "Preferente": has no price/);
  assert.equal(await countEvents(), events);
});

test('what is asked for wrongly is told in a sentence', async () => {
  const cases: [string[], RegExp][] = [
    [[path.join(folder, 'none.json'), ...newEvent], /none\.json does not exist/],
    [[folder, ...newEvent], /is a folder/],
    [[fixture], /a new event needs --seller/],
    [
      [fixture, '--event', '1-1', '--name', 'X'],
      /--event names an event that exists; --name is for a new one/,
    ],
    [[fixture, '--event', 'one'], /--event takes the id of an event/],
    [[fixture, '--event', '1-999', ...prices], /event 1-999: does not exist/],
    [[fixture, ...newEvent.with(1, '77'), ...prices], /there is no seller 77/],
    [[fixture, ...newEvent.with(7, '2090-05-01'), ...prices], /--starts-at takes an instant/],
    [[fixture, ...newEvent, '--timezone', 'Caracas', ...prices], /--timezone takes an IANA name/],
    [
      [fixture, ...newEvent, '--sales-end', '2001-01-01T00:00:00Z', ...prices],
      /sales would end .* before they start/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await taquilla(...args);
    assert.equal(code, 1, args.join(' '));
    assert.match(err, message);
  }
});
