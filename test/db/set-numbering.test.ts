import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { formatEventId, formatZoneId } from '../../src/base/ids.ts';
import { setNumberingCommand } from '../../src/cli/set-numbering.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { createHttpClient } from '../support/http-client.ts';
import { startServer } from '../support/server.ts';
import { runCommand } from '../support/run-command.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  hall = await createHall(pool);
});
after(async () => {
  await pool.end();
  await database.drop();
});

const taquilla = (...args: string[]) =>
  runCommand([setNumberingCommand], { DATABASE_URL: database.url }, ['set-numbering', ...args]);

/** Sells one standing place over HTTP. @returns its fiscal number. */
async function buy(client: ReturnType<typeof createHttpClient>): Promise<string> {
  const zones = [{ zone_id: formatZoneId(hall, 2), quantity: 1 }];
  const hold = await client.send('POST', '/sales/holds', { event_id: formatEventId(hall), zones });
  assert.equal(hold.status, 201, hold.text);
  const { hold_token } = hold.json as { hold_token: string };
  const body = { hold_token, customer: { name: 'Ana' }, payment: { method: 'cash' } };
  const headers = { 'idempotency-key': randomUUID() };
  const answer = await client.send('POST', '/sales/checkout/confirm/', body, headers);
  assert.equal(answer.status, 202, answer.text);
  return (answer.json as { fiscal_number: string }).fiscal_number;
}

test('what was asked wrongly is said in a sentence and changes nothing', async () => {
  for (const [args, sentence] of [
    [['preallocated'], /--seller takes the number/],
    [['loose', '--seller', '1'], /strict or preallocated, not "loose"/],
    [['preallocated', '--seller', '1', '--block-size', '0'], /--block-size takes a whole number from 1/],
    [['preallocated', '--seller', '9'], /seller 9 has no series 1/],
  ] as const) {
    const { code, err } = await taquilla(...args);
    assert.equal(code, 1);
    assert.match(err, sentence);
  }
  const { rows } = await pool.query('select numbering, block_size from fiscal_series where series_id = 1');
  assert.deepEqual(rows, [{ numbering: 'strict', block_size: 2000 }]);
});

test('a running server changes over without a gap, and returns its block when it ends', async () => {
  const server = await startServer({ databaseUrl: database.url, worker: false });
  const client = createHttpClient(server.url, 1);
  assert.equal(await buy(client), 'A-00000001');
  const { code, out } = await taquilla('preallocated', '--seller', '1', '--block-size', '20');
  assert.deepEqual([code, out], [0, 'Series 1 of seller 1 is preallocated.']);
  assert.equal(await buy(client), 'A-00000002');
  assert.equal(await buy(client), 'A-00000003');
  client.close();
  await server.stop();
  const { rows } = await pool.query(
    'select state, first_number, next_number, rest_number, last_number, expired from fiscal_blocks',
  );
  assert.deepEqual(rows, [
    { state: 'returned', first_number: 2, next_number: 4, rest_number: 4, last_number: 21, expired: false },
  ]);
  const log = await pool.query(
    `select actor_name, before, after from audit_log where object_kind = 'fiscal_series'`,
  );
  assert.deepEqual(log.rows, [
    {
      actor_name: 'taquilla set-numbering',
      before: { numbering: 'strict', block_size: 2000 },
      after: { numbering: 'preallocated', block_size: 20 },
    },
  ]);
});

test('a series that has given out blocks stays preallocated', async () => {
  const { code, err } = await taquilla('strict', '--seller', '1');
  assert.equal(code, 1);
  assert.match(err, /stays preallocated/);
});
