import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock, systemIds } from '../../src/base/ids.ts';
import { startTaquilla } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { migrateQueue } from '../../src/queue/queue.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHttpClient, type Answer } from '../support/http-client.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { createSampleSeller } from '../support/sample-sales.ts';

const card = '4242424242424242';
const spaced = '4242 4242 4242 4242';

let database: TestDatabase;
let pool: Pool;
let running: Awaited<ReturnType<typeof startTaquilla>>;
let client: ReturnType<typeof createHttpClient>;
let staff: Browser;
let logged = '';

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool, 1);
  await migrateQueue(database.url);
  running = await startTaquilla({
    config: readConfig({ PORT: '0', TRUST_PROXY: 'loopback' }),
    databaseUrl: database.url,
    roles: { api: true, worker: false },
    clock: systemClock,
    ids: systemIds,
    logger: createLogger({ level: 'trace', destination: { write: (line) => void (logged += line) } }),
    version: 'test',
    shopDir: undefined,
    doorDir: undefined,
    consoleDir: undefined,
  });
  client = createHttpClient(running.url!, 4);
  staff = await signedIn(pool, client, 0, 'administrator');
});
after(async () => {
  client.close();
  await running.stop();
  await pool.end();
  await database.drop();
});

type Operation = { method: string; path: string; takesBody: boolean };

/** Every route of the contract, at seller 1, with an id that no other is of for whatever else it names. */
async function operations(): Promise<Operation[]> {
  const { paths } = (await client.send('GET', '/openapi.json')).json as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll('{seller_id}', '1'),
      takesBody: requestBody?.content['application/json'] !== undefined,
    })),
  );
}

const without = (path: string) => path.replaceAll(/\{\w+\}/g, '1');

function assertRefused(answer: Answer, what: string): void {
  assert.equal(outcomeOf(answer), 'card_number_refused', `${what}: ${answer.status} ${answer.text}`);
  assert.doesNotMatch(answer.text, /4242/, what);
}

test('no route takes the number of a card: in no text or number of its body, nor in query, path or key', async () => {
  const all = await operations();
  assert.ok(all.length > 100, String(all.length));
  for (const { method, path, takesBody } of all) {
    const what = `${method} ${path}`;
    const good = without(path);
    const body = takesBody ? { any: 1 } : undefined;
    assertRefused(
      await staff.send(method, `${good}?q=${encodeURIComponent(spaced)}`, body),
      `${what}: query`,
    );
    assertRefused(await staff.send(method, good, body, { 'idempotency-key': card }), `${what}: key`);
    if (path.includes('{'))
      assertRefused(await staff.send(method, path.replaceAll(/\{\w+\}/g, card), body), `${what}: path`);
    if (!takesBody) continue;
    for (const value of [spaced, Number(card), { deep: [{ [card]: 1 }] }])
      assertRefused(await staff.send(method, good, { any: value }), `${what}: ${JSON.stringify(value)}`);
  }
});

test('nothing of it is logged: no address, no id of a request, no name of a browser', async () => {
  const more = { 'x-request-id': card, 'user-agent': card };
  const missing = await client.send('GET', `/nothing/${card}?token=${card}`, undefined, more);
  assert.notEqual(missing.headers['x-request-id'], card);
  assert.doesNotMatch(missing.text, /4242/);
  const broken = await client.send('POST', `/auth/sign-in`, { email: spaced, password: card }, more);
  assertRefused(broken, 'sign-in');
  assert.doesNotMatch(logged, /4242.{0,3}4242/);
  const { rows } = await pool.query(`select from staff_sessions where user_agent like '%4242%'`);
  assert.equal(rows.length, 0);
});

test("what is no card's number passes: ids of digits alone, and the numbers of everyday", async () => {
  for (const id of ['42424242-4242-4242-8242-424242424242', '01050045671234567890']) {
    const answer = await staff.send('GET', `/events?starting_after=${id}`);
    assert.notEqual(outcomeOf(answer), 'card_number_refused', id);
  }
});
