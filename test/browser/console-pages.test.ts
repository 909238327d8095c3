import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { createHall } from '../support/hall.ts';
import {
  checkAxe,
  checkWidth,
  startConsoleHall,
  type ConsoleHall,
  type ConsoleVisit,
} from '../support/console-hall.ts';
import { startWebhookReceiver } from '../support/fakes/webhook-receiver.ts';
import { waitUntil } from '../support/wait.ts';

let hall: ConsoleHall;
let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>;
before(async () => {
  receiver = await startWebhookReceiver();
  hall = await startConsoleHall(
    async (pool) => {
      await createHall(pool);
    },
    { WEBHOOKS_TO_LOOPBACK: 'true' },
  );
});
after(async () => {
  await hall.stop();
  await receiver.stop();
});

/** What every page has to stand: both themes, a telephone, Spanish without anything cut off, a quiet console. */
async function checkPage({ page, faults }: ConsoleVisit): Promise<void> {
  await checkAxe(page);
  await checkWidth(page, 360);
  await checkWidth(page, 3_840);
  await page.getByRole('button', { name: 'Español' }).click();
  await page.getByRole('button', { name: 'English' }).waitFor();
  await checkWidth(page, 360);
  await checkAxe(page);
  await page.getByRole('button', { name: 'English' }).click();
  assert.deepEqual(faults, []);
}

const dialog = (page: Page) => page.getByRole('dialog');

test('an owner invites somebody, changes what they may, and takes the access away', async () => {
  const { person } = await hall.hire('cashier');
  const visit = await hall.enter(hall.ownerApi, '/console/1/staff');
  const { page } = visit;
  await page.getByRole('row', { name: person.email }).getByText('Cashier').waitFor();
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await checkAxe(page);
  await dialog(page).getByLabel('E-mail').fill('not an address');
  await dialog(page).getByRole('button', { name: 'Send the invitation' }).click();
  await dialog(page).getByText('This is not of the right form.').waitFor();
  assert.equal(await dialog(page).getByLabel('E-mail').inputValue(), 'not an address');
  await page.waitForFunction(`document.activeElement?.getAttribute('name') === 'email'`);
  await checkAxe(page);
  await dialog(page).getByLabel('E-mail').fill('luis@example.com');
  await dialog(page).getByLabel('Role').selectOption('steward');
  // A draft outlives a reload.
  await page.reload();
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  assert.equal(await dialog(page).getByLabel('E-mail').inputValue(), 'luis@example.com');
  await dialog(page).getByText('is here again').waitFor();
  await dialog(page).getByRole('button', { name: 'Send the invitation' }).click();
  await page.getByRole('row', { name: /luis@example\.com.*Steward/ }).waitFor();

  await page.getByRole('row', { name: person.email }).getByRole('button', { name: 'Change' }).click();
  await dialog(page).getByLabel('Role').selectOption('manager');
  await dialog(page).getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: person.email }).getByText('Manager').waitFor();
  await page
    .getByRole('row', { name: /luis@example/ })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await dialog(page).getByRole('button', { name: 'Revoke' }).click();
  await page.getByText('No invitations wait.').waitFor();
  visit.faults.length = 0;
  await checkPage(visit);
  await visit.leave();
});

test('a role sees no page and no button that it may not use, and the API refuses it all the same', async () => {
  const { api } = await hall.hire('cashier');
  const { page, leave } = await hall.enter(api, '/console/1');
  const navigation = page.getByRole('navigation');
  await navigation.getByRole('link', { name: 'Fiscal' }).waitFor();
  assert.equal(await navigation.getByRole('link', { name: 'Staff' }).count(), 0);
  await page.goto('/console/1/staff');
  await page.getByRole('heading', { name: 'This page is not for your role' }).waitFor();
  assert.equal((await api.send('GET', '/sellers/1/staff')).status, 403);
  const { api: auditor } = await hall.hire('auditor');
  const other = await hall.enter(auditor, '/console/1/staff');
  await other.page.getByRole('row', { name: /Owner/ }).first().waitFor();
  assert.equal(await other.page.getByRole('button', { name: 'Invite somebody' }).count(), 0);
  await other.leave();
  await leave();
});

test('a till gets its enrolment code once, and is cut off', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/devices');
  const { page } = visit;
  await page.getByText('There are no devices yet.').waitFor();
  await page.getByRole('button', { name: 'Add a device' }).click();
  await dialog(page).getByLabel('Name').fill('Caja norte');
  await dialog(page).getByRole('button', { name: 'Add a device' }).click();
  const code = await dialog(page).locator('code').innerText();
  assert.match(code, /^1-1-[A-Z0-9]+$/);
  await checkAxe(page);
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();
  await page
    .getByRole('row', { name: /Caja norte/ })
    .getByText('waits to be enrolled')
    .waitFor();
  const enrolled = await hall.client.send('POST', '/devices/enrol', { code });
  assert.equal(enrolled.status, 201, enrolled.text);
  await page.getByRole('button', { name: /Cut off/ }).click();
  await dialog(page).getByRole('button', { name: 'Cut off' }).click();
  await page
    .getByRole('row', { name: /Caja norte/ })
    .getByText('cut off')
    .waitFor();
  await checkPage(visit);
  await visit.leave();
});

