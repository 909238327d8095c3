import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { runAudit } from '../../src/audit/run-audit.ts';
import { startStripeFake, type StripeFake } from '../support/fakes/stripe.ts';
import { createHttpClient } from '../support/http-client.ts';
import { signedIn } from '../support/identity.ts';
import {
  confirmButton,
  fillGuest,
  findBarriers,
  holdBestTwo,
  startShop,
  visit,
  waitForTickets,
  type Shop,
} from './shop-support.ts';

let stripe: StripeFake;
let shop: Shop;

before(async () => {
  stripe = await startStripeFake();
  shop = await startShop({ ...stripe.env, PAYMENT_ASK_SECONDS: '1' });
  stripe.sendTo(shop.url);
});
after(async () => {
  await stripe.stop();
  await shop.stop();
});

const phone = { width: 390 };

async function choose(page: Page, method: string): Promise<void> {
  await holdBestTwo(page);
  await fillGuest(page);
  await page.locator(`input[value=${method}]`).check();
}

test('on a phone: a card is declined, another pays, and the tickets are there', async () => {
  const { page, faults, leave } = await visit(shop, phone);
  await choose(page, 'card_online');
  await page.getByLabel(/I take equal ones/).check();
  await page.getByRole('button', { name: /Go and pay/ }).click();
  await page.waitForURL('**/pay/cs_test_**');
  await page.getByRole('button', { name: 'Declined card' }).click();
  await page.getByText('Your card was declined.').waitFor();
  // A buyer who looks at the order meanwhile sees that it waits, and where to pay.
  await page.getByRole('link', { name: 'Back' }).click();
  await page.getByRole('heading', { name: 'Waiting for the payment' }).waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await page.getByRole('link', { name: 'Pay now' }).click();
  await page.waitForURL('**/pay/cs_test_**');
  await page.getByRole('button', { name: 'Pay', exact: true }).click();
  await waitForTickets(page);
  await page.getByRole('heading', { name: 'All set. Enjoy the show' }).waitFor();
  // The provider's page answers a declined card with a status of its own.
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('402')),
    [],
  );
  await leave();
});

test('on a phone, in Spanish: a mobile payment is reported, verified, and followed live', async () => {
  const { page, faults, leave } = await visit(shop, { ...phone, locale: 'es-VE' });
  await choose(page, 'mobile_payment');
  await confirmButton(page).click();
  await page.getByText('Escribe el banco.').waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await page.locator('#bank').fill('Banco Mercantil');
  await page.locator('#payer_phone').fill('0414 1234567');
  await page.locator('#reference').fill('004512');
  await confirmButton(page).click();
  await page.getByRole('heading', { name: 'Esperamos el pago' }).waitFor();
  const client = createHttpClient(shop.url, 2);
  const cashier = await signedIn(shop.pool, client, 1, 'cashier');
  const { json } = await cashier.send('GET', '/sellers/1/payments?state=pending');
  const [payment] = (json as { data: { id: string }[] }).data;
  const verified = await cashier.send('POST', `/sellers/1/payments/${payment!.id}/verify`, {});
  assert.equal(verified.status, 200, verified.text);
  await waitForTickets(page);
  await page.getByRole('heading', { name: '¡Listo! Que disfrutes la función' }).waitFor();
  assert.deepEqual(faults, []);
  client.close();
  await leave();
});

test('a payment page that does not answer says so, and the buyer pays another way', async () => {
  const { page, leave } = await visit(shop, phone);
  await choose(page, 'card_online');
  stripe.next('break');
  await confirmButton(page).click();
  await page.getByText(/payment page does not answer/).waitFor();
  await page.getByRole('button', { name: 'Pay another way' }).click();
  await page.locator('input[value=cash]').check();
  await confirmButton(page).click();
  await waitForTickets(page);
  await leave();
  const { violations, lines } = await runAudit(shop.pool);
  assert.equal(violations, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});
