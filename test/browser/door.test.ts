import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser as Chromium, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { DoorHall, type DoorSale } from '../support/door-hall.ts';
import { createPerson, testPassword } from '../support/identity.ts';
import { json } from '../support/payment-hall.ts';
import { waitUntil } from '../support/wait.ts';
import { writeCameraFilm } from '../support/camera-film.ts';
import { findBarriers } from './shop-support.ts';

const scriptBytesMax = 60_000;
const images = new URL('../../docs/images/', import.meta.url);
const phone = { width: 360, height: 760 };

let hall: DoorHall;
let browser: Chromium;
before(async () => {
  hall = await DoorHall.start();
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await hall.stop();
});

type Visit = { page: Page; faults: string[]; leave(): Promise<void> };

async function open(
  chromium: Chromium,
  look: { locale?: string; colorScheme?: 'light' | 'dark' } = {},
): Promise<Visit> {
  const { url } = hall.sales.house.servers[0]!;
  const context = await chromium.newContext({
    baseURL: url,
    viewport: phone,
    locale: look.locale ?? 'en-US',
    colorScheme: look.colorScheme ?? 'light',
    permissions: ['camera'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto('/door');
  return { page, faults, leave: () => context.close() };
}

/** Registers a scanner as staff do, types its code, and goes to the event. */
async function enrol(page: Page): Promise<void> {
  const devices = `/sellers/${hall.sales.tenantId}/devices`;
  const made = await hall.sales.staff.send('POST', devices, { kind: 'scanner', name: 'Puerta norte' });
  await page.locator('#code').fill(json<{ enrolment_code: string }>(made).enrolment_code);
  await page.getByRole('button', { name: /^(Enrol|Registrar)$/ }).click();
  await page.getByRole('button', { name: /Noche de gala/ }).click();
  await page.getByRole('heading', { name: /Ready to scan|Listo para leer/ }).waitFor();
  await page.getByText(/Synced at|Sincronizado a las/).waitFor();
}

/** Types as a hand scanner does: without a field, and with Enter at the end. */
async function type(page: Page, code: string): Promise<void> {
  await page.evaluate('document.activeElement?.blur()');
  await page.keyboard.type(code);
  await page.keyboard.press('Enter');
}

/** Waits until the page says this of the last scan. */
async function untilVerdict(page: Page, verdict: string): Promise<void> {
  await page.locator(`[data-verdict=${verdict}]`).waitFor();
}

async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(images, { recursive: true });
  writeFileSync(new URL(`door-${name}.png`, images), await page.screenshot());
}

const goTo = (page: Page, name: RegExp) => page.getByRole('navigation').getByRole('link', { name }).click();

test('a steward enrols a scanner, lets one in, refuses the double, and takes a scan back', async () => {
  await hall.renew();
  const sale = await hall.sell([1, 2]);
  const { page, faults, leave } = await open(browser);
  assert.deepEqual(await findBarriers(page), []);
  await page.getByRole('button', { name: 'Enrol' }).click();
  await page.getByText('Type the code.').waitFor();
  await enrol(page);
  assert.deepEqual(await findBarriers(page), []);

  await page.evaluate(`(() => {
    window.felt = [];
    window.heard = [];
    navigator.vibrate = (pulses) => window.felt.push(pulses.join(' '));
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (at) {
      window.heard.push(this.frequency.value);
      return start.call(this, at);
    };
  })()`);
  await type(page, sale.codes[0]!);
  await untilVerdict(page, 'admitted');
  await page.getByText('Ana Pérez').waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await keepPicture(page, 'admitted');
  // Keys that somebody leant on before.
  await page.keyboard.type('x7');
  await type(page, sale.codes[0]!);
  await untilVerdict(page, 'already_admitted');
  assert.deepEqual(await findBarriers(page), []);
  await keepPicture(page, 'refused');
  assert.deepEqual(await page.evaluate('window.felt'), ['60', '250 90 250']);
  assert.deepEqual(await page.evaluate('window.heard'), [1_320, 330, 220]);

  await goTo(page, /Search/);
  await page.getByLabel('Name, document, sale number or seat').fill('perez 1-2');
  await page.getByRole('button', { name: /Let in/ }).click();
  await untilVerdict(page, 'admitted');
  assert.deepEqual(await findBarriers(page), []);

  await goTo(page, /Count/);
  await page.getByRole('row', { name: /Platea 2 2/ }).waitFor();
  assert.deepEqual(await findBarriers(page), []);

  const { pool, client } = hall.sales.house;
  const { email } = await createPerson(pool, client, hall.sales.tenantId, 'steward');
  await goTo(page, /Recent/);
  assert.equal(await page.getByRole('button', { name: /Undo/ }).count(), 0);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(testPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page
    .getByRole('button', { name: /Undo: Welcome/ })
    .first()
    .click();
  await page.getByText('Scan undone').waitFor();
  assert.deepEqual(await findBarriers(page), []);
  await page.getByRole('button', { name: 'Finish' }).click();
  await page.getByLabel('Password').waitFor();
  assert.equal(await hall.sales.count('scans', `verdict = 'undone'`), 1);
  assert.deepEqual(faults, []);
  await leave();
  await hall.sales.house.assertSound();
});

test('without a network the page opens, decides by its list, and tells of it later', async () => {
  await hall.renew();
  const sale = await hall.sell([1, 2]);
  const { page, leave } = await open(browser, { locale: 'es-VE', colorScheme: 'dark' });
  await enrol(page);
  await waitUntil('the page is kept', () =>
    page.evaluate<boolean>(
      'navigator.serviceWorker.ready.then(() => caches.keys()).then((names) => names.length > 0)',
    ),
  );
  await page.reload();
  await page.getByRole('heading', { name: 'Listo para leer' }).waitFor();
  await page.context().setOffline(true);
  await page.reload();
  await page.getByRole('heading', { name: 'Listo para leer' }).waitFor();
  await type(page, sale.codes[0]!);
  await untilVerdict(page, 'admitted');
  await page.getByText('1 lectura por enviar').waitFor();
  await page.getByText('Sin conexión', { exact: true }).waitFor();
  await type(page, sale.codes[0]!);
  await untilVerdict(page, 'already_admitted');
  await type(page, 'TQ-ESTONOESNADA');
  await untilVerdict(page, 'unknown');
  assert.deepEqual(await findBarriers(page), []);
  await keepPicture(page, 'offline');
  assert.equal(await hall.sales.count('scans'), 0);

  // Somebody else lets the second in meanwhile, by the server.
  const other = await hall.scanner('Sur');
  await page.getByRole('navigation').getByRole('link', { name: 'Leer' }).focus();
  await type(page, sale.codes[1]!);
  await untilVerdict(page, 'admitted');
  await hall.scan(other, sale.codes[1]!);
  await page.context().setOffline(false);
  await page.getByText('Nada por enviar').waitFor();
  assert.equal(await hall.sales.count('scans'), 5);
  assert.equal(await hall.sales.count('scans', 'conflict'), 1);
  await page.getByText('Conflicto: el servidor ya la tenía usada o anulada').waitFor();
  await leave();
  await hall.sales.house.assertSound();
});

test('a scan whose answer is lost is decided by the list, told again, and counted once', async () => {
  await hall.renew();
  const sale = await hall.sell([1]);
  const { page, leave } = await open(browser);
  await enrol(page);
  await page.route('**/scans/*', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await type(page, sale.codes[0]!);
  await untilVerdict(page, 'admitted');
  await page.getByText('Nothing to send').waitFor();
  await page.getByText('On line', { exact: true }).waitFor();
  assert.equal(await hall.sales.count('scans'), 1);
  assert.equal(await page.getByText(/Conflict/).count(), 0);
  await leave();
  await hall.sales.house.assertSound();
});

test('in both languages and themes nothing is in the way or wider than a small screen; gates and exits are chosen', async () => {
  await hall.renew();
  const sale = await hall.sell([1], 1);
  const gates = [
    { name: 'Platea', zone_ids: [`${hall.eventId}-z1`], ticket_kinds: [] },
    { name: 'De pie, por la calle de atrás', zone_ids: [`${hall.eventId}-z2`], ticket_kinds: [] },
  ];
  await hall.setDoor({ gates });
  for (const look of [
    { locale: 'es-VE', colorScheme: 'light' },
    { locale: 'en-US', colorScheme: 'dark' },
  ] as const) {
    const { page, faults, leave } = await open(browser, look);
    await enrol(page);
    await type(page, sale.codes[1]!);
    await untilVerdict(page, 'not_valid_here');
    await page.getByText(/(Su acceso|Its gate): De pie/).waitFor();
    await page.getByLabel(/^(Acceso|Gate)$/).selectOption({ label: gates[1]!.name });
    for (const [direction, verdict] of [
      [/^(Entrada|In)$/, 'admitted'],
      [/^(Salida|Out)$/, 'left'],
    ] as const) {
      await page.getByRole('radio', { name: direction }).check({ force: true });
      await type(page, sale.codes[1]!);
      await untilVerdict(page, verdict);
    }
    for (const part of ['scan', 'search', 'recent', 'count', 'setup']) {
      await page.goto(`/door/#${part}`);
      await page.locator(`nav a[href="#${part}"][aria-current]`).waitFor();
      assert.deepEqual(await findBarriers(page), [], part);
      assert.ok(
        await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth'),
        `${part} is too wide`,
      );
    }
    assert.deepEqual(faults, []);
    await leave();
  }
  await hall.sales.house.assertSound();
});

test('the camera reads a ticket, by the WebAssembly that the server gives out', async () => {
  await hall.renew();
  const sale = await hall.sell([1]);
  const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-film-'));
  const film = path.join(folder, 'ticket.y4m');
  writeCameraFilm(film, sale.codes[0]!);
  const chromium = await launchBrowser([
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${film}`,
  ]);
  try {
    const { page, faults, leave } = await open(chromium);
    const strangers: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(hall.sales.house.servers[0]!.url)) strangers.push(request.url());
    });
    await enrol(page);
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await untilVerdict(page, 'admitted');
    assert.deepEqual(await findBarriers(page), []);
    await keepPicture(page, 'camera');
    const milliseconds = await page.evaluate<number>(
      `performance.getEntriesByName('verdict', 'measure')[0].duration`,
    );
    console.log(`camera: verdict shown ${milliseconds.toFixed(0)} ms after the code was read`);
    assert.deepEqual(strangers, []);
    assert.deepEqual(faults, []);
    await leave();
  } finally {
    await chromium.close();
    rmSync(folder, { recursive: true });
  }
});

/** The times from a code to its verdict, in milliseconds, sorted. */
async function timesOf(page: Page, sales: readonly DoorSale[], verdict: string): Promise<number[]> {
  await page.evaluate(`performance.clearMeasures('verdict')`);
  for (const code of sales.flatMap(({ codes }) => codes)) {
    const count = await page.evaluate<number>(`performance.getEntriesByName('verdict').length`);
    await type(page, code);
    await waitUntil('the verdict is shown', async () => {
      return (await page.evaluate<number>(`performance.getEntriesByName('verdict').length`)) > count;
    });
    await untilVerdict(page, verdict);
  }
  const times = await page.evaluate<number[]>(
    `performance.getEntriesByName('verdict').map(({ duration }) => duration)`,
  );
  return times.toSorted((a, b) => a - b);
}

test('how long a verdict takes is measured, on line and without a network', async () => {
  await hall.renew();
  const sales = [await hall.sell([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), await hall.sell([11, 12, 13, 14, 15])];
  const { page, leave } = await open(browser);
  await enrol(page);
  const tell = (where: string, times: number[]) =>
    console.log(
      `${where}: verdict shown after ${times[times.length >> 1]?.toFixed(0)} ms in the middle, ${times.at(-1)?.toFixed(0)} ms at most, of ${times.length}`,
    );
  tell('on line', await timesOf(page, sales, 'admitted'));
  await page.context().setOffline(true);
  await waitUntil('the page knows', async () => (await page.getByText('No connection').count()) > 0);
  tell('without a network', await timesOf(page, sales, 'already_admitted'));
  await leave();
});

test('how long the page takes to open the first time is measured, on a slow network and processor', async () => {
  const { url } = hall.sales.house.servers[0]!;
  const context = await browser.newContext({ viewport: phone });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  // Lighthouse's mobile network: 1.6 Mbit/s, 150 ms.
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: 200_000,
    uploadThroughput: 94_000,
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.goto(`${url}/door/`);
  await page.locator('#code').waitFor();
  const painted = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
  );
  console.log(`the first time: painted and usable after ${painted.toFixed(0)} ms`);
  await context.close();
});

test('the script of the door is at most 60 kB compressed, both languages and the camera included', () => {
  const assets = new URL('../../web/door/dist/assets/', import.meta.url);
  const bytes = readdirSync(assets)
    .filter((name) => name.endsWith('.js'))
    .map((name) => gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length);
  assert.ok(bytes.reduce((sum, one) => sum + one, 0) <= scriptBytesMax);
});

test('the page can be installed: manifest, icons, worker, under a strict policy', async () => {
  const { client } = hall.sales.house;
  const pageAnswer = await client.send('GET', '/door/', undefined, { accept: 'text/html' });
  const policy = String(pageAnswer.headers['content-security-policy']);
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval'(;|$)/);
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|https?:/);
  const manifest = await client.send('GET', '/door/manifest.webmanifest');
  const { start_url, icons } = JSON.parse(manifest.text) as { start_url: string; icons: { src: string }[] };
  assert.equal(start_url, '/door/');
  for (const { src } of icons) assert.equal((await client.send('GET', `/door/${src}`)).status, 200);
  const worker = await client.send('GET', '/door/worker.js');
  const files = JSON.parse(/const files = (.*);/.exec(worker.text)![1]!) as string[];
  assert.ok(files.some((file) => file.endsWith('.wasm')));
  for (const file of files)
    assert.equal((await client.send('GET', file, undefined, { accept: '*/*' })).status, 200, file);
  const shop = await client.send('GET', '/', undefined, { accept: 'text/html' });
  assert.doesNotMatch(String(shop.headers['content-security-policy']), /wasm/);
});
