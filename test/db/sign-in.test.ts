import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHttpClient } from '../support/http-client.ts';
import {
  createPerson,
  enrolSecondFactor,
  openBrowser,
  outcomeOf,
  signIn,
  testPassword,
  totp,
} from '../support/identity.ts';
import { createSampleSeller } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  await createSampleSeller(pool, 2);
  server = await startServer({
    databaseUrl: database.url,
    env: { TRUST_PROXY: 'loopback' },
    worker: false,
  });
  client = createHttpClient(server.url, 8);
});

after(async () => {
  client.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

test('whoever has the password is signed in until they sign out', async () => {
  const person = await createPerson(pool, client, 1, 'cashier');
  const browser = await signIn(client, person);
  const session = await browser.send('GET', '/auth/session');
  const { user, sellers } = session.json as {
    user: { email: string };
    sellers: { id: number; role: string; rights: string[] }[];
  };
  assert.equal(user.email, person.email);
  assert.deepEqual(
    sellers.map(({ id, role }) => [id, role]),
    [[1, 'cashier']],
  );
  assert.ok(sellers[0]!.rights.includes('shifts.open') && !sellers[0]!.rights.includes('sales.refund'));
  const kept = new Map(browser.cookies);
  assert.equal((await browser.send('POST', '/auth/sign-out')).status, 204);
  for (const [name, value] of kept) browser.cookies.set(name, value);
  assert.equal(outcomeOf(await browser.send('GET', '/auth/session')), 'unauthenticated');
});