test('an API key is shown once and works with the rights that were ticked', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/api-keys');
  const { page } = visit;
  await page.getByRole('button', { name: 'Create a key' }).click();
  await dialog(page).getByLabel('Name').fill('Contabilidad');
  await dialog(page).getByLabel('See fiscal documents').check();
  await checkAxe(page);
  await dialog(page).getByRole('button', { name: 'Create a key' }).click();
  const key = await dialog(page).locator('code').innerText();
  const asked = (path: string) =>
    hall.client.send('GET', path, undefined, { authorization: `Bearer ${key}` });
  assert.equal((await asked('/sellers/1/fiscal-identity')).status, 200);
  assert.equal((await asked('/sellers/1/staff')).status, 403);
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();
  await page
    .getByRole('row', { name: /Contabilidad/ })
    .getByRole('button', { name: /Revoke/ })
    .click();
  await dialog(page).getByRole('button', { name: 'Revoke' }).click();
  await page
    .getByRole('row', { name: /Contabilidad/ })
    .getByText('revoked')
    .waitFor();
  assert.equal((await asked('/sellers/1/fiscal-identity')).status, 401);
  await checkPage(visit);
  await visit.leave();
});

test('a webhook endpoint is added, tested, replayed, given another secret, and removed', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/webhooks');
  const { page } = visit;
  await page.getByRole('button', { name: 'Add an address' }).click();
  await dialog(page).getByLabel('Address (URL)').fill(`${receiver.url}/hook`);
  await dialog(page).getByRole('button', { name: 'Add an address' }).click();
  assert.match(await dialog(page).locator('code').innerText(), /^whsec_/);
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();
  await checkPage(visit);
  await page.getByRole('link', { name: `${receiver.url}/hook` }).click();
  await page.getByRole('button', { name: 'Send a test event' }).click();
  await waitUntil('the test event', () => receiver.log.length > 0);
  await waitUntil('the delivery in the list', async () => {
    await page.getByRole('button', { name: 'Refresh' }).click();
    return (await page.getByRole('row', { name: /Test.*delivered/ }).count()) > 0;
  });
  await page.getByRole('button', { name: 'Details' }).click();
  await dialog(page).getByText('webhook.test').waitFor();
  await checkAxe(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Send again' }).click();
  await waitUntil('the event once more', () => receiver.log.length > 1);
  await page.getByRole('button', { name: 'Rotate the secret' }).click();
  await dialog(page).getByRole('button', { name: 'Rotate the secret' }).click();
  await dialog(page)
    .getByText(/^whsec_/)
    .waitFor();
  await dialog(page).getByRole('button', { name: 'Close' }).last().click();
  await checkPage(visit);
  await page.getByRole('button', { name: 'Remove' }).click();
  await dialog(page).getByRole('button', { name: 'Remove' }).click();
  await page.waitForURL('**/webhooks');
  await page.getByText('Nobody is told yet.').waitFor();
  await visit.leave();
});

test('the audit log tells who did what, and is paged by cursor', async () => {
  const { rows } = await hall.pool.query<{ n: number }>(
    'select count(*)::integer as n from audit_log where tenant_id = 1',
  );
  assert.ok(rows[0]!.n > 3);
  const visit = await hall.enter(hall.ownerApi, '/console/1/audit-log');
  await visit.page
    .getByRole('row', { name: /webhook_endpoint/ })
    .first()
    .waitFor();
  await checkPage(visit);
  await visit.leave();
});

test('a day is opened, looked at by X, and closed by its Z; the proof is green', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/fiscal');
  const { page } = visit;
  await page.getByRole('button', { name: 'Add a till' }).click();
  await dialog(page).getByLabel('Name').fill('Caja sur');
  await dialog(page).getByRole('button', { name: 'Add a till' }).click();
  await page.getByRole('row', { name: /Caja sur/ }).waitFor();
  await page.getByRole('button', { name: 'Prove it now' }).click();
  await page.getByText('no number is missing').waitFor();
  await page.getByLabel('Legal name').fill('Teatro Nuevo, S.A.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await checkPage(visit);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Everything (JSON lines)' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'fiscal-1.jsonl');
  await page.getByRole('link', { name: 'Caja sur' }).click();
  await page.getByRole('heading', { name: 'Caja sur' }).waitFor();
  await page.getByRole('button', { name: 'Open the day' }).click();
  await page.getByRole('link', { name: 'X report' }).click();
  await page.getByRole('heading', { name: /X report/ }).waitFor();
  await checkPage(visit);
  await page.goBack();
  await page.getByRole('button', { name: 'Close the day (Z)' }).click();
  await dialog(page).getByRole('button', { name: 'Close the day (Z)' }).click();
  await page.getByRole('heading', { name: 'Z report 1' }).waitFor();
  await checkPage(visit);
  await visit.leave();
});
