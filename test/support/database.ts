import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { migrate } from '../../src/db/migrate.ts';
import { startScratchServer } from './scratch-server.ts';

/** A migrated database that nobody else uses. */
export type TestDatabase = { url: string; drop(): Promise<void> };

// Any constant does, as long as every test process takes the same.
const templateLock = 7_214_908;
const migrations = new URL('../../sql/', import.meta.url);

let ownServer: Promise<EmbeddedPostgres> | undefined;
let databasesOpen = 0;

// A file that is run by hand has a server of its own, which goes with its last database, and on Ctrl-C.
if (process.env['TEST_DATABASE_URL'] === undefined) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stopOwnServer().finally(() => process.kill(process.pid, signal)));
  }
}

async function stopOwnServer(): Promise<void> {
  const server = await ownServer?.catch(() => undefined);
  ownServer = undefined;
  await server?.stop();
}

async function serverUrl(): Promise<string> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) return given;
  ownServer ??= startScratchServer();
  return (await ownServer).url;
}

/**
 * Clones a database for one test file from a template that is migrated once a run.
 * `drop` ends the connections that are still open.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await serverUrl();
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await withClient(server, async (client) => {
    const template = await ensureTemplate(client, server);
    await client.query(`create database ${name} template ${template}`);
  });
  databasesOpen += 1;
  return {
    url: withDatabase(server, name),
    async drop() {
      await withClient(server, (client) => client.query(`drop database ${name} with (force)`));
      databasesOpen -= 1;
      if (databasesOpen === 0) await stopOwnServer();
    },
  };
}

/** The name says which migrations are in it; it has that name only once they all are. */
async function ensureTemplate(client: pg.Client, server: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of readdirSync(migrations).toSorted())
    hash.update(file).update(readFileSync(new URL(file, migrations)));
  const name = `template_${hash.digest('hex').slice(0, 16)}`;
  const draft = `${name}_draft`;
  await client.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount) return name;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft}`);
    await migrate(withDatabase(server, draft));
    await client.query(`alter database ${draft} rename to ${name}`);
    return name;
  } finally {
    await client.query('select pg_advisory_unlock($1)', [templateLock]);
  }
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
