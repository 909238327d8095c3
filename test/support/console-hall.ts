import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser as Chromium, Page } from 'playwright-core';
import { createPool, type Pool } from '../../src/db/pool.ts';
import type { Role } from '../../src/identity/roles.ts';
import { launchBrowser } from './browser.ts';
import { createTestDatabase } from './database.ts';
import { createHttpClient } from './http-client.ts';
import {
  createPerson,
  enrolSecondFactor,
  signIn,
  testPassword,
  totp,
  type Browser,
  type TestPerson,
} from './identity.ts';
import { startServer } from './server.ts';

/** A part of the house for a page to show, made before the server starts. */
export type Fill = (pool: Pool) => Promise<void>;

export type ConsoleLook = {
  width?: number;
  height?: number;
  colorScheme?: 'light' | 'dark';
  locale?: string;
};

/** Somebody with the console open. */
export type ConsoleVisit = {
  page: Page;
  /** What went wrong on the page's console; refusals that the page handles are named, not hidden. */
  faults: string[];
  leave(): Promise<void>;
};

/** The whole system, an owner of seller 1 with a second factor, and a Chromium before the console. */
export type ConsoleHall = {
  url: string;
  pool: Pool;
  databaseUrl: string;
  client: ReturnType<typeof createHttpClient>;
  /** The owner, to sign in through the console's own pages. */
  owner: TestPerson;
  /** The owner's session at the API, for what a test needs made beside the pages. */
  ownerApi: Browser;
  /** Somebody else of a seller's staff, signed in; owners get a second factor. */
  hire(role: Role, tenantId?: number): Promise<{ person: TestPerson; api: Browser }>;
  /** Opens the console for nobody yet. */
  open(look?: ConsoleLook): Promise<ConsoleVisit>;
  /** Opens it with a session of the API's, at a path of the console. */
  enter(api: Browser, path: string, look?: ConsoleLook): Promise<ConsoleVisit>;
  stop(): Promise<void>;
};

/**
 * Starts one.
 * @param fill makes the sellers and what they sell: `seedDemo` or `createHall`.
 */
export async function startConsoleHall(fill: Fill, env: Record<string, string> = {}): Promise<ConsoleHall> {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.url, size: 3, name: 'test' });
  await fill(pool);
  const server = await startServer({
    databaseUrl: database.url,
    env: { TRUST_PROXY: 'loopback', ...env },
  });
  const client = createHttpClient(server.url, 4);
  const chromium = await launchBrowser();
  const hire: ConsoleHall['hire'] = async (role, tenantId = 1) => {
    const person = await createPerson(pool, client, tenantId, role);
    const api = await signIn(client, person);
    if (role === 'owner' || role === 'administrator') await enrolSecondFactor(api, person);
    return { person, api };
  };
  const { person: owner, api: ownerApi } = await hire('owner');
  return {
    url: server.url,
    pool,
    databaseUrl: database.url,
    client,
    owner,
    ownerApi,
    hire,
    open: (look) => visit(chromium, server.url, look),
    async enter(api, path, look) {
      const opened = await visit(chromium, server.url, look);
      await giveSession(opened.page, server.url, api);
      await opened.page.goto(path);
      await opened.page.locator('h1').first().waitFor();
      return opened;
    },
    async stop() {
      await chromium.close();
      client.close();
      await server.stop();
      await pool.end();
      await database.drop();
    },
  };
}

async function visit(chromium: Chromium, baseURL: string, look: ConsoleLook = {}): Promise<ConsoleVisit> {
  const { width = 1_280, height = 800, colorScheme = 'light', locale = 'en-US' } = look;
  const context = await chromium.newContext({
    baseURL,
    viewport: { width, height },
    colorScheme,
    locale,
    extraHTTPHeaders: { 'x-forwarded-for': '10.9.0.1' },
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

async function giveSession(page: Page, url: string, api: Browser): Promise<void> {
  const { hostname } = new URL(url);
  await page
    .context()
    .addCookies([...api.cookies].map(([name, value]) => ({ name, value, domain: hostname, path: '/' })));
}

/** Signs in through the console's own pages, with the second factor when the person has one. */
export async function signInByPage(page: Page, person: TestPerson): Promise<void> {
  await page.getByLabel(/E-mail|Correo/).fill(person.email);
  await page.getByLabel(/^(Password|Contraseña)/).fill(testPassword);
  await page.getByRole('button', { name: /^(Sign in|Entrar)$/ }).click();
  if (person.totpUri === undefined) return;
  const code = page.getByLabel(/^(Code|Código)/);
  await code.waitFor();
  // A backup code, since the app's code of this half minute may have been used to set the factor up.
  await code.fill(person.backupCodes?.pop() ?? totp(person.totpUri));
  await page.getByRole('button', { name: /^(Verify|Verificar)$/ }).click();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const settleSeconds = 5;
const lookAgainMilliseconds = 500;

/**
 * Colours change over some frames, and axe would read those between. A page behind another has no frames, and an animation
 * that is taken away never finishes: neither is waited for without end.
 */
const settled = `Promise.race([
  new Promise((resolve) => setTimeout(resolve, ${settleSeconds * 1_000})),
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))).then(() =>
    Promise.allSettled(document.getAnimations()
      .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
      .map((one) => one.finished)))])`;

type Violations = { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };

async function findWithAxe(page: Page): Promise<Violations['violations']> {
  await page.evaluate(settled);
  // It is put in by the debugger, which no policy stops.
  await page.evaluate(axe);
  return (await page.evaluate<Violations>('axe.run()')).violations;
}

/**
 * Fails for whatever axe-core finds wrong on a page, in the light theme and in the dark one. What it finds has to be there at a
 * second look: a colour that is on its way from one theme to the other is none of the page's.
 */
export async function checkAxe(page: Page): Promise<void> {
  const found: string[] = [];
  await page.bringToFront();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    let violations = await findWithAxe(page);
    if (violations.length > 0) {
      await page.waitForTimeout(lookAgainMilliseconds);
      violations = await findWithAxe(page);
    }
    for (const { id, nodes } of violations) {
      found.push(...nodes.map((node) => `${colorScheme} ${id}: ${node.html} ${node.failureSummary}`));
    }
  }
  assert.deepEqual(found, []);
}

/** Fails when a page is wider than its window, which cuts words off or makes people scroll sideways. */
export async function checkWidth(page: Page, width: number): Promise<void> {
  const size = page.viewportSize()!;
  await page.setViewportSize({ width, height: size.height });
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
  assert.ok(wide <= width, `the page is ${wide} wide in a window of ${width}`);
  await page.setViewportSize(size);
}
