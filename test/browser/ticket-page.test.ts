import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { transact } from '../../src/db/transaction.ts';
import { makeTestPassKeys } from '../../src/fulfilment/test-pass-keys.ts';
import { logoDigest, readLogo } from '../../src/notifications/logo.ts';
import { saveLogo } from '../../src/notifications/logo.store.ts';
import { readZip } from '../support/read-zip.ts';
import { samplePicture } from '../support/sample-picture.ts';
import { waitUntil } from '../support/wait.ts';
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

const phone = { width: 390 } as const;
const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-ticket-page-'));

/** Keys of wallets to try with, in files as an operator has them. */
function walletSettings(): Record<string, string> {
  const file = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const { certificate, key, wwdr, passTypeId, teamId } = makeTestPassKeys(new Date());
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const google = {
    client_email: 'wallet@example.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  return {
    APPLE_PASS_TYPE_ID: passTypeId,
    APPLE_TEAM_ID: teamId,
    APPLE_PASS_CERTIFICATE_FILE: file('pass.pem', certificate),
    APPLE_PASS_KEY_FILE: file('key.pem', key),
    APPLE_WWDR_FILE: file('wwdr.pem', wwdr),
    GOOGLE_WALLET_ISSUER_ID: '338',
    GOOGLE_WALLET_KEY_FILE: file('google.json', JSON.stringify(google)),
  };
}

let shop: Shop;
before(async () => {
  shop = await startShop(walletSettings());
  const logo = readLogo(samplePicture({ width: 180, height: 60 }));
  assert.ok(typeof logo === 'object');
  const { png } = logo;
  await transact(shop.pool, (tx) => saveLogo(tx, 1, { png, sha256: logoDigest(png) }, new Date()));
});
after(async () => {
  await shop.stop();
  rmSync(folder, { recursive: true });
});

/** Buys two places and opens their tickets. */
async function buy(page: Page): Promise<void> {
  await holdBestTwo(page);
  await fillGuest(page);
  await confirmButton(page).click();
  await waitForTickets(page);
  await page.getByRole('link', { name: 'QR' }).click();
  await page.locator('svg[role=img]').first().waitFor();
}

/** Notes what the page asks of the screen; `refuses`: as a telephone does that is short of battery. */
const watchScreen = (refuses: boolean) => `
  window.locks = [];
  Object.defineProperty(navigator, 'wakeLock', { value: { request: async (type) => {
    const lock = { type, released: false, release: async () => { lock.released = true; } };
    window.locks.push(lock);
    if (${refuses}) throw new DOMException('', 'NotAllowedError');
    return lock;
  } } });`;

const locksOf = (page: Page) =>
  page.evaluate<{ type: string; released: boolean }[]>(
    'window.locks.map(({ type, released }) => ({ type, released }))',
  );

test('the screen stays on while the tickets are looked at, and is asked for again after another window', async () => {
  const { page, faults, leave } = await visit(shop, phone);
  await page.addInitScript(watchScreen(false));
  await buy(page);
  await waitUntil('the screen is asked for', async () => (await locksOf(page)).length === 1);
  assert.deepEqual(await locksOf(page), [{ type: 'screen', released: false }]);
  await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
  await waitUntil('it is asked for again', async () => (await locksOf(page)).length === 2);
  assert.deepEqual(faults, []);
  await leave();
});

test('where the screen may not stay on, the tickets are there all the same', async () => {
  const { page, faults, leave } = await visit(shop, phone);
  await page.addInitScript(watchScreen(true));
  await buy(page);
  await waitUntil('the screen is asked for', async () => (await locksOf(page)).length > 0);
  assert.ok(await page.locator('svg[role=img]').first().isVisible());
  assert.deepEqual(faults, []);
  await leave();
});

test('the code is large, dark on white whatever colours the reader likes, and in sight at once', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, leave } = await visit(shop, { ...phone, colorScheme });
    await buy(page);
    const box = await page.locator('svg[role=img]').first().boundingBox();
    assert.ok(
      box && box.width >= phone.width * 0.75 && box.height >= phone.width * 0.75,
      JSON.stringify(box),
    );
    assert.ok(box.y >= 0 && box.y + box.height <= 800, JSON.stringify(box));
    const colours = await page.evaluate<string[]>(`[
      getComputedStyle(document.querySelector('.face')).backgroundColor,
      getComputedStyle(document.querySelector('svg[role=img] path')).fill,
      getComputedStyle(document.querySelector('.face')).opacity]`);
    assert.deepEqual(colours, ['rgb(255, 255, 255)', 'rgb(0, 0, 0)', '1']);
    const width = await page.evaluate<number>(`document.querySelector('img.logo').naturalWidth`);
    assert.equal(width, 180, "the seller's logo is shown under the page's own policy");
    assert.deepEqual(await findBarriers(page), []);
    await leave();
  }
});

test('each ticket goes into either wallet by a button', async () => {
  const { page, leave } = await visit(shop, { ...phone, locale: 'es-VE' });
  await buy(page);
  const second = page.getByRole('region', { name: 'Entrada 2 de 2' });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    second.getByRole('link', { name: 'Añadir a Apple Wallet' }).click(),
  ]);
  const files = readZip(readFileSync(await download.path()));
  const pass = JSON.parse(files.get('pass.json')!.toString()) as { serialNumber: string };
  assert.match(pass.serialNumber, /-2$/);
  assert.ok(files.has('logo.png'));
  const google = await second.getByRole('link', { name: 'Añadir a Google Wallet' }).getAttribute('href');
  const answer = await fetch(new URL(google!, shop.url), { redirect: 'manual' });
  assert.equal(answer.status, 302);
  assert.match(answer.headers.get('location') ?? '', /^https:\/\/pay\.google\.com\/gp\/v\/save\//);
  await leave();
});

test('the link of a transfer is sent to whoever is going', async () => {
  const { page, faults, leave } = await visit(shop, phone);
  await buy(page);
  const first = page.getByRole('region', { name: 'Ticket 1 of 2' });
  await first.getByText('Transfer it or change its code').click();
  await first.getByLabel('E-mail or telephone of whoever is going (optional)').fill('luis.going@example.com');
  assert.deepEqual(await findBarriers(page), []);
  await first.getByRole('button', { name: 'Make a transfer link' }).click();
  await first.getByText('The link is ready and on its way.').waitFor();
  const { rows } = await shop.pool.query(
    "select channel, kind from messages where recipient = 'luis.going@example.com'",
  );
  assert.deepEqual(rows, [{ channel: 'email', kind: 'ticket_offered' }]);
  assert.deepEqual(faults, []);
  await leave();
});
