import path from 'node:path';
import { systemIds } from '../base/ids.ts';
import { seedDemo } from '../catalog/seed-demo.ts';
import type { Roles } from '../compose-parts.ts';
import { startTaquilla, type Taquilla } from '../compose.ts';
import { createPool } from '../db/pool.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { Config } from '../config.ts';
import type { Command, CommandContext } from './command.ts';
import { awaitFreePort, explainListen, type WantedPort } from './free-port.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase, type OpenDatabase } from './open-database.ts';

const shopDir = path.join(import.meta.dirname, '../../web/shop/dist');
const doorDir = path.join(import.meta.dirname, '../../web/door/dist');
const consoleDir = path.join(import.meta.dirname, '../../web/console/dist');
const version = '0.1.0';

/** Where a process listens, if anywhere. */
function wantedPort({ host, port, metricsPort }: Config, roles: Roles): WantedPort | undefined {
  if (roles.api) return { host, port, setting: 'PORT' };
  return metricsPort === undefined ? undefined : { host, port: metricsPort, setting: 'METRICS_PORT' };
}

async function startProcess(
  context: CommandContext,
  database: OpenDatabase,
  roles: Roles,
): Promise<Taquilla> {
  const { config, clock } = context;
  const logger = createLogger({ level: config.logLevel });
  try {
    return await startTaquilla({
      config,
      clock,
      ids: systemIds,
      logger,
      roles,
      version,
      databaseUrl: database.url,
      shopDir,
      doorDir,
      consoleDir,
    });
  } catch (error) {
    const wanted = wantedPort(config, roles);
    throw wanted && (error as NodeJS.ErrnoException).syscall === 'listen'
      ? explainListen(error as Error, wanted)
      : error;
  }
}

async function seedWhenEmpty(context: CommandContext, database: OpenDatabase): Promise<void> {
  const pool = createPool({ url: database.url, size: 1, name: 'taquilla seed' });
  try {
    await seedDemo(pool, context.out);
  } finally {
    await pool.end();
  }
}

function announce({ out, config }: CommandContext, running: Taquilla, database: OpenDatabase): void {
  out('');
  out('Taquilla is ready.');
  out(`  Shop      ${running.url}/`);
  out(`  Door      ${running.url}/door/`);
  out(`  API       ${running.url}/docs`);
  out(config.smtpUrl === undefined ? `  Outbox    ${running.url}/outbox` : '  Mail      by SMTP');
  out(`  Database  ${database.description}`);
  out('Ctrl-C ends it.');
}

/** Waits for the order to end, then lets everything finish. */
async function runUntilStopped(
  context: CommandContext,
  running: Taquilla,
  database: OpenDatabase,
): Promise<number> {
  if (!context.signal.aborted) {
    await new Promise<void>((resolve) =>
      context.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
  }
  context.out('Finishing what has begun …');
  const inTime = await running.stop();
  await database.close();
  context.out(inTime ? 'Stopped.' : 'Stopped; some requests had to be cut off.');
  return inTime ? 0 : 1;
}

async function run(context: CommandContext, roles: Roles, seed: boolean): Promise<number> {
  const wanted = wantedPort(context.config, roles);
  if (wanted) await awaitFreePort(wanted);
  const database = await openDatabase(context, context.out);
  let running: Taquilla;
  try {
    await migrateDatabase(database.url, context.out);
    if (seed) await seedWhenEmpty(context, database);
    running = await startProcess(context, database, roles);
  } catch (error) {
    await database.close();
    throw error;
  }
  if (roles.api) announce(context, running, database);
  else {
    if (running.url !== undefined) context.out(`Readings: ${running.url}/metrics`);
    context.out(`Taquilla works on what follows sales, on ${database.description}. Ctrl-C ends it.`);
  }
  return await runUntilStopped(context, running, database);
}

/** `taquilla serve`: the whole system in one process, or its API alone. */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'Run the API, the worker and the shop in one process',
  usage: '',
  options: {
    'api-only': { type: 'boolean', summary: 'Run no worker here; `taquilla work` is another process' },
    'no-seed': { type: 'boolean', summary: 'Leave an empty database empty' },
  },
  positionals: { min: 0, max: 0 },
  run: ({ options }, context) =>
    run(context, { api: true, worker: options['api-only'] !== true }, options['no-seed'] !== true),
};

/** `taquilla work`: a worker alone. */
export const workCommand: Command = {
  name: 'work',
  summary: 'Run a worker alone: tickets, messages, statistics',
  usage: '',
  options: {},
  positionals: { min: 0, max: 0 },
  run: (_args, context) => run(context, { api: false, worker: true }, false),
};
