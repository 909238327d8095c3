import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { formatEventId, formatSeatId, formatZoneId } from '../../src/base/ids.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { createHttpClient, type Answer } from '../support/http-client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;
let held: Answer;
let confirmed: Answer;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  hall = await createHall(pool, { seats: 5 });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  await pool.query('insert into seller_keys values ($1, 1, $2, $3)', [hall.tenantId, publicKey, privateKey]);
  server = await startServer({ databaseUrl: database.url });
  client = createHttpClient(server.url, 2);
  held = await client.send('POST', '/sales/holds', {
    event_id: formatEventId(hall),
    seats: [formatSeatId(hall, 1)],
    zones: [{ zone_id: formatZoneId(hall, 2), quantity: 1 }],
  });
  assert.equal(held.status, 201, held.text);
  const body = {
    hold_token: (held.json as { hold_token: string }).hold_token,
    customer: { name: 'Ana', email: 'ana@example.com' },
    payment: { method: 'cash' },
  };
  confirmed = await client.send('POST', '/sales/checkout/confirm/', body, { 'idempotency-key': 'a' });
  assert.equal(confirmed.status, 202, confirmed.text);
});
after(async () => {
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

const scrape = async () => (await client.send('GET', '/metrics')).text;

/** The value of a sample, by its name and labels as they are written; NaN when it is not there. */
function valueOf(text: string, sample: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return line === undefined ? NaN : Number(line.slice(sample.length + 1));
}

test('the answers of a hold and of a confirm say where their time went', () => {
  const timing = (what: string) => new RegExp(`^wait;dur=\\d+\\.\\d, group;dur=\\d+\\.\\d;desc="1 ${what}"$`);
  assert.match(String(held.headers['server-timing']), timing('holds'));
  assert.match(String(confirmed.headers['server-timing']), timing('orders'));
});

test('a sale shows in the readings: its groups, its outcome, the series, and each of its steps', async () => {
  const ended = ['tickets', 'email', 'statistics'].map(
    (step) => `taquilla_step_latency_seconds_count{step="${step}"}`,
  );
  await waitUntil('the thread has told of its steps', async () => {
    const text = await scrape();
    return ended.every((sample) => valueOf(text, sample) >= 1);
  });
  const text = await scrape();
  assert.equal(valueOf(text, 'taquilla_orders_total{outcome="confirmed"}'), 1);
  for (const kind of ['place', 'confirm']) {
    assert.equal(valueOf(text, `taquilla_group_orders_count{kind="${kind}"}`), 1);
    assert.equal(valueOf(text, `taquilla_group_seconds_count{kind="${kind}"}`), 1);
  }
  assert.equal(valueOf(text, 'taquilla_series_held_seconds_count'), 1);
  assert.ok(valueOf(text, 'taquilla_worker_memory_bytes') > 0);
  for (const name of ['orders_waiting', 'holds_waiting', 'lanes_blocked', 'connections_waiting'])
    assert.equal(valueOf(text, `taquilla_${name}`), 0);
});

test('the queue is read: what waits, and since when', async () => {
  const queued = 'taquilla_steps_queued{step="sms",state="retry"}';
  await pool.query(
    `insert into pgboss.job (name, data, start_after)
     values ('sms', '{"attempt": 3, "steps": [[9, "a"], [9, "b"]]}', now() + interval '1 hour')`,
  );
  await waitUntil('the reading is taken again', async () => valueOf(await scrape(), queued) === 2);
});

test('docs/METRICS.md names every metric with its type, and no other', async () => {
  const shown = [...(await scrape()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  const page = readFileSync(new URL('../../docs/METRICS.md', import.meta.url), 'utf8');
  const written = [...page.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \| [^|]+ \| [^|]+ \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  assert.deepEqual(written.toSorted(), shown.toSorted());
});
