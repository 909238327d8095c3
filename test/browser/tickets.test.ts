import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import jsQRModule from 'jsqr';
import type { Page } from 'playwright-core';
import { waitUntil } from '../support/wait.ts';
import {
  confirmButton,
  fillGuest,
  findBarriers,
  holdBestTwo,
  startShop,
  visit,
  waitForTickets,
  type Look,
  type Shop,
} from './shop-support.ts';

const jsQR = jsQRModule.default ?? jsQRModule;
const scriptBytesMax = 40_000;
const phone = { width: 390 } as const;

let shop: Shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.stop());

/** Buys two places and opens their tickets. */
async function buy(page: Page): Promise<void> {
  await holdBestTwo(page);
  await fillGuest(page);
  await confirmButton(page).click();
  await waitForTickets(page);
  await page.getByRole('link', { name: 'QR' }).click();
  await page.locator('svg[role=img]').first().waitFor();
}

/** What a scanner reads off the screen. */
async function scan(page: Page): Promise<string | undefined> {
  const image = await loadImage(await page.screenshot());
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(data, width, height)?.data;
}

/** Waits until the code in sight is this one: the page may still be drawn. */
async function untilScanned(page: Page, code: string | undefined): Promise<void> {
  assert.ok(code);
  await waitUntil('a scanner reads the code', async () => (await scan(page)) === code);
}

async function codesOf(page: Page): Promise<(string | undefined)[]> {
  const { pathname, search } = new URL(page.url());
  const sale = pathname.split('/').at(-1);
  const answer = await fetch(`${shop.url}/sales/transactions/${sale}/tickets${search}`);
  return ((await answer.json()) as { tickets: { code?: string }[] }).tickets.map((ticket) => ticket.code);
}

test("a scanner reads the codes off a telephone's screen, dark as it may be set, with and without a connection", async () => {
  for (const look of [
    { ...phone },
    { ...phone, colorScheme: 'dark' as const, locale: 'es-VE' },
  ] satisfies Look[]) {
    const { page, faults, leave } = await visit(shop, look);
    await buy(page);
    const codes = await codesOf(page);
    await untilScanned(page, codes[0]);
    await page.getByRole('button', { name: /Next|Siguiente/ }).click();
    await page
      .getByText(/(Ticket|Entrada) 2 (of|de) 2/)
      .first()
      .waitFor();
    await waitUntil('the second ticket is in sight', () =>
      page.evaluate<boolean>(
        `(strip => strip.scrollLeft >= strip.clientWidth - 1)(document.querySelector('.strip'))`,
      ),
    );
    await untilScanned(page, codes[1]);
    assert.deepEqual(await findBarriers(page), []);
    await waitUntil('the page is kept', () =>
      page.evaluate<boolean>(`caches.open('tickets-1').then((cache) => cache.keys()).then((kept) =>
         ['/tickets-assets/', '/sales/', '/tickets/'].every((part) => kept.some(({ url }) => url.includes(part))))`),
    );
    assert.deepEqual(faults, []);
    await page.context().setOffline(true);
    await page.reload();
    await page.locator('svg[role=img]').first().waitFor();
    await untilScanned(page, codes[0]);
    await leave();
  }
});

test('a ticket goes to somebody else by a link; its former holder sees that it went', async () => {
  const { page, leave } = await visit(shop, phone);
  await buy(page);
  const [old] = await codesOf(page);
  const first = page.getByRole('region', { name: 'Ticket 1 of 2' });
  await first.getByText('Transfer it or change its code').click();
  await first.getByRole('button', { name: 'Make a transfer link' }).click();
  const link = await first.locator('.link a').getAttribute('href');
  assert.deepEqual(await findBarriers(page), []);

  const other = await visit(shop, phone);
  await other.page.goto(link!);
  await other.page.getByRole('heading', { name: 'A ticket for you' }).waitFor();
  assert.deepEqual(await findBarriers(other.page), []);
  await other.page.getByLabel('Name').fill('Luis Gómez');
  await other.page.getByLabel('E-mail').fill('luis@example.com');
  await other.page.getByRole('button', { name: 'Accept the ticket' }).click();
  await other.page.waitForURL('**/tickets/**');
  await other.page.getByText('Luis Gómez').waitFor();
  const [now] = await codesOf(other.page);
  assert.notEqual(now, old);
  await untilScanned(other.page, now);
  await other.page.goto(link!);
  await other.page.getByRole('heading', { name: 'This link works no more' }).waitFor();
  await other.leave();

  await page.reload();
  await page.getByText('Transferred: somebody else has it now.').waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await leave();
});

test('a holder asks for another code, and the page shows it', async () => {
  const { page, leave } = await visit(shop, phone);
  await buy(page);
  const [old] = await codesOf(page);
  const first = page.getByRole('region', { name: 'Ticket 1 of 2' });
  await first.getByText('Transfer it or change its code').click();
  await first.getByRole('button', { name: 'Ask for another code' }).click();
  await first.getByText('This is your new code.').waitFor();
  const [now] = await codesOf(page);
  assert.notEqual(now, old);
  await page.evaluate('scrollTo(0, 0)');
  await untilScanned(page, now);
  await page.goto('/tickets/00000000-0000-7000-8000-000000000000?token=1.x');
  await page.getByText('We could not find this purchase').waitFor();
  await leave();
});

test('the script of the ticket pages is at most 40 kB compressed', () => {
  const assets = new URL('../../web/shop/dist/tickets-assets/', import.meta.url);
  const bytes = readdirSync(assets)
    .filter((name) => name.endsWith('.js'))
    .map((name) => gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length);
  assert.ok(bytes.reduce((sum, one) => sum + one, 0) <= scriptBytesMax);
});
