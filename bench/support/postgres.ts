import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { migrate } from '../../src/db/migrate.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { migrateQueue } from '../../src/queue/queue.ts';

const prefix = 'taquilla-bench-';
const template = 'bench_template';
const databaseInUse = '55006';
const sessionEndMilliseconds = 10_000;
const sessionPollMilliseconds = 100;
const shownSettings = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'wal_level',
  'wal_buffers',
  'shared_buffers',
  'work_mem',
  'max_wal_size',
  'checkpoint_timeout',
  'autovacuum',
  'jit',
] as const;

/** A PostgreSQL server for a run, and a folder on the same disk for logs. */
export type BenchServer = {
  /** The database that every session of ours may connect to. */
  url: string;
  folder: string;
  /** Version and settings, as the result shows them. */
  description: Record<string, string>;
  /** Makes a migrated database. @returns its URL. */
  createDatabase(name: string): Promise<string>;
  /** Opens a database that outlives the run, made and migrated when it is missing. */
  keepDatabase(name: string): Promise<{ url: string; isNew: boolean }>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
};

/** The same server with another database. */
function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

async function describe(pool: Pool): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ name: string; value: string }>(
    `select name, current_setting(name) as value from unnest($1::text[]) with ordinality s (name, place) order by place`,
    [shownSettings],
  );
  const version = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  return {
    version: version.rows[0]!.version,
    ...Object.fromEntries(rows.map((row) => [row.name, row.value])),
  };
}

/** Figures of a server that may forget commits would be worth nothing. */
function refuseForgetful(description: Record<string, string>): void {
  for (const name of ['fsync', 'synchronous_commit']) {
    if (description[name] === 'off')
      throw new Error(`this PostgreSQL runs with ${name} off; nothing measured on it counts`);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Folders of runs that were killed; a PostgreSQL that still runs in one ends when its folder is gone. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    const folder = path.join(tmpdir(), name);
    const mine = statSync(folder, { throwIfNoEntry: false })?.uid === process.getuid?.();
    if (owner !== undefined && mine && !isAlive(Number(owner)))
      rmSync(folder, { recursive: true, force: true });
  }
}

function makeFolder(): string {
  removeLeftovers();
  const folder = mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  // PostgreSQL's user, another one when this is root, goes through it.
  chmodSync(folder, 0o711);
  return folder;
}

/** Drops a database once its last session, which may be ending just now, has ended; a session that stays is ended. */
async function dropPatiently(pool: Pool, name: string): Promise<void> {
  for (let waited = 0; waited < sessionEndMilliseconds; waited += sessionPollMilliseconds) {
    try {
      await pool.query(`drop database if exists ${name}`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== databaseInUse) throw error;
      await sleep(sessionPollMilliseconds);
    }
  }
  await pool.query(`drop database if exists ${name} with (force)`);
}

/**
 * Opens the PostgreSQL of a run: an embedded one in a folder of its own with the settings that `npm start` uses, or
 * the one at `given`. Databases are cloned from one that is migrated once.
 */
export async function openPostgres(
  given: string | undefined,
  settings: Record<string, string> = {},
): Promise<BenchServer> {
  const folder = makeFolder();
  const log: string[] = [];
  const embedded = given
    ? undefined
    : await startEmbeddedPostgres({ dataDir: folder, settings, log: (line) => log.push(line) });
  const url = given ?? embedded!.url;
  const pool = createPool({ url, size: 1, name: 'taquilla bench' });
  const run = (text: string) => pool.query(text);
  const stop = async () => {
    await run(`drop database if exists ${template} with (force)`).catch(() => {});
    await pool.end();
    await embedded?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const description = await describe(pool);
    refuseForgetful(description);
    await run(`drop database if exists ${template} with (force)`);
    await run(`create database ${template}`);
    await migrate(withDatabase(url, template));
    await migrateQueue(withDatabase(url, template));
    const create = async (name: string) => {
      await run(`create database ${name} template ${template}`);
      return withDatabase(url, name);
    };
    return {
      url,
      folder,
      description,
      async createDatabase(name) {
        await run(`drop database if exists ${name} with (force)`);
        return await create(name);
      },
      async keepDatabase(name) {
        const found = await pool.query('select 1 from pg_database where datname = $1', [name]);
        const isNew = found.rowCount === 0;
        return { isNew, url: isNew ? await create(name) : withDatabase(url, name) };
      },
      dropDatabase: (name) => dropPatiently(pool, name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
