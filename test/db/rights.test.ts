import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool } from '../../src/db/pool.ts';
import { isChange, rights, rightsOf, roles, type Right, type Role } from '../../src/identity/roles.ts';
import {
  createPerson,
  enrolSecondFactor,
  openBrowser,
  outcomeOf,
  signedIn,
  signIn,
  type Browser,
} from '../support/identity.ts';
import type { Answer } from '../support/http-client.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';

type Operation = { method: string; path: string; right: Right };
type Document = {
  paths: Record<string, Record<string, { description?: string; security?: unknown }>>;
};

let hall: IdentityHall;
let pool: Pool;
let client: IdentityHall['client'];
let operations: Operation[];

before(async () => {
  hall = await startIdentityHall(2);
  ({ pool, client } = hall);
  operations = await readOperations();
});
after(async () => {
  await hall.stop();
});

/** Every guarded operation of the contract, at nothing that exists. */
async function readOperations(): Promise<Operation[]> {
  const { paths } = (await client.send('GET', '/openapi.json')).json as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { description, security }]) => {
      const right = /^For whoever has the right `(.*)`\.$/.exec(description ?? '')?.[1];
      if (security === undefined || right === undefined) return [];
      return [{ method: method.toUpperCase(), path, right: right as Right }];
    }),
  );
}

function pathAt({ path }: Operation, seller: number | string): string {
  return path
    .replace('{seller_id}', String(seller))
    .replace('{device_id}', '999')
    .replaceAll(/\{\w+\}/g, '019a5b7e-6f10-7abc-9def-0123456789ab');
}

type Send = (method: string, path: string) => Promise<Answer>;

/** The outcome of one operation. A stream of what exists would not end, so its head is asked for, which names no code. */
async function tryOne(send: Send, { method, path }: Operation, at: string): Promise<string | number> {
  if (!path.endsWith('/changes/stream')) return outcomeOf(await send(method, at));
  const { status } = await send('HEAD', at);
  const codes: Record<number, string> = { 401: 'unauthenticated', 403: 'forbidden', 404: 'seller_not_found' };
  return codes[status] ?? status;
}

/** What each operation answers, by its name: `let through` whatever it says once the guard has been passed. */
async function tryAll(send: Send, seller: number | string): Promise<Record<string, string | number>> {
  const outcomes: Record<string, string | number> = {};
  for (const operation of operations) {
    const outcome = await tryOne(send, operation, pathAt(operation, seller));
    const stopped = ['unauthenticated', 'forbidden', 'two_factor_required', 'seller_not_found'];
    assert.notEqual(outcome, 'internal_error', `${operation.method} ${operation.path}`);
    outcomes[`${operation.method} ${operation.path}`] = stopped.includes(String(outcome))
      ? outcome
      : 'let through';
  }
  return outcomes;
}

/** What each operation should answer. */
function expectAll(decide: (operation: Operation) => string): Record<string, string> {
  return Object.fromEntries(operations.map((one) => [`${one.method} ${one.path}`, decide(one)]));
}

const byRights = (held: readonly Right[]) => (operation: Operation) =>
  held.includes(operation.right) ? 'let through' : 'forbidden';

test('the contract names the right of every operation on what a seller has', async () => {
  const { paths } = (await client.send('GET', '/openapi.json')).json as Document;
  const ofSellers = Object.entries(paths).filter(([path]) => path.startsWith('/sellers/{seller_id}/'));
  const all = ofSellers.flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.ok(all.length >= 13);
  assert.deepEqual(
    operations.map(({ method, path }) => `${method} ${path}`),
    all,
  );
  for (const { right, method, path } of operations) {
    assert.ok(rights.includes(right), right);
    // A preview is asked for with a body, and changes nothing.
    const changes = method !== 'GET' && !path.endsWith('-previews');
    assert.equal(isChange(right), changes, `${method} ${path}`);
  }
});

test('each role gets exactly as far as the table says, on every route', async () => {
  for (const role of roles) {
    const browser = await signedIn(pool, client, role === 'administrator' ? 0 : 1, role);
    assert.deepEqual(await tryAll(browser.send, 1), expectAll(byRights(rightsOf(role))), role);
  }
});

test("at another seller nothing is there, and an administrator's sellers must exist", async () => {
  for (const role of ['owner', 'cashier'] as const) {
    const browser = await signedIn(pool, client, 1, role);
    for (const seller of [2, 77, 0, '1x', '00000000000000001']) {
      assert.deepEqual(
        await tryAll(browser.send, seller),
        expectAll(() => 'seller_not_found'),
        `${role} ${seller}`,
      );
    }
  }
  const administrator = await signedIn(pool, client, 0, 'administrator');
  assert.deepEqual(
    await tryAll(administrator.send, 77),
    expectAll(() => 'seller_not_found'),
  );
  assert.equal((await administrator.send('GET', '/sellers/2/staff')).status, 200);
});

