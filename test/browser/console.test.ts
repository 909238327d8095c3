import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createHall } from '../support/hall.ts';
import {
  checkAxe,
  checkWidth,
  signInByPage,
  startConsoleHall,
  type ConsoleHall,
} from '../support/console-hall.ts';

const firstPageBytesMax = 150_000;

let hall: ConsoleHall;
before(async () => {
  hall = await startConsoleHall(async (pool) => {
    await createHall(pool);
    await createHall(pool, { tenantId: 2 });
  });
});
after(() => hall.stop());

test('an owner signs in with the second factor, finds the deep link, and signs out', async () => {
  const { page, faults, leave } = await hall.open();
  await page.goto('/console/account');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);
  await signInByPage(page, hall.owner);
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/console/account');
  await page.getByText('this session').waitFor();
  await checkAxe(page);
  await checkWidth(page, 360);
  await page.getByRole('link', { name: 'Taquilla' }).click();
  await page.waitForURL('**/console/1');
  await page.getByRole('heading', { level: 1, name: /Hello/ }).waitFor();
  await checkAxe(page);
  await page.getByRole('button', { name: 'Español' }).click();
  await page.getByRole('heading', { level: 1, name: /Hola/ }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'es');
  await page.getByRole('button', { name: 'Salir' }).click();
  await page.getByRole('heading', { name: 'Entrar' }).waitFor();
  // The one refusal: nobody was signed in at first.
  assert.deepEqual(
    faults.filter((fault) => !/status of 401/.test(fault)),
    [],
  );
  await leave();
});

test('a wrong password is told, and what was typed stays', async () => {
  const { page, leave } = await hall.open();
  await page.goto('/console/1/no-such-page');
  await page.getByLabel('E-mail').fill('nobody@example.com');
  await page.getByLabel('Password').fill('certainly not this');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor();
  assert.equal(await page.getByLabel('E-mail').inputValue(), 'nobody@example.com');
  await checkAxe(page);
  await leave();
});

test('a seller where one does not work, and an address that leads nowhere, are told apart', async () => {
  const { api } = await hall.hire('cashier');
  const other = await hall.enter(api, '/console/2');
  await other.page.getByRole('heading', { name: 'You do not work for this seller' }).waitFor();
  await checkAxe(other.page);
  await other.leave();
  const nowhere = await hall.enter(api, '/console/1/nowhere/at/all');
  await nowhere.page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  await nowhere.leave();
});

test('a session that ended elsewhere asks to sign in again, at the same address', async () => {
  const { person, api } = await hall.hire('manager');
  const { page, leave } = await hall.enter(api, '/console/account');
  await hall.pool.query(
    'delete from staff_sessions where user_id = (select id from staff_users where email = $1)',
    [person.email],
  );
  await page.getByLabel('Your password').first().fill('not of interest here');
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByText('Your session has ended').waitFor();
  await signInByPage(page, person);
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await leave();
});

test('files of the console: hashed ones are kept for good, the page never, and what is none is no page', async () => {
  const folder = path.join(import.meta.dirname, '../../web/console/dist/assets');
  const script = readdirSync(folder).find((name) => /^index-.*\.js$/.test(name))!;
  const asset = await fetch(`${hall.url}/console/assets/${script}`);
  assert.match(asset.headers.get('cache-control')!, /immutable/);
  const page = await fetch(`${hall.url}/console/1/anything`);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.match(page.headers.get('content-security-policy')!, /default-src 'self'/);
  assert.match(await page.text(), /<div id="app">/);
  const missing = await fetch(`${hall.url}/console/assets/missing.js`);
  assert.equal(missing.status, 404);
});

test('the first page takes at most 150 kB of script and style, compressed', async () => {
  const folder = path.join(import.meta.dirname, '../../web/console/dist/assets');
  const { page, leave } = await hall.enter(hall.ownerApi, '/console/1');
  await page.locator('main h1').waitFor();
  const names = await page.evaluate<string[]>(
    `performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)`,
  );
  const fetched = names.filter((name) => name.startsWith('/console/assets/'));
  assert.ok(fetched.length >= 2);
  const bytes = fetched.map((name) => statSync(path.join(folder, `${path.basename(name)}.br`)).size);
  const sum = bytes.reduce((total, one) => total + one, 0);
  assert.ok(sum <= firstPageBytesMax, `${sum} bytes: ${fetched.join(' ')}`);
  await leave();
});
