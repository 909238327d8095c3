import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { setPrices } from '../support/prices.ts';
import type { PriceList } from '../../src/pricing/price-list.ts';
import { readPdf } from '../support/read-pdf.ts';
import { waitUntil } from '../support/wait.ts';
import {
  clubId,
  confirmButton,
  fillGuest,
  findBarriers,
  holdBestTwo,
  operaId,
  startShop,
  visit,
  waitForTickets,
  type Look,
  type Shop,
} from './shop-support.ts';

const scriptBytesMax = 40_000;
/** A reference is named once. */
let zelles = 0;

let shop: Shop;
before(async () => {
  shop = await startShop();
});
after(() => shop.stop());

type Plan = {
  size: { width: number; height: number };
  seats: { x: number[]; y: number[]; row: string[]; number: string[] };
};

/** Clicks a seat where the map shows it when it shows all of the plan. */
async function clickSeat(page: Page, { size, seats }: Plan, seat: number): Promise<void> {
  const box = (await page.locator('canvas').boundingBox())!;
  const scale = Math.min(box.width / size.width, box.height / size.height) * 0.94;
  await page.mouse.click(
    box.x + box.width / 2 + (seats.x[seat]! - size.width / 2) * scale,
    box.y + box.height / 2 + (seats.y[seat]! - size.height / 2) * scale,
  );
}

test('a buyer picks two seats on the map, confirms, watches the order complete, and opens the PDF', async () => {
  const { page, faults, leave } = await visit(shop);
  const plan = (await (await fetch(`${shop.url}/events/${operaId}/seats?format=columns`)).json()) as Plan;
  await page.goto('/');
  await page.getByRole('link', { name: 'La traviata' }).click();
  await page.locator('canvas').waitFor();
  await clickSeat(page, plan, 3);
  await clickSeat(page, plan, 4);
  await page.getByRole('button', { name: /2 places/ }).click();
  for (const seat of [3, 4]) {
    const name = `row ${plan.seats.row[seat]}, seat ${plan.seats.number[seat]}`;
    await page.locator('.entries').getByText(name).waitFor();
  }
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await fillGuest(page);
  await confirmButton(page).click();
  const tickets = await waitForTickets(page);
  await page.getByRole('heading', { name: 'All set. Enjoy the show' }).waitFor();
  const pdf = await fetch(new URL(tickets, shop.url));
  assert.equal(pdf.headers.get('content-type'), 'application/pdf');
  const pages = await readPdf(await pdf.bytes());
  assert.equal(pages.length, 2);
  assert.ok(pages.every((one) => one.qr !== undefined && one.text.includes('La traviata')));
  assert.deepEqual(faults, []);
  await leave();
});

type Focus = { name: string; tag: string; isRing: boolean };

