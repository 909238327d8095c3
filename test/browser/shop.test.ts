import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { seedDemo } from '../../src/catalog/seed-demo.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { launchBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startServer, type TestServer } from '../support/server.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let browser: Browser;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await seedDemo(pool, () => {});
  server = await startServer({ databaseUrl: database.url });
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  await server.stop();
  await pool.end();
  await database.drop();
});

type Look = { width?: number; colorScheme?: 'light' | 'dark'; locale?: string };

/** Opens a page of a buyer; what goes wrong on its console ends up in `faults`. */
async function visit({ width = 1_280, colorScheme = 'light', locale = 'en-US' }: Look = {}): Promise<{
  page: Page;
  faults: string[];
}> {
  const context = await browser.newContext({
    baseURL: server.url,
    viewport: { width, height: 800 },
    colorScheme,
    locale,
    bypassCSP: true,
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

/** What axe-core finds wrong on a page. */
async function axe(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axePath });
  return await page.evaluate(async () => {
    const found = await (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return found.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`);
  });
}

async function holdTwo(page: Page): Promise<void> {
  await page.goto('/events/1-1');
  await page.getByRole('button', { name: 'Reserve the best' }).click();
  await page.waitForURL('**/checkout/**');
  await page.getByLabel('Full name').waitFor();
}

test('a buyer holds two seats, confirms, watches the order complete, and opens the PDF', async () => {
  const { page, faults } = await visit();
  await holdTwo(page);
  await page.getByLabel('Full name').fill('Ana Pérez');
  await page.getByLabel('E-mail').fill('ana@example.com');
  await page.getByText('Cash', { exact: true }).click();
  await page.getByRole('button', { name: /Confirm purchase/ }).click();
  await page.waitForURL('**/orders/**');
  const link = page.locator('a[href*="tickets.pdf"]');
  await link.waitFor();
  const pdf = await fetch(new URL((await link.getAttribute('href'))!, server.url));
  assert.equal(pdf.status, 200);
  assert.equal(
    Buffer.from(await pdf.arrayBuffer())
      .subarray(0, 5)
      .toString(),
    '%PDF-',
  );
  const { rows } = await pool.query<{ state: string; n: number }>(
    `select state, count(*) as n from seat_states where state = 'sold' group by 1`,
  );
  assert.deepEqual(rows, [{ state: 'sold', n: 2 }]);
  assert.deepEqual(faults, []);
  await page.context().close();
});

const looks = [
  { colorScheme: 'light', locale: 'en-US' },
  { colorScheme: 'dark', locale: 'es-VE' },
] as const;

for (const { colorScheme, locale } of looks) {
  test(`the events and the hall are clean for axe-core in ${locale}, ${colorScheme}`, async () => {
    const { page, faults } = await visit({ colorScheme, locale });
    await page.goto('/');
    await page.getByRole('heading', { level: 2 }).first().waitFor();
    assert.deepEqual(await axe(page), []);
    await page.goto('/events/1-1');
    await page.locator('canvas').waitFor();
    assert.deepEqual(await axe(page), []);
    assert.equal(await page.getAttribute('html', 'lang'), locale.slice(0, 2));
    assert.deepEqual(faults, []);
    await page.context().close();
  });
}

test('at 360 px nothing is wider than the screen', async () => {
  const { page } = await visit({ width: 360 });
  for (const path of ['/', '/events/1-1', '/events/1-4']) {
    await page.goto(path);
    await page.getByRole('heading').first().waitFor();
    assert.ok(await page.evaluate('document.documentElement.scrollWidth <= 360'), path);
  }
  await page.context().close();
});
