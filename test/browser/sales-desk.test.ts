import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import {
  checkAxe,
  checkWidth,
  startConsoleHall,
  type ConsoleHall,
  type ConsoleVisit,
} from '../support/console-hall.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { json, type Confirmed } from '../support/payment-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: ConsoleHall;
let event: Hall;
let ana: Confirmed;
let keys = 0;

/** A sale in cash, as the shop makes it, with its tickets made. */
async function sell(seatNos: number[], customer: Record<string, string>): Promise<Confirmed> {
  const { client } = hall;
  const held = await client.send('POST', '/sales/holds', {
    event_id: formatEventId(event),
    seats: seatNos.map((no) => formatSeatId(event, no)),
  });
  assert.equal(held.status, 201, held.text);
  const body = {
    hold_token: json<{ hold_token: string }>(held).hold_token,
    customer: { locale: 'en', ...customer },
    payment: { method: 'cash' },
  };
  const answer = await client.send('POST', '/sales/checkout/confirm', body, {
    'idempotency-key': `desk-${++keys}`,
  });
  assert.equal(answer.status, 202, answer.text);
  const sale = json<Confirmed>(answer);
  await waitUntil('the sale is complete', async () => {
    const read = await client.send('GET', sale.links.self);
    return json<{ status: string }>(read).status === 'completed';
  });
  return sale;
}

before(async () => {
  hall = await startConsoleHall(async (pool) => {
    event = await createHall(pool, { seats: 120, standing: 50 });
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'der' },
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    });
    await pool.query(
      'insert into seller_keys (tenant_id, key_id, public_key, private_key) values (1, 1, $1, $2)',
      [publicKey, privateKey],
    );
  });
  ana = await sell([1, 2], { name: 'Ana María Pérez', email: 'ana@example.com', phone: '+584141234567' });
  await sell([5], { name: 'José Ávila', email: 'jose@example.com' });
  await sell([6, 7, 8], { name: 'Luis Mora', email: 'luis@example.com' });
});
after(() => hall.stop());

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

/** Keeps a picture for the documentation, when it is asked for. */
async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env['SCREENSHOTS'] === undefined) return;
  await page.emulateMedia({ colorScheme: 'light' });
  await page.screenshot({ path: path.join(import.meta.dirname, `../../docs/images/${name}.png`) });
}

test('support finds a sale from any page by what its buyer quotes, reads it, and notes something', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1');
  const { page } = visit;
  await page.getByRole('searchbox', { name: 'Find a sale by anything' }).fill('1234567');
  await page.keyboard.press('Enter');
  const row = page.getByRole('row', { name: /Ana María Pérez/ });
  await row.getByText('by phone').waitFor();
  assert.equal(await page.getByRole('row').count(), 2, 'the head, and the one sale');
  await checkPage(visit);
  await row.getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: `Sale ${ana.fiscal_number}` }).waitFor();
  await page.getByText('Tickets made').waitFor();
  await page.getByLabel('Note for the staff').fill('Comes by wheelchair');
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.getByRole('region', { name: 'Notes' }).getByText('Comes by wheelchair').waitFor();
  await page.getByRole('region', { name: 'Time line' }).getByText('Comes by wheelchair').waitFor();
  await keepPicture(page, 'console-sale');
  await checkPage(visit);
  await visit.leave();
});

test('a sale that is made elsewhere stands in the list without a reload, and filters are in the address', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/sales');
  const { page } = visit;
  await page.getByRole('row', { name: /Luis Mora/ }).waitFor();
  await sell([20], { name: 'Zoë Quintero', email: 'zoe@example.com' });
  await page.getByRole('row', { name: /Zoë Quintero/ }).waitFor();
  await page.getByLabel('Status').selectOption('refunded');
  await page.getByText('There are no such sales.').waitFor();
  await page.reload();
  await page.getByText('There are no such sales.').waitFor();
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await page.getByRole('row', { name: /Ana María Pérez/ }).waitFor();
  await keepPicture(page, 'console-sales');
  await checkPage(visit);
  await visit.leave();
});