/** Presses the tab key until the focus is on what has this name, and checks that the focus is seen. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let press = 0; press < 80; press += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate<Focus>(`(() => {
      const element = document.activeElement;
      const label = element.labels?.[0]?.textContent;
      const name = element.getAttribute('aria-label') ?? label ?? element.textContent;
      const seen = element.closest('label') ?? element;
      return { name: name.trim(), tag: element.tagName, isRing: getComputedStyle(seen).outlineStyle !== 'none' };
    })()`);
    if (!name.test(focus.name)) continue;
    // The event's link shows its ring on the whole entry, by a pseudo-element.
    assert.ok(focus.isRing || focus.tag === 'A', `no focus is seen on ${focus.name}`);
    return;
  }
  assert.fail(`the tab key does not reach ${name}`);
}

test('a buyer with only a keyboard gets from the list of events to the tickets', async () => {
  const { page, faults, leave } = await visit(shop);
  const focusedHeading = () => page.locator('h1:focus').waitFor();
  const { keyboard } = page;
  await page.goto('/');
  await page.locator('h2').first().waitFor();
  await tabTo(page, /Skip to content/);
  await tabTo(page, /La traviata/);
  await keyboard.press('Enter');
  await page.waitForURL(`**/events/${operaId}`);
  await focusedHeading();
  await tabTo(page, /^Balcón\s*From/);
  await keyboard.press('Enter');
  await tabTo(page, /^Row/);
  await keyboard.press('Enter');
  await tabTo(page, /^Balcón, row .*, seat/);
  await keyboard.press('Space');
  await keyboard.press('ArrowRight');
  await keyboard.press('Space');
  assert.equal(await page.locator('[aria-pressed=true]').count(), 2);
  await tabTo(page, /Reserve and go on/);
  await keyboard.press('Enter');
  await page.waitForURL('**/checkout/**');
  await focusedHeading();
  await tabTo(page, /Full name/);
  await keyboard.type('Ana Pérez');
  await tabTo(page, /E-mail/);
  await keyboard.type('ana@example.com');
  await tabTo(page, /Cash/);
  await keyboard.press('Space');
  await tabTo(page, /Confirm purchase/);
  await keyboard.press('Enter');
  await waitForTickets(page);
  await focusedHeading();
  await tabTo(page, /Open the 2 tickets/);
  assert.deepEqual(faults, []);
  await leave();
});

test('a buyer says who is a child, uses a voucher, sees each line of the sum, and takes the voucher away', async () => {
  const list: Partial<PriceList> = {
    ticketKinds: [
      { code: 'adult', name: 'Adulto', zoneNos: null, change: null },
      { code: 'child', name: 'Niño', zoneNos: null, change: { kind: 'percentage', ppm: -500_000 } },
    ],
    fees: [{ name: 'Cargo web', per: 'order', amount: 150, ratePpm: null, taxed: false, absorbed: false }],
  };
  await setPrices(shop.pool, { tenantId: 1, eventId: Number(clubId.split('-')[1]) }, list);
  await shop.pool.query(
    `insert into vouchers (tenant_id, voucher_id, code, effect, value, currency, created_at)
     values (1, 1, 'AMIGO', 'amount', 500, 'USD', now())`,
  );
  await shop.pool.query(`select pg_notify('taquilla_catalog', $1)`, [clubId]);
  const { page, faults, leave } = await visit(shop);
  await waitUntil(
    'the kinds are known',
    async () =>
      ((await (await fetch(`${shop.url}/events/${clubId}`)).json()) as { ticket_kinds: unknown[] })
        .ticket_kinds.length > 0,
  );
  await page.goto(`/events/${clubId}`);
  for (let places = 0; places < 2; places++)
    await page
      .getByRole('button', { name: /^One more/ })
      .first()
      .click();
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.waitForURL('**/checkout/**');
  const summary = page.locator('section.card');
  await summary.getByText('Cargo web').waitFor();
  await page.getByRole('button', { name: 'One more: Niño' }).click();
  await summary.getByText('· Niño').waitFor();
  await summary.locator('input[name=voucher]').fill('nothing');
  await summary.getByRole('button', { name: 'Apply' }).click();
  await summary.getByText('This code does not hold for this purchase').waitFor();
  await summary.locator('input[name=voucher]').fill('amigo');
  await summary.getByRole('button', { name: 'Apply' }).click();
  await summary.getByText('Discounts AMIGO').waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await summary.getByRole('button', { name: 'Remove' }).click();
  await summary.getByText('Discounts AMIGO').waitFor({ state: 'detached' });
  await fillGuest(page);
  await confirmButton(page).click();
  await waitForTickets(page);
  await page.locator('.receipt').getByText('· Niño').waitFor();
  assert.deepEqual(
    faults.filter((fault) => !isOnPurpose(fault)),
    [],
  );
  await leave();
});

test('a code opens a hidden zone, and where purchases are counted by customer the buyer is named first', async () => {
  const event = { tenantId: 1, eventId: Number(clubId.split('-')[1]) };
  await setPrices(shop.pool, event, {
    customerPlacesMax: 2,
    hiddenZones: [{ zoneNo: 2, accessCodes: ['ENTRE-AMIGOS'] }],
  });
  await shop.pool.query(`select pg_notify('taquilla_catalog', $1)`, [clubId]);
  const read = async (query = '') =>
    (await (await fetch(`${shop.url}/events/${clubId}${query}`)).json()) as {
      asks_customer: boolean;
      zones: { name: string }[];
    };
  await waitUntil('the prices are known', async () => (await read()).asks_customer);
  const shown = new Set((await read()).zones.map(({ name }) => name));
  const { name: hidden } = (await read('?access_code=ENTRE-AMIGOS')).zones.find(
    ({ name }) => !shown.has(name),
  )!;
  const { page, faults, leave } = await visit(shop);
  await page.goto(`/events/${clubId}`);
  await page.locator('#access-code').fill('nothing');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('This code opens no zone.').waitFor();
  await page.locator('#access-code').fill('ENTRE-AMIGOS');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('The code opens 1 more zone.').waitFor();
  await page.getByRole('button', { name: `One more: Places in ${hidden}` }).click();
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.getByText('Say who is buying').waitFor();
  assert.equal(await page.locator('#buyer').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await findBarriers(page), []);
  await page.locator('#buyer').fill('ana@example.com');
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.waitForURL('**/checkout/**');
  await page.locator('#name').waitFor();
  assert.equal(await page.locator('#email').inputValue(), 'ana@example.com');
  await page.locator('#name').fill('Ana Pérez');
  await page.locator('input[value=cash]').check();
  await page.locator('#email').fill('luis@example.com');
  await confirmButton(page).click();
  await page.getByText('reserved for another e-mail or document').waitFor();
  await page.locator('#email').fill('ana@example.com');
  await confirmButton(page).click();
  await waitForTickets(page);
  await page.goto(`/events/${clubId}`);
  await page.getByRole('button', { name: `One more: Places in ${hidden}` }).click();
  await page.getByRole('button', { name: `One more: Places in ${hidden}` }).click();
  await page.getByRole('button', { name: 'Reserve and go on' }).click();
  await page.getByText('already has as many places').waitFor();
  await setPrices(shop.pool, event, {});
  await shop.pool.query(`select pg_notify('taquilla_catalog', $1)`, [clubId]);
  await waitUntil('the prices are known', async () => !(await read()).asks_customer);
  assert.deepEqual(
    faults.filter((fault) => !isOnPurpose(fault)),
    [],
  );
  await leave();
});

const looks: Look[] = [
  { colorScheme: 'light', locale: 'en-US' },
  { colorScheme: 'light', locale: 'es-VE' },
  { colorScheme: 'dark', locale: 'en-US' },
  { colorScheme: 'dark', locale: 'es-VE' },
];

/** Goes through every page of the shop, and stops on each in the states that it has. */
async function walk(page: Page, stop: (where: string) => Promise<void>): Promise<void> {
  await page.goto('/');
  await page.locator('h2').first().waitFor();
  await stop('the events');
  await page.goto(`/events/${clubId}`);
  await page.locator('.stepper').first().waitFor();
  await stop('a hall of general admission');
  await page.goto(`/events/${operaId}`);
  await page.locator('button.head').first().click();
  await page.locator('button.row').first().click();
  await page.locator('ul button.number').first().click();
  await page.locator('.toggle').click();
  await page.locator('.categories button').first().click();
  await stop('a hall with a seat picked');
  await holdBestTwo(page);
  await stop('the checkout');
  await confirmButton(page).click();
  await page.locator('#name-error').waitFor();
  await stop('the checkout with faults');
  await fillGuest(page);
  await page.locator('input[value=transfer]').check();
  await page.locator('#bank').waitFor();
  await stop('the checkout with a transfer to report');
  await page.locator('input[value=zelle]').check();
  await page.locator('#reference').fill(`Z-${++zelles}`);
  await confirmButton(page).click();
  await waitForTickets(page);
  await stop('the order');
  await page.goto(`/orders/${operaId}?token=none`);
  await page.locator('h1').waitFor();
  await stop('an order that is not there');
}

/** Chromium itself logs every answer that is a refusal; these are asked for on purpose. */
const isOnPurpose = (fault: string) => fault.startsWith('Failed to load resource');

for (const look of looks) {
  test(`every page is free of barriers in ${look.locale}, ${look.colorScheme}`, async () => {
    const { page, faults, leave } = await visit(shop, look);
    await walk(page, async (where) => {
      assert.deepEqual(await findBarriers(page), [], where);
      assert.equal(await page.getAttribute('html', 'lang'), look.locale!.slice(0, 2));
      assert.match(await page.title(), /\S · Taquilla$/);
    });
    assert.deepEqual(
      faults.filter((fault) => !isOnPurpose(fault)),
      [],
    );
    await leave();
  });
}

test('at 360 px nothing is wider than the screen', async () => {
  const { page, leave } = await visit(shop, { width: 360, locale: 'es-VE' });
  await walk(page, async (where) => {
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360, where);
  });
  await leave();
});

test('the language is switched and kept, with numbers and dates in its manner', async () => {
  const { page, leave } = await visit(shop, { locale: 'es-VE' });
  await page.goto(`/events/${operaId}`);
  await page
    .getByText(/USD\s60,00/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Best available' }).waitFor();
  await page.getByText('$60.00').first().waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Best available' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  await leave();
});

test('the script that a reader is sent is at most 40 kB compressed', async () => {
  const assets = new URL('../../web/shop/dist/assets/', import.meta.url);
  const sizes = [];
  for (const name of readdirSync(assets).filter((file) => file.endsWith('.js'))) {
    const sent = await fetch(`${shop.url}/assets/${name}`, {
      headers: { 'accept-encoding': 'gzip, deflate, br' },
    });
    assert.equal(sent.headers.get('content-encoding'), 'br');
    sizes.push({ name, bytes: readFileSync(new URL(`${name}.br`, assets)).length });
  }
  const language = sizes.filter(({ name }) => /^(es|en)-/.test(name)).map(({ bytes }) => bytes);
  const rest = sizes.filter(({ name }) => !/^(es|en)-/.test(name)).map(({ bytes }) => bytes);
  assert.equal(language.length, 2);
  const fetched = rest.reduce((sum, bytes) => sum + bytes, 0) + Math.max(...language);
  assert.ok(fetched <= scriptBytesMax, `${fetched} bytes`);
});
