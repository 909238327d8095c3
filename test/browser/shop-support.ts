import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { seedDemo } from '../../src/catalog/seed-demo.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { launchBrowser } from '../support/browser.ts';
import { createTestDatabase } from '../support/database.ts';
import { startServer } from '../support/server.ts';

/** The demo's events: an opera house, and a club that has only general admission. */
export const operaId = '1-1';
export const clubId = '1-4';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export type Shop = { url: string; pool: Pool; browser: Browser; stop(): Promise<void> };

/** The whole system with the demo's events, and a browser before it. */
export async function startShop(env: Record<string, string> = {}): Promise<Shop> {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.url, size: 2, name: 'test' });
  await seedDemo(pool, () => {});
  const server = await startServer({ databaseUrl: database.url, env });
  const browser = await launchBrowser();
  return {
    url: server.url,
    pool,
    browser,
    async stop() {
      await browser.close();
      await server.stop();
      await pool.end();
      await database.drop();
    },
  };
}

export type Look = { width?: number; colorScheme?: 'light' | 'dark'; locale?: string };

export type Visit = {
  page: Page;
  /** What went wrong on the page's console; a refusal that the page handles is named, not hidden. */
  faults: string[];
  leave(): Promise<void>;
};

/** Opens the shop for a buyer of their own, under the content security policy that the server sends. */
export async function visit(shop: Shop, look: Look = {}): Promise<Visit> {
  const { width = 1_280, colorScheme = 'light', locale = 'en-US' } = look;
  const context = await shop.browser.newContext({
    baseURL: shop.url,
    viewport: { width, height: 800 },
    colorScheme,
    locale,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults, leave: () => context.close() };
}

type Violations = { violations: { id: string; nodes: { html: string }[] }[] };

/** What axe-core finds wrong on a page. It is put in by the debugger, which no policy stops. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<Violations>('axe.run()');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** Asks for the best two seats, and waits for the checkout. */
export async function holdBestTwo(page: Page, eventId = operaId): Promise<void> {
  await page.goto(`/events/${eventId}`);
  await page.getByRole('button', { name: /Reserve the best|Reservar los mejores/ }).click();
  await page.waitForURL('**/checkout/**');
  await page.locator('#name').waitFor();
}

export async function fillGuest(page: Page): Promise<void> {
  await page.locator('#name').fill('Ana Pérez');
  await page.locator('#email').fill('ana@example.com');
  await page.locator('input[value=cash]').check();
}

export const confirmButton = (page: Page) => page.locator('form button[type=submit]');

export async function waitForTickets(page: Page): Promise<string> {
  await page.waitForURL('**/orders/**');
  const href = await page.locator('a[href*="tickets.pdf"]').getAttribute('href');
  assert.ok(href);
  return href;
}

export async function countSales(shop: Shop): Promise<number> {
  const { rows } = await shop.pool.query<{ n: number }>('select count(*)::integer as n from transactions');
  return rows[0]!.n;
}