test('one ticket is refunded with its credit note, and the sale says so by itself', async () => {
  const visit = await hall.enter(hall.ownerApi, `/console/1/sales/${ana.transaction_id}`);
  const { page } = visit;
  await page.getByRole('button', { name: 'Refund', exact: true }).click();
  await checkAxe(page);
  await dialog(page).getByRole('button', { name: 'Refund' }).click();
  await dialog(page)
    .getByRole('textbox', { name: 'Reason (for the books)' })
    .and(page.locator('[aria-invalid=true]'))
    .waitFor();
  await dialog(page).getByLabel('Platea · 1-2').uncheck();
  await dialog(page).getByLabel('Reason (for the books)').fill('Fell ill');
  await dialog(page).getByRole('button', { name: 'Refund' }).click();
  await page
    .getByRole('row', { name: /Platea · 1-1/ })
    .getByText('given back')
    .waitFor();
  await page
    .getByRole('row', { name: /Platea · 1-2/ })
    .getByText('valid')
    .waitFor();
  await page.getByText('NC-A-00000001').first().waitFor();
  visit.faults.length = 0;
  await checkPage(visit);
  await visit.leave();
});

test('a ticket gets another code and a link for somebody else; the tickets are sent to a corrected address', async () => {
  const visit = await hall.enter(hall.ownerApi, `/console/1/sales/${ana.transaction_id}`);
  const { page } = visit;
  await page.getByRole('button', { name: 'New code: Platea · 1-2' }).click();
  await dialog(page).getByRole('button', { name: 'New code' }).click();
  await page.getByText('The ticket has a new code.').waitFor();
  await page.getByRole('button', { name: 'Transfer: Platea · 1-2' }).click();
  await dialog(page).getByRole('button', { name: 'Transfer' }).click();
  await dialog(page)
    .getByText(/\/transfer\?token=/)
    .waitFor();
  await checkAxe(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Resend', exact: true }).click();
  await dialog(page).getByLabel('To another address or number').fill('ana.new@example.com');
  await dialog(page).getByLabel('Correct the buyer’s to this one').check();
  await dialog(page).getByRole('button', { name: 'Resend' }).click();
  await page.getByRole('region', { name: 'Buyer' }).getByText('ana.new@example.com').waitFor();
  assert.deepEqual(visit.faults, []);
  await visit.leave();
});

test('places are exchanged for others of a zone, and the new sale opens', async () => {
  const sale = await sell([30], { name: 'Pía Soto', email: 'pia@example.com' });
  const visit = await hall.enter(hall.ownerApi, `/console/1/sales/${sale.transaction_id}`);
  const { page } = visit;
  await page.getByRole('button', { name: 'Exchange' }).click();
  await dialog(page).getByLabel('Zone').selectOption({ label: 'De pie' });
  await dialog(page).getByRole('button', { name: 'Find places' }).click();
  await dialog(page)
    .getByText(/It goes back to them/)
    .waitFor();
  await checkAxe(page);
  await dialog(page).getByLabel('Reason (for the books)').fill('Wants to dance');
  await dialog(page).getByRole('button', { name: 'Exchange' }).click();
  await page.getByRole('cell', { name: 'De pie', exact: true }).waitFor();
  assert.notEqual(new URL(page.url()).pathname, `/console/1/sales/${sale.transaction_id}`);
  await visit.leave();
});

test('a selection is refunded with its progress shown; a cashier is not offered it', async () => {
  const names = ['Bulk One', 'Bulk Two'];
  for (const [i, name] of names.entries()) await sell([40 + i], { name, email: `bulk${i}@example.com` });
  const visit = await hall.enter(hall.ownerApi, '/console/1/sales?q=bulk');
  const { page } = visit;
  await page.getByRole('row', { name: /Bulk Two/ }).waitFor();
  await page.getByLabel('Select all of this page').check();
  await page.getByText('2 sales selected').waitFor();
  await page.getByRole('group', { name: 'Bulk actions' }).getByRole('button', { name: 'Refund' }).click();
  await dialog(page).getByLabel('Reason (for the books)').fill('Rained off');
  await checkAxe(page);
  await dialog(page).getByRole('button', { name: 'Refund' }).click();
  await page.getByText('2 of 2').waitFor();
  for (const name of names)
    await page
      .getByRole('row', { name: new RegExp(name) })
      .getByText('Refunded')
      .waitFor();
  await checkPage(visit);
  await visit.leave();
  const { api } = await hall.hire('cashier');
  const other = await hall.enter(api, '/console/1/sales');
  await other.page.getByRole('row', { name: /Luis Mora/ }).waitFor();
  assert.equal(await other.page.getByLabel('Select all of this page').count(), 0);
  assert.equal(await other.page.getByRole('button', { name: 'Export CSV' }).count(), 0);
  await other.leave();
});

test('a list is exported, and its progress is told', async () => {
  const visit = await hall.enter(hall.ownerApi, '/console/1/sales');
  const { page } = visit;
  await page.getByRole('row', { name: /Luis Mora/ }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export XLSX' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'seller-1-sales.xlsx');
  await page.getByText('The file is ready.').waitFor();
  await visit.leave();
});

test('the hall fills on the map as it sells, with figures, zones and plots that need no reload', async () => {
  const visit = await hall.enter(hall.ownerApi, `/console/1/live?event_id=${formatEventId(event)}`);
  const { page } = visit;
  const legend = page.getByRole('listitem').filter({ hasText: /^\s*Sold: / });
  await legend.waitFor();
  const soldBefore = Number((await legend.innerText()).replace(/\D/g, ''));
  assert.ok(soldBefore > 0);
  await sell([60, 61], { name: 'Live Buyer', email: 'live@example.com' });
  await legend.filter({ hasText: String(soldBefore + 2) }).waitFor();
  await page.getByRole('row', { name: /Platea/ }).waitFor();
  await page.getByRole('img', { name: 'Tickets sold by hour' }).waitFor();
  await page.getByRole('img', { name: 'Sold since the first sale' }).waitFor();
  await page.getByRole('img', { name: 'By price stage' }).waitFor();
  await page.getByRole('img', { name: 'Holds by hour, and what became of them' }).waitFor();
  await keepPicture(page, 'console-live');
  await checkPage(visit);
  await visit.leave();
});

test('messages are listed, those that failed are tried again, and templates are seen with an example', async () => {
  await hall.pool.query(
    `update messages set state = 'failed', failed_at = now(), last_error = 'mailbox full'
      where tenant_id = 1 and transaction_id = $1`,
    [ana.transaction_id],
  );
  const visit = await hall.enter(hall.ownerApi, '/console/1/messages');
  const { page } = visit;
  await page.getByRole('row', { name: /luis@example\.com/ }).waitFor();
  await checkPage(visit);
  await page.getByRole('button', { name: 'Only what failed' }).click();
  await page
    .getByRole('row', { name: /mailbox full/ })
    .first()
    .waitFor();
  await keepPicture(page, 'console-messages');
  await page.getByRole('button', { name: 'Try all that failed again' }).click();
  await dialog(page).getByRole('button', { name: 'Try all that failed again' }).click();
  await page.getByText(/messages are tried again/).waitFor();
  await page.goto('/console/1/templates?kind=tickets&locale=en');
  await page.getByLabel('Subject').fill('Come in: {{event_name}}');
  await page.getByRole('button', { name: 'Try it unsaved' }).click();
  await page.getByText('What is typed, with an example, not saved').waitFor();
  await page.getByRole('button', { name: 'Discard changes' }).click();
  await page.frameLocator('iframe').locator('body').waitFor();
  visit.faults.length = 0;
  await checkAxe(page);
  await checkWidth(page, 360);
  await visit.leave();
});

test('service levels are told against their targets', async () => {
  const minute = Math.floor(Date.now() / 60_000) * 60_000;
  for (let ago = 3; ago < 40; ago += 1) {
    await hall.pool.query(
      `insert into service_readings values (0, $1, gen_random_uuid(), $2, $3, 200, 0, $4, 2, 1, 9)`,
      [
        new Date(minute - ago * 60_000),
        [0, 0, 20, 60 + ago, 80, 30, 9, 2, 1, 0, 0, 0, 0, 0],
        [0, 9, 50, 60, 40, 8, 2, 0, 0, 0, 0, 0, 0, 0],
        ago % 7,
      ],
    );
  }
  const visit = await hall.enter(hall.ownerApi, '/console/1/service-levels');
  const { page } = visit;
  await page.getByRole('heading', { name: 'Confirming a sale' }).waitFor();
  await page.getByText('100% within 2 s').waitFor();
  await page.getByRole('img', { name: 'Availability over time' }).waitFor();
  await keepPicture(page, 'console-service-levels');
  await checkPage(visit);
  await visit.leave();
});
