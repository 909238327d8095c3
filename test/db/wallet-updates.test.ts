import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { makeTestPassKeys } from '../../src/fulfilment/test-pass-keys.ts';
import { updatePasses } from '../../src/fulfilment/wallet-pass.store.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startApnsFake } from '../support/fakes/apns.ts';
import { sendJson, startHttpFake, type HttpFake } from '../support/fakes/http-fake.ts';
import { createHttpClient } from '../support/http-client.ts';
import { readZip } from '../support/read-zip.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';
import { testSecret } from '../support/workers.ts';

type Pass = {
  passTypeIdentifier: string;
  serialNumber: string;
  webServiceURL: string;
  authenticationToken: string;
  voided?: boolean;
  barcodes?: { message: string }[];
  eventTicket: { secondaryFields: { value: string }[] };
};

const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-passes-'));
const publicUrl = 'https://tickets.example';
const keys = makeTestPassKeys(new Date());

let database: TestDatabase;
let pool: Pool;
let apns: Awaited<ReturnType<typeof startApnsFake>>;
let google: HttpFake;
let server: TestServer;
let client: ReturnType<typeof createHttpClient>;
let id: string;

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
}

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createSampleSeller(pool);
  apns = await startApnsFake();
  google = await startHttpFake(({ path: asked }, response) => {
    if (asked === '/token') sendJson(response, 200, { access_token: 'granted' });
    else sendJson(response, 200, {});
  });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    client_email: 'wallet@example.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${google.url}/token`,
  };
  server = await startServer({
    databaseUrl: database.url,
    env: {
      TAQUILLA_SECRET: testSecret,
      PUBLIC_URL: publicUrl,
      APPLE_PASS_TYPE_ID: keys.passTypeId,
      APPLE_TEAM_ID: keys.teamId,
      APPLE_PASS_CERTIFICATE_FILE: file('pass.pem', keys.certificate),
      APPLE_PASS_KEY_FILE: file('key.pem', keys.key),
      APPLE_WWDR_FILE: file('wwdr.pem', keys.wwdr),
      APNS_URL: apns.url,
      GOOGLE_WALLET_ISSUER_ID: '338',
      GOOGLE_WALLET_KEY_FILE: file('google.json', JSON.stringify(account)),
      GOOGLE_WALLET_API_URL: `${google.url}/v1`,
    },
  });
  client = createHttpClient(server.url, 2);
  [id = ''] = await makeSampleSales(pool, { places: 2, ageSeconds: 60, email: null });
  await waitUntil('the tickets are made', async () => {
    const { rows } = await pool.query('select from tickets where transaction_id = $1', [id]);
    return rows.length === 2;
  });
});
after(async () => {
  client.close();
  await server.stop();
  await apns.stop();
  await google.stop();
  await pool.end();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const ticketPath = (itemNo: number, rest: string) =>
  saleLinks(testSecret, undefined, 1, id).tickets.replace('/tickets.pdf', `/tickets/${itemNo}/${rest}`);

async function fetchPass(
  asked: string,
  headers: Record<string, string> = {},
): Promise<{ pass: Pass; files: Map<string, Buffer>; modified: string }> {
  const answer = await fetch(new URL(asked, server.url), { headers });
  assert.equal(answer.status, 200, asked);
  const files = readZip(Buffer.from(await answer.arrayBuffer()));
  const pass = JSON.parse(files.get('pass.json')!.toString()) as Pass;
  return { pass, files, modified: answer.headers.get('last-modified') ?? '' };
}

const servicePath = ({ webServiceURL }: Pass, rest: string) =>
  `${webServiceURL.replace(publicUrl, '')}/v1/${rest}`;
const registration = (pass: Pass, device: string) =>
  servicePath(pass, `devices/${device}/registrations/${pass.passTypeIdentifier}/${pass.serialNumber}`);
const changed = (pass: Pass, device: string, since?: string) =>
  client.send(
    'GET',
    servicePath(pass, `devices/${device}/registrations/${pass.passTypeIdentifier}`) +
      (since === undefined ? '' : `?passesUpdatedSince=${since}`),
  );
const latest = (pass: Pass) => servicePath(pass, `passes/${pass.passTypeIdentifier}/${pass.serialNumber}`);
const proof = (pass: Pass) => ({ authorization: `ApplePass ${pass.authenticationToken}` });
const pushesTo = (token: string) => apns.log.filter((one) => one.path === `/3/device/${token}`).length;

test('a pass opens by openssl, and its manifest names the digest of every file', async () => {
  const { files } = await fetchPass(ticketPath(1, 'apple-wallet.pkpass'));
  const manifest = JSON.parse(files.get('manifest.json')!.toString()) as Record<string, string>;
  for (const [name, content] of files) {
    if (name === 'manifest.json' || name === 'signature') continue;
    assert.equal(manifest[name], createHash('sha1').update(content).digest('hex'), name);
  }
  writeFileSync(path.join(folder, 'manifest.json'), files.get('manifest.json')!);
  writeFileSync(path.join(folder, 'signature'), files.get('signature')!);
  const verify = () =>
    execFileSync(
      'openssl',
      [
        ...['smime', '-verify', '-inform', 'DER', '-in', 'signature', '-content', 'manifest.json'],
        ...['-CAfile', 'wwdr.pem', '-purpose', 'any', '-out', 'verified.json'],
      ],
      { cwd: folder, stdio: 'pipe' },
    );
  verify();
  writeFileSync(path.join(folder, 'manifest.json'), '{}');
  assert.throws(verify, /verification failure|Verification failure|digest/i);
});

test('a telephone registers, hears of a moved event, asks what changed, and gets the pass as it is now', async () => {
  const { pass } = await fetchPass(ticketPath(1, 'apple-wallet.pkpass'));
  const register = () =>
    client.send('POST', registration(pass, 'phone-1'), { pushToken: 'aa01' }, proof(pass));
  assert.equal((await register()).status, 201);
  assert.equal((await register()).status, 200, 'again is the same');
  const first = await changed(pass, 'phone-1');
  const { serialNumbers, lastUpdated } = first.json as { serialNumbers: string[]; lastUpdated: string };
  assert.deepEqual(serialNumbers, [pass.serialNumber]);
  assert.equal((await changed(pass, 'phone-1', lastUpdated)).status, 204);
  const { modified } = await fetchPass(latest(pass), proof(pass));
  const fresh = { ...proof(pass), 'if-modified-since': modified };
  assert.equal((await client.send('GET', latest(pass), undefined, fresh)).status, 304);

  await pool.query(
    "update events set starts_at = '2037-12-14T00:30:00Z' where tenant_id = 1 and event_id = 3",
  );
  await waitUntil('Apple is told', async () => pushesTo('aa01') === 1);
  assert.deepEqual(apns.log.at(-1), { path: '/3/device/aa01', topic: keys.passTypeId, body: '{}' });
  const news = (await changed(pass, 'phone-1', lastUpdated)).json as { lastUpdated: string };
  assert.ok(Number(news.lastUpdated) > Number(lastUpdated));
  await pool.query("update apple_passes set changed_at = changed_at + interval '2 s'");
  const moved = await fetchPass(latest(pass), fresh);
  assert.match(moved.pass.eventTicket.secondaryFields[0]!.value, /Domingo, 13 de diciembre/);

  await pool.query('update events set pricing_version = pricing_version + 1 where tenant_id = 1');
  assert.equal((await changed(pass, 'phone-1', news.lastUpdated)).status, 204, 'a price is on no pass');
  assert.equal(await transact(pool, (tx) => updatePasses(tx, { tenantId: 1, eventId: 3 }, new Date())), 1);
  await waitUntil('Apple is told again', async () => pushesTo('aa01') === 2);

  await client.send('DELETE', registration(pass, 'phone-1'), undefined, proof(pass));
  assert.equal((await changed(pass, 'phone-1')).status, 204);
  const log = await client.send('POST', servicePath(pass, 'log'), { logs: ['a fault'] });
  assert.equal(log.status, 200);
});

test('a new code renews the pass, and a transfer makes it void, without its code', async () => {
  const { pass } = await fetchPass(ticketPath(2, 'apple-wallet.pkpass'));
  await client.send('POST', registration(pass, 'phone-2'), { pushToken: 'bb02' }, proof(pass));
  await client.send('POST', ticketPath(2, 'reissue'));
  await waitUntil('Apple is told of the code', async () => pushesTo('bb02') === 1);
  const renewed = await fetchPass(latest(pass), proof(pass));
  assert.notEqual(renewed.pass.barcodes?.[0]?.message, pass.barcodes?.[0]?.message);

  const { json } = await client.send('POST', ticketPath(2, 'transfers'));
  const token = new URL((json as { link: string }).link).searchParams.get('token');
  const body = { token, accept_key: 'the key of the browser', name: 'Luis', email: 'l@example.com' };
  const taken = await client.send('POST', '/transfers/accept', {
    ...body,
    accept_key: 'a-key-of-the-browser',
  });
  assert.equal(taken.status, 200, taken.text);
  await waitUntil('Apple is told of the transfer', async () => pushesTo('bb02') === 2);
  const former = await fetchPass(latest(pass), proof(pass));
  assert.equal(former.pass.voided, true);
  assert.equal(former.pass.barcodes, undefined);

  const { links } = taken.json as { links: { page: string } };
  const held = links.page.slice(links.page.indexOf('?'));
  const own = await fetchPass(`/sales/transactions/${id}/tickets/2/apple-wallet.pkpass${held}`);
  assert.notEqual(own.pass.serialNumber, pass.serialNumber);
  assert.equal(own.pass.voided, undefined);
  assert.equal((await fetchPass(latest(own.pass), proof(own.pass))).pass.serialNumber, own.pass.serialNumber);
});

test('a telephone that Apple no longer knows is forgotten, and one that could not be told is told later', async () => {
  const { pass } = await fetchPass(ticketPath(1, 'apple-wallet.pkpass'));
  await client.send('POST', registration(pass, 'phone-3'), { pushToken: 'cc03' }, proof(pass));
  apns.next('cc03', { status: 503, reason: 'ServiceUnavailable' }, { status: 410, reason: 'Unregistered' });
  await transact(pool, (tx) => updatePasses(tx, { tenantId: 1, eventId: 3 }, new Date()));
  const push = async () => {
    const { rows } = await pool.query<{ last_error: string | null }>(
      "select last_error from wallet_pushes where target = 'cc03'",
    );
    return rows[0];
  };
  await waitUntil('the fault is noted', async () => (await push())?.last_error?.length !== undefined);
  assert.match((await push())!.last_error!, /Apple answered 503/);
  await pool.query("update wallet_pushes set due_at = now() where target = 'cc03'");
  await waitUntil('the telephone is forgotten', async () => (await push()) === undefined);
  const { rows } = await pool.query("select from apple_registrations where push_token = 'cc03'");
  assert.equal(rows.length, 0);
});

test('Google is told of the event once, and of a ticket that has another code', async () => {
  await client.send('GET', ticketPath(1, 'google-wallet'));
  const patches = () => google.log.filter((one) => one.method === 'PATCH');
  await pool.query(
    "update events set name = 'La flauta mágica, otra vez' where tenant_id = 1 and event_id = 3",
  );
  await waitUntil('Google is told of the event', async () => patches().length === 1);
  const [kind] = patches();
  assert.equal(kind?.path, '/v1/eventTicketClass/338.event-1-3');
  assert.equal(kind.headers.authorization, 'Bearer granted');
  assert.match(kind.body.toString(), /otra vez/);
  await client.send('POST', ticketPath(1, 'reissue'));
  await waitUntil('Google is told of the ticket', async () => patches().length === 2);
  const object = patches()[1]!;
  assert.equal(object.path, `/v1/eventTicketObject/338.ticket-${id}-1`);
  const { barcode, state } = JSON.parse(object.body.toString()) as {
    barcode: { value: string };
    state: string;
  };
  assert.match(barcode.value, /^TQ-/);
  assert.equal(state, 'ACTIVE');
  const [grant] = google.log;
  assert.match(grant!.body.toString(), /grant_type=urn/);
});

test('whoever does not have the pass learns and changes nothing', async () => {
  const { pass } = await fetchPass(ticketPath(1, 'apple-wallet.pkpass'));
  const other = { ...pass, serialNumber: `${id}-9` };
  for (const authorization of ['', 'ApplePass x', `ApplePass ${'A'.repeat(32)}`]) {
    for (const [method, asked, body] of [
      ['GET', latest(pass), undefined],
      ['POST', registration(pass, 'phone-9'), { pushToken: 'dd' }],
      ['DELETE', registration(pass, 'phone-9'), undefined],
    ] as const) {
      assert.equal((await client.send(method, asked, body, { authorization })).status, 401);
    }
  }
  assert.equal((await client.send('GET', latest(other), undefined, proof(pass))).status, 401);
  for (const bad of [{ pushToken: 'not hex' }, { pushToken: 'a'.repeat(201) }, {}, { pushToken: 1 }]) {
    const answer = await client.send('POST', registration(pass, 'phone-9'), bad, proof(pass));
    assert.equal(answer.status, 422, JSON.stringify(bad));
  }
  assert.equal(
    (await client.send('POST', servicePath(pass, 'log'), { logs: ['x'.repeat(2_001)] })).status,
    422,
  );
});