test('without credentials, or with wrong ones, nobody gets anywhere', async () => {
  const unknown = expectAll(() => 'unauthenticated');
  assert.deepEqual(await tryAll(openBrowser(client).send, 1), unknown);
  for (const authorization of [
    'Bearer',
    'Bearer x',
    'Basic YTpi',
    `Bearer tq_live_1_${'A'.repeat(43)}`,
    `Bearer tq_device_1_${'A'.repeat(43)}`,
    `Bearer tq_invite_1_${'A'.repeat(43)}`,
  ]) {
    const send: Send = (method, path) => client.send(method, path, undefined, { authorization });
    assert.deepEqual(await tryAll(send, 1), unknown, authorization);
  }
  const answer = await client.send('GET', '/sellers/1/staff');
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
  const cookie = 'taquilla.session_token=made.up; theme=dark';
  assert.equal(
    outcomeOf(await client.send('GET', '/sellers/1/staff', undefined, { cookie })),
    'unauthenticated',
  );
});

test('owners and administrators change nothing before they have a second factor', async () => {
  for (const [role, needed] of [
    ['administrator', true],
    ['owner', true],
    ['manager', false],
  ] as const) {
    const person = await createPerson(pool, client, role === 'administrator' ? 0 : 1, role);
    const browser = await signIn(client, person);
    const expected = (operation: Operation) => {
      const outcome = byRights(rightsOf(role))(operation);
      return needed && outcome === 'let through' && isChange(operation.right)
        ? 'two_factor_required'
        : outcome;
    };
    assert.deepEqual(await tryAll(browser.send, 1), expectAll(expected), role);
    await enrolSecondFactor(browser, person);
    assert.deepEqual(await tryAll(browser.send, 1), expectAll(byRights(rightsOf(role))), role);
  }
});

test('who works for several sellers has at each the role of that seller', async () => {
  const person = await createPerson(pool, client, 1, 'auditor');
  await createPerson(pool, client, 2, 'cashier', person.email);
  const browser = await signIn(client, person);
  assert.deepEqual(await tryAll(browser.send, 1), expectAll(byRights(rightsOf('auditor'))));
  assert.deepEqual(await tryAll(browser.send, 2), expectAll(byRights(rightsOf('cashier'))));
  const { sellers } = (await browser.send('GET', '/auth/session')).json as {
    sellers: { id: number; role: Role }[];
  };
  assert.deepEqual(
    sellers.map(({ id, role }) => [id, role]),
    [
      [1, 'auditor'],
      [2, 'cashier'],
    ],
  );
});

test('a key gets as far as its own rights, at its own seller', async () => {
  const owner = await signedIn(pool, client, 1, 'owner');
  const given: Right[] = ['sales.read', 'admission.read'];
  const made = await owner.send('POST', '/sellers/1/api-keys', { name: 'Boletín', rights: given });
  const { key } = made.json as { key: string };
  const send: Send = (method, path) =>
    client.send(method, path, undefined, { authorization: `Bearer ${key}` });
  assert.deepEqual(await tryAll(send, 1), expectAll(byRights(given)));
  assert.deepEqual(
    await tryAll(send, 2),
    expectAll(() => 'seller_not_found'),
  );
});

test('a device gets as far as its kind, at its own seller', async () => {
  const owner = await signedIn(pool, client, 1, 'owner');
  for (const kind of ['till', 'scanner'] as const) {
    const send = await enrol(owner, kind);
    assert.deepEqual(await tryAll(send, 1), expectAll(byRights(rightsOf(kind))));
    assert.deepEqual(
      await tryAll(send, 2),
      expectAll(() => 'seller_not_found'),
    );
  }
});

async function enrol(owner: Browser, kind: string): Promise<Send> {
  const made = await owner.send('POST', '/sellers/1/devices', { kind, name: 'Puerta' });
  const { enrolment_code: code } = made.json as { enrolment_code: string };
  const { json } = await openBrowser(client).send('POST', '/devices/enrol', { code });
  const authorization = `Bearer ${(json as { token: string }).token}`;
  return (method, path) => client.send(method, path, undefined, { authorization });
}

test("a page of another site changes nothing with a member's cookies, and reads as before", async () => {
  const manager = await signedIn(pool, client, 1, 'manager');
  const headers = { 'sec-fetch-site': 'cross-site' };
  const body = { kind: 'till', name: 'Caja 1' };
  assert.equal(outcomeOf(await manager.send('POST', '/sellers/1/devices', body, headers)), 'forbidden');
  assert.equal((await manager.send('GET', '/sellers/1/devices', undefined, headers)).status, 200);
});
