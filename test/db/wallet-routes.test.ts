import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHttpClient } from '../support/http-client.ts';
import { readZip } from '../support/read-zip.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, testSecret, type TestWorkers } from '../support/workers.ts';

type Sale = {
  status: string;
  items: { links: { apple_wallet?: string; google_wallet?: string } }[];
  links: { calendar: string };
};

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let plain: TestServer;
let workers: TestWorkers | undefined;
let client: ReturnType<typeof createHttpClient>;
let id: string;
const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-wallet-'));
const publicUrl = 'https://tickets.example';

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createSampleSeller(pool);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const file = path.join(folder, 'google.json');
  writeFileSync(file, JSON.stringify({ client_email: 'wallet@example.com', private_key: key }));
  const env = { TAQUILLA_SECRET: testSecret, PUBLIC_URL: publicUrl };
  const google = { GOOGLE_WALLET_ISSUER_ID: '338', GOOGLE_WALLET_KEY_FILE: file };
  server = await startServer({ databaseUrl: database.url, worker: false, env: { ...env, ...google } });
  plain = await startServer({ databaseUrl: database.url, worker: false, env });
  client = createHttpClient(server.url, 2);
  [id = ''] = await makeSampleSales(pool, { places: 2, ageSeconds: 60 });
});
after(async () => {
  await workers?.stop();
  client.close();
  await server.stop();
  await plain.stop();
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** An absolute link of the public address as a path of the test's server. */
const pathOf = (link: string) => link.replace(publicUrl, '');
const links = () => saleLinks(testSecret, undefined, 1, id);
const ticket = (item: number | string, file: string) =>
  links().tickets.replace('/tickets.pdf', `/tickets/${item}/${file}`);
const readSale = async () => (await client.send('GET', links().self)).json as Sale;

async function completeSale(): Promise<void> {
  workers ??= await startTestWorkers(database.url);
  await waitUntil('the sale completes', async () => (await readSale()).status === 'completed');
}

test('until the tickets are made there is no pass, and no link to one', async () => {
  for (const file of ['apple-wallet.pkpass', 'google-wallet']) {
    const answer = await client.send('GET', ticket(1, file));
    assert.equal(answer.status, 409);
    assert.equal((answer.json as { code: string }).code, 'tickets_not_ready');
  }
  assert.deepEqual(
    (await readSale()).items.map((item) => item.links),
    [{}, {}],
  );
});

test('the calendar file is there at once, under a name, with the link to the tickets', async () => {
  const answer = await client.send('GET', pathOf((await readSale()).links.calendar));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'text/calendar; charset=utf-8');
  assert.equal(answer.headers['content-disposition'], 'attachment; filename="la-flauta-magica.ics"');
  assert.match(answer.text, /^BEGIN:VCALENDAR\r\n/);
  assert.ok(
    answer.text
      .replaceAll('\r\n ', '')
      .includes(`URL;VALUE=URI:${saleLinks(testSecret, publicUrl, 1, id).ticket_page}`),
  );
});

test("the short link of an SMS leads to the order's page, and a broken one nowhere", async () => {
  const { short, page } = saleLinks(testSecret, publicUrl, 1, id);
  const answer = await client.send('GET', pathOf(short));
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, page);
  for (const bad of [`${short}x`, short.slice(0, -5), short.replace('/1.', '/2.')]) {
    assert.equal((await client.send('GET', pathOf(bad))).status, 404);
  }
});

test('a ticket becomes an Apple pass and a link to Google, where Google is configured', async () => {
  await completeSale();
  const answer = await fetch(new URL(ticket(2, 'apple-wallet.pkpass'), server.url));
  assert.equal(answer.headers.get('content-type'), 'application/vnd.apple.pkpass');
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="la-flauta-magica-2.pkpass"');
  const files = readZip(Buffer.from(await answer.arrayBuffer()));
  assert.equal(
    (JSON.parse(files.get('pass.json')!.toString()) as { serialNumber: string }).serialNumber,
    `${id}-2`,
  );

  const { items } = await readSale();
  assert.deepEqual(
    Object.keys(items[0]!.links),
    ['google_wallet'],
    "without Apple's keys its passes are not offered",
  );
  const google = await client.send('GET', pathOf(items[0]!.links.google_wallet!));
  assert.equal(google.status, 302);
  assert.match(String(google.headers.location), /^https:\/\/pay\.google\.com\/gp\/v\/save\/ey/);
  const off = await fetch(new URL(ticket(1, 'google-wallet'), plain.url), { redirect: 'manual' });
  assert.equal(off.status, 404);
});

test('without the secret link there is nothing, and no other place has a ticket', async () => {
  await completeSale();
  for (const link of [links().calendar, ticket(1, 'apple-wallet.pkpass'), ticket(1, 'google-wallet')]) {
    for (const wrong of [link.split('?')[0]!, `${link}x`, link.replace('token=1.', 'token=2.')]) {
      const answer = await client.send('GET', wrong);
      assert.equal(answer.status, 404, wrong);
      assert.equal((answer.json as { code: string }).code, 'transaction_not_found');
    }
  }
  for (const item of [3, 0, -1, 'x', 99_999]) {
    assert.equal((await client.send('GET', ticket(item, 'apple-wallet.pkpass'))).status, 404);
  }
});

test('a file of the configuration that cannot be used ends the start with its name', async () => {
  const env = { GOOGLE_WALLET_ISSUER_ID: '338', GOOGLE_WALLET_KEY_FILE: path.join(folder, 'none.json') };
  await assert.rejects(
    startServer({ databaseUrl: database.url, worker: false, env }),
    /GOOGLE_WALLET_KEY_FILE cannot be used/,
  );
});
