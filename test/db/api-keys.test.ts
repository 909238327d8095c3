import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool } from '../../src/db/pool.ts';
import { withoutGuard } from '../support/guards.ts';
import { nextAddress, openBrowser, outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';

let hall: IdentityHall;
let pool: Pool;
let client: IdentityHall['client'];
let owner: Browser;

before(async () => {
  hall = await startIdentityHall(1);
  ({ pool, client } = hall);
  owner = await signedIn(pool, client, 1, 'owner');
});
after(async () => {
  await hall.stop();
});

type Key = { id: string; key: string; hint: string; last_used_at: string | null; revoked_at: string | null };

async function createKey(body: object): Promise<Key> {
  const answer = await owner.send('POST', '/sellers/1/api-keys', body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json as Key;
}

/** Asks for what the key may not have: `forbidden` says that it is known, `unauthenticated` that it is not. */
async function use(token: string): Promise<string | number> {
  const authorization = `Bearer ${token}`;
  return outcomeOf(await client.send('GET', '/sellers/1/staff', undefined, { authorization }));
}

async function listKeys(): Promise<Key[]> {
  const { json } = await owner.send('GET', '/sellers/1/api-keys?limit=100');
  return (json as { data: Key[] }).data;
}

test('a key is shown once; the list tells keys apart by their ends', async () => {
  const made = await createKey({ name: 'Web', rights: ['sales.read', 'catalog.read'] });
  assert.match(made.key, /^tq_live_1_[\w-]{43}$/);
  const list = await owner.send('GET', '/sellers/1/api-keys');
  assert.ok(!list.text.includes(made.key.slice(-20)));
  const shown = (list.json as { data: Key[] }).data.find((one) => one.id === made.id)!;
  assert.equal(shown.hint, made.key.slice(-4));
});

test('nobody gives a key what is for people alone', async () => {
  const rights = ['sales.read', 'staff.manage', 'api_keys.manage', 'audit.read'];
  const refused = await owner.send('POST', '/sellers/1/api-keys', { name: 'Web', rights });
  assert.equal(refused.status, 422);
  assert.deepEqual(
    (refused.json as { errors: { path: string }[] }).errors.map((one) => one.path),
    ['/rights/1', '/rights/2', '/rights/3'],
  );
  for (const body of [
    { name: 'Web', rights: [] },
    { name: 'Web', rights: ['everything'] },
    { name: 'Web', rights: ['sales.read', 'sales.read'] },
    { name: ' ', rights: ['sales.read'] },
    { name: 'Web', rights: ['sales.read'], expires_in_days: 0 },
    { name: 'Web', rights: ['sales.read'], tenant_id: 2 },
  ])
    assert.equal((await owner.send('POST', '/sellers/1/api-keys', body)).status, 422, JSON.stringify(body));
});

test('a key is written as used once a minute, not with every request', async () => {
  const { id, key } = await createKey({ name: 'Web', rights: ['sales.read'] });
  const lastUse = async () => (await listKeys()).find((one) => one.id === id)!.last_used_at;
  assert.equal(await lastUse(), null);
  assert.equal(await use(key), 'forbidden');
  const first = await lastUse();
  assert.ok(first);
  await use(key);
  assert.equal(await lastUse(), first);
  await pool.query(`update api_keys set last_used_at = last_used_at - interval '61 s' where key_id = $1`, [
    id,
  ]);
  await use(key);
  assert.ok((await lastUse())! >= first);
});

test('a key that was revoked or has expired is unknown from then on', async () => {
  const revoked = await createKey({ name: 'Web', rights: ['sales.read'] });
  assert.equal(await use(revoked.key), 'forbidden');
  assert.equal((await owner.send('DELETE', `/sellers/1/api-keys/${revoked.id}`)).status, 204);
  assert.equal((await owner.send('DELETE', `/sellers/1/api-keys/${revoked.id}`)).status, 204);
  assert.equal(await use(revoked.key), 'unauthenticated');
  const late = await createKey({ name: 'Web', rights: ['sales.read'], expires_in_days: 1 });
  assert.equal(await use(late.key), 'forbidden');
  await pool.query(`update api_keys set expires_at = now() - interval '1 second' where key_id = $1`, [
    late.id,
  ]);
  assert.equal(await use(late.key), 'unauthenticated');
  const { rows } = await pool.query(`select from audit_log where object_id = $1 and verb = 'revoke'`, [
    revoked.id,
  ]);
  assert.equal(rows.length, 1, 'revoked once, however often it is asked');
});

type Enrolment = { device: { id: number; state: string }; enrolment_code: string; expires_at: string };

async function register(kind = 'scanner'): Promise<Enrolment> {
  const answer = await owner.send('POST', '/sellers/1/devices', { kind, name: 'Puerta 1' });
  assert.equal(answer.status, 201, answer.text);
  return answer.json as Enrolment;
}

const enrol = (code: string, address = nextAddress()) =>
  openBrowser(client, address).send('POST', '/devices/enrol', { code });

/** A code that is not the right one. */
function wrongCode({ enrolment_code: code }: Enrolment): string {
  return `${code.slice(0, -1)}${code.endsWith('7') ? '8' : '7'}`;
}

async function stateOf(id: number): Promise<string> {
  const { json } = await owner.send('GET', '/sellers/1/devices?limit=100');
  return (json as { data: { id: number; state: string }[] }).data.find((one) => one.id === id)!.state;
}

test('a device is enrolled by the code that somebody types, once, and works until it is cut off', async () => {
  const made = await register();
  assert.equal(made.device.state, 'waiting');
  const answer = await enrol(made.enrolment_code.toLowerCase());
  const { token, ...device } = answer.json as { token: string };
  assert.deepEqual(device, { seller_id: 1, device_id: made.device.id, kind: 'scanner', name: 'Puerta 1' });
  assert.equal(await use(token), 'forbidden');
  assert.equal(await stateOf(made.device.id), 'enrolled');
  assert.equal(outcomeOf(await enrol(made.enrolment_code)), 'enrolment_refused');
  const path = `/sellers/1/devices/${made.device.id}`;
  assert.equal((await owner.send('DELETE', path)).status, 204);
  assert.equal((await owner.send('DELETE', path)).status, 204);
  assert.equal(await use(token), 'unauthenticated');
  assert.equal(await stateOf(made.device.id), 'cut_off');
  assert.equal(outcomeOf(await owner.send('POST', `${path}/enrolment-code`)), 'device_cut_off');
});

test('a device that is enrolled again gets another token, and the one before opens nothing', async () => {
  const made = await register('till');
  const first = (await enrol(made.enrolment_code)).json as { token: string };
  const path = `/sellers/1/devices/${made.device.id}/enrolment-code`;
  const renewed = (await owner.send('POST', path)).json as Enrolment;
  assert.equal(await use(first.token), 'forbidden', 'the code alone changes nothing');
  const second = (await enrol(renewed.enrolment_code)).json as { token: string };
  assert.deepEqual([await use(first.token), await use(second.token)], ['unauthenticated', 'forbidden']);
});

test('a code ends after five wrong guesses, from wherever they come', async () => {
  const made = await register();
  const guesses = await Promise.all(Array.from({ length: 5 }, () => enrol(wrongCode(made))));
  assert.deepEqual(guesses.map(outcomeOf), Array(5).fill('enrolment_refused'));
  assert.equal(outcomeOf(await enrol(made.enrolment_code)), 'enrolment_refused');
  const path = `/sellers/1/devices/${made.device.id}/enrolment-code`;
  const renewed = (await owner.send('POST', path)).json as Enrolment;
  for (let i = 0; i < 4; i++) await enrol(wrongCode(renewed));
  assert.equal((await enrol(renewed.enrolment_code)).status, 201);
});

test('control: without the count of guesses, the sixth finds it', async () => {
  const made = await register();
  await withoutGuard(pool, 'enrol_device', /or d\.code_attempts >= p_attempts_max/, '', async () => {
    for (let i = 0; i < 5; i++) await enrol(wrongCode(made));
    assert.equal((await enrol(made.enrolment_code)).status, 201);
  });
});

test('an address guesses only so often, at however many devices', async () => {
  const address = nextAddress();
  const guesses = await Promise.all(
    Array.from({ length: 22 }, (_, i) => enrol(`1-${i + 500}-ABCDEF`, address)),
  );
  assert.equal(guesses.filter((one) => outcomeOf(one) === 'too_many_attempts').length, 2);
});

test('a code ends after ten minutes', async () => {
  const made = await register();
  const minutes = (Date.parse(made.expires_at) - Date.now()) / 60_000;
  assert.ok(minutes > 9.9 && minutes <= 10);
  await pool.query(`update devices set code_expires_at = now() - interval '1 second' where device_no = $1`, [
    made.device.id,
  ]);
  assert.equal(outcomeOf(await enrol(made.enrolment_code)), 'enrolment_refused');
});

test('a code that is typed twice at once enrols one device', async () => {
  const made = await register();
  const answers = await Promise.all(Array.from({ length: 4 }, () => enrol(made.enrolment_code)));
  const tokens = answers
    .filter((one) => one.status === 201)
    .map((one) => (one.json as { token: string }).token);
  assert.equal(tokens.length, 1);
  assert.equal(await use(tokens[0]!), 'forbidden');
});

test('devices that are registered at once get numbers of their own', async () => {
  const made = await Promise.all(Array.from({ length: 6 }, () => register()));
  assert.equal(new Set(made.map((one) => one.device.id)).size, 6);
});
