import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { waitUntil } from '../support/wait.ts';
import {
  confirmButton,
  countSales,
  fillGuest,
  holdBestTwo,
  operaId,
  startShop,
  visit,
  waitForTickets,
  type Shop,
} from './shop-support.ts';

let shop: Shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.stop());

/** Another buyer, who needs no browser. */
async function holdElsewhere(...seats: string[]): Promise<void> {
  const answer = await fetch(`${shop.url}/sales/holds`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ event_id: operaId, seats }),
  });
  assert.equal(answer.status, 201);
}

/** Opens a row of the gallery in the list and picks its first free seats; returns their ids. */
async function pick(page: Page, row: number, count: number): Promise<string[]> {
  await page.goto(`/events/${operaId}`);
  await page.locator('button.head', { hasText: 'Paraíso' }).click();
  await page.locator('button.row').nth(row).click();
  const free = page.locator('button.number[aria-pressed=false]:not([aria-disabled=true])');
  for (let seat = 0; seat < count; seat += 1) await free.first().click();
  return JSON.parse(
    await page.evaluate<string>(
      `JSON.stringify(JSON.parse(sessionStorage['taquilla.cart.${operaId}']).seats)`,
    ),
  ) as string[];
}

/** Lets a confirmation reach the server, and loses the answer on its way back. */
async function loseAnswer(route: Route): Promise<void> {
  await route.fetch();
  await route.abort();
}

test('a seat that another buyer takes leaves the cart while the page is looked at', async () => {
  const { page, faults, leave } = await visit(shop);
  const seats = await pick(page, 0, 3);
  await holdElsewhere(seats[1]!);
  await page.getByRole('alert').getByText('A place has just gone to someone else').waitFor();
  await page.getByRole('button', { name: /2 places/ }).waitFor();
  assert.deepEqual(faults, []);
  await leave();
});

test('a hold that is refused names the seats that went, and keeps the rest picked', async () => {
  const { page, leave } = await visit(shop);
  // Deaf to the changes, the page learns of them only by the refusal.
  await page.route('**/availability/stream', (route) => route.abort());
  const seats = await pick(page, 1, 3);
  await holdElsewhere(seats[0]!, seats[2]!);
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.getByRole('alert').getByText('2 places have just gone to others').waitFor();
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.waitForURL('**/checkout/**');
  await page.getByText(/Paraíso, row .*, seat/).waitFor();
  await leave();
});

test('answers that are lost are asked for again under the same key: one sale', async () => {
  const { page, leave } = await visit(shop);
  const salesBefore = await countSales(shop);
  await holdBestTwo(page);
  await fillGuest(page);
  const keys = new Set<string | undefined>();
  let tries = 0;
  await page.route('**/checkout/confirm', (route) => {
    keys.add(route.request().headers()['idempotency-key']);
    tries += 1;
    if (tries === 1) return loseAnswer(route);
    return tries === 2 ? route.abort() : route.continue();
  });
  await confirmButton(page).dblclick();
  await page.getByText('It is the same purchase').waitFor();
  await waitForTickets(page);
  assert.deepEqual([tries, keys.size, (await countSales(shop)) - salesBefore], [3, 1, 1]);
  await leave();
});

test('a page that is left while it confirms asks for the answer when it is opened again', async () => {
  const { page, leave } = await visit(shop);
  const salesBefore = await countSales(shop);
  await holdBestTwo(page);
  await fillGuest(page);
  let tries = 0;
  await page.route('**/checkout/confirm', (route) => {
    tries += 1;
    return tries === 1 ? loseAnswer(route) : route.abort();
  });
  await confirmButton(page).click();
  await waitUntil('the second try', () => tries > 1);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.reload();
  await waitForTickets(page);
  assert.equal((await countSales(shop)) - salesBefore, 1);
  await page.goBack();
  await page.waitForURL(`**/events/${operaId}`);
  await leave();
});

test('what was typed outlives a reload, the back button and a refusal of the server', async () => {
  const { page, leave } = await visit(shop);
  await holdBestTwo(page);
  await fillGuest(page);
  await page.locator('#email').fill('ana,ruiz@example.com');
  await page.reload();
  await page.locator('#name').waitFor();
  await page.goBack();
  await page.getByText('Your places are still reserved.').waitFor();
  await page.goForward();
  await page.locator('#name').waitFor();
  await confirmButton(page).click();
  await page.locator('#email-error').getByText('Check the e-mail').waitFor();
  await page.locator('#email:focus').waitFor();
  assert.equal(await page.locator('#name').inputValue(), 'Ana Pérez');
  assert.ok(await page.locator('input[value=cash]').isChecked());
  await page.locator('#email').fill('ana@example.com');
  await confirmButton(page).click();
  await waitForTickets(page);
  await leave();
});

test('a price that changed is shown beside the old one, and paid only after a yes', async () => {
  const { page, leave } = await visit(shop);
  await pick(page, 2, 1);
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.locator('#name').waitFor();
  await fillGuest(page);
  const old = await page.locator('dl .total dd').textContent();
  const key = operaId.split('-').map(Number);
  await shop.pool.query(
    'update categories set price = price + 500 where tenant_id = $1 and event_id = $2',
    key,
  );
  await shop.pool.query(
    'update events set pricing_version = pricing_version + 1 where tenant_id = $1 and event_id = $2',
    key,
  );
  const salesBefore = await countSales(shop);
  await confirmButton(page).click();
  const alert = page.getByRole('alert');
  await alert.getByText('The price changed while you were buying').waitFor();
  await alert.getByText(old!).waitFor();
  assert.equal(await countSales(shop), salesBefore);
  assert.equal(await confirmButton(page).evaluate('document.activeElement.type'), 'submit');
  await confirmButton(page).click();
  await waitForTickets(page);
  await leave();
});

test('a hold warns in its last minute, can be prolonged, and when it ended its places can be had again', async () => {
  const { page, leave } = await visit(shop);
  await page.clock.install();
  await pick(page, 3, 2);
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.locator('#name').waitFor();
  const token = page.url().split('/').at(-1)!;
  await page.clock.fastForward('09:30');
  await page.getByRole('button', { name: 'I need more time' }).click();
  await page.getByText('We keep your places for').waitFor();
  await page.clock.fastForward('15:00');
  await page.getByRole('heading', { name: 'Time is up' }).waitFor();
  await fetch(`${shop.url}/sales/holds/${token}`, { method: 'DELETE' });
  await page.getByRole('button', { name: 'Reserve the same places' }).click();
  await page.locator('#name').waitFor();
  assert.notEqual(page.url().split('/').at(-1), token);
  assert.equal(await page.getByText(/Paraíso, row .*, seat/).count(), 2);
  await leave();
});

test('an order completes before the eyes of a buyer whose network lets no stream through', async () => {
  const { page, leave } = await visit(shop);
  await page.route('**/sales/transactions/*/events?*', (route) => route.abort());
  await holdBestTwo(page);
  await fillGuest(page);
  await confirmButton(page).click();
  await waitForTickets(page);
  await page.getByRole('heading', { name: 'All set. Enjoy the show' }).waitFor();
  await leave();
});
