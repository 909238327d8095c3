import { existsSync } from 'node:fs';
import path from 'node:path';
import type { EmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { startScratchServer } from '../../test/support/scratch-server.ts';
import { ensureChromium } from './chromium.ts';
import { node, root, run } from './command.ts';
import { installPackages } from './debian.ts';
import { findBrowserTests, findDatabaseTests, findTests, runTests, type Tally } from './node-tests.ts';
import { findBluntRules } from './rooms-canary.ts';

/** How a stage ended. Only stages of tests have a tally. */
export type Outcome = { ok: boolean; tally?: Tally; note?: string };

/** What stages share: one database server for all tests of a run. */
export type Run = { filters: readonly string[]; servers: EmbeddedPostgres[] };

/** One part of `npm test`, which `npm test -- NAME` runs alone. */
export type Stage = { name: string; title: string; check(run: Run): Promise<Outcome> };

/** All stages, those that take a second before those that take minutes. */
export const stages: readonly Stage[] = [
  { name: 'types', title: 'Types', check: checkTypes },
  { name: 'lint', title: 'Lint', check: checkLint },
  { name: 'format', title: 'Format', check: checkFormat },
  { name: 'rooms', title: 'Rooms: who may import whom', check: checkRooms },
  { name: 'unused', title: 'Unused files, exports and packages', check: checkUnused },
  { name: 'tidy', title: 'Rules of the house', check: checkTidy },
  { name: 'build', title: 'Build of the web applications', check: buildWeb },
  { name: 'unit', title: 'Tests, on the embedded PostgreSQL', check: runUnitTests },
  { name: 'browser', title: 'Tests in the browser', check: runBrowserTests },
  { name: 'postgres15', title: 'Database tests on PostgreSQL 15', check: runOnPostgres15 },
];

const postgres15 = '/usr/lib/postgresql/15/bin';
const webApps = ['shop', 'console', 'door'];
const typesCache = 'node_modules/.cache/taquilla/types.tsbuildinfo';
// No test measures time, so files may share the cores.
const testConcurrency = 2;

async function tool(file: string, ...args: string[]): Promise<Outcome> {
  return { ok: await run(node, [path.join('node_modules', file), ...args]) };
}

async function checkTypes(): Promise<Outcome> {
  const server = await tool(
    'typescript/bin/tsc',
    '--project',
    '.',
    '--incremental',
    '--tsBuildInfoFile',
    typesCache,
  );
  if (!server.ok) return server;
  for (const app of webApps.filter((name) => existsSync(path.join(root, 'web', name, 'tsconfig.json')))) {
    const page = await tool(
      'svelte-check/bin/svelte-check',
      '--workspace',
      `web/${app}`,
      '--fail-on-warnings',
    );
    if (!page.ok) return page;
  }
  return server;
}

function checkLint(): Promise<Outcome> {
  return tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives');
}

async function checkFormat(): Promise<Outcome> {
  const outcome = await tool('oxfmt/bin/oxfmt', '--check');
  return outcome.ok ? outcome : { ...outcome, note: '`npm run fmt` mends it' };
}

async function checkRooms(): Promise<Outcome> {
  const folders = ['src', 'test', 'tools', 'bench', 'chaos', 'web'].filter((name) =>
    existsSync(path.join(root, name)),
  );
  const outcome = await tool('dependency-cruiser/bin/dependency-cruiser.mjs', ...folders);
  const blunt = await findBluntRules();
  for (const line of blunt) console.log(`  canary: ${line}`);
  if (blunt.length === 0) console.log('✔ canary: every rule reports the import that breaks it, and no other');
  return { ok: outcome.ok && blunt.length === 0 };
}

function checkUnused(): Promise<Outcome> {
  return tool('knip/bin/knip.js', '--no-progress', '--no-config-hints');
}

async function checkTidy(): Promise<Outcome> {
  return { ok: await run(node, ['tools/tidy.ts']) };
}

async function buildWeb(): Promise<Outcome> {
  return { ok: await run(node, ['tools/build.mjs']) };
}

async function runUnitTests(context: Run): Promise<Outcome> {
  const files = findTests(context.filters);
  if (files.length === 0) return nothingToRun(context);
  const environment = { TEST_DATABASE_URL: await serverUrl(context) };
  return outcomeOf(await runTests(files, { concurrency: testConcurrency, environment }));
}

async function runBrowserTests(context: Run): Promise<Outcome> {
  const files = findBrowserTests(context.filters);
  if (files.length === 0) return nothingToRun(context);
  const chromium = await ensureChromium();
  if (!chromium) return { ok: false, note: 'no Chromium here, and none could be brought' };
  console.log(`Chromium: ${chromium}`);
  const environment = { TEST_DATABASE_URL: await serverUrl(context) };
  return outcomeOf(await runTests(files, { concurrency: 1, environment }));
}

async function runOnPostgres15(context: Run): Promise<Outcome> {
  const files = findDatabaseTests(context.filters);
  if (files.length === 0) return nothingToRun(context);
  if (!existsSync(postgres15)) await installPackages(['postgresql-15']);
  if (!existsSync(postgres15)) return { ok: true, note: `SKIPPED: no ${postgres15}, and none to be had` };
  const server = await startScratchServer(postgres15);
  context.servers.push(server);
  return outcomeOf(
    await runTests(files, { concurrency: testConcurrency, environment: { TEST_DATABASE_URL: server.url } }),
  );
}

let shared: Promise<EmbeddedPostgres> | undefined;

async function serverUrl(context: Run): Promise<string> {
  shared ??= startScratchServer().then((server) => {
    context.servers.push(server);
    return server;
  });
  return (await shared).url;
}

function nothingToRun(context: Run): Outcome {
  const note = context.filters.length > 0 ? `no file matches ${context.filters.join(' ')}` : 'there are none';
  return { ok: true, note };
}

function outcomeOf(tally: Tally): Outcome {
  return { ok: tally.failed === 0, tally };
}
