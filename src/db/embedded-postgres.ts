import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ensureCluster, readPassword, superuser } from './embedded-cluster.adapter.ts';
import { findPlace, type Place } from './embedded-place.adapter.ts';
import { findPostmaster, launchPostmaster, stopPostmaster } from './embedded-postmaster.adapter.ts';

const databaseName = 'taquilla';
const pollMilliseconds = 50;
const connectTimeoutMilliseconds = 2_000;
const silenceLimitMilliseconds = 10_000;
const startLimitMilliseconds = 90_000;
const restartLimit = 5;
// Any constant does, as long as every process takes the same.
const leaseKey = 7_214_907;

/** What a laptop stands, with every commit on disk before it is answered. */
const defaultSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // One door less: TCP with a password serves every user of the machine alike, a socket file does not.
  unix_socket_directories: '',
  cluster_name: 'taquilla',
  max_connections: '200',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  wal_buffers: '16MB',
  min_wal_size: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  fsync: 'on',
  synchronous_commit: 'on',
  random_page_cost: '1.1',
  // Compiling pays for long reports; a checkout's statements are short.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
  log_checkpoints: 'off',
};

type Options = {
  /** A folder of the project's own, by default `data/postgres`; made when missing. */
  dataDir: string;
  /** A free port when absent. */
  port?: number;
  log: (line: string) => void;
  /** PostgreSQL settings over the ones of this file. They hold when this call starts the server. */
  settings?: Record<string, string>;
  /** The folder of `initdb` and `postgres`; the npm package's when absent. */
  binDir?: string;
};

/** A running PostgreSQL that this process uses. */
export type EmbeddedPostgres = {
  /** Names the database `taquilla` of the cluster. */
  url: string;
  /** Stops the server, or leaves it to the other processes that still use it. */
  stop(): Promise<void>;
};

/**
 * Starts a real PostgreSQL in the data folder, or joins the one that runs there already: the server
 * outlives a process killed with -9, and `taquilla audit` works beside `taquilla serve`. Every user
 * holds a lease, a lock that ends with its connection; the last one to stop stops the server. Should
 * the server die under a living process, it is started again on the same port.
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const place = findPlace(options);
  await ensureCluster(place, options.log);
  const password = readPassword(place);
  let stopping: Promise<void> | undefined;
  let lease = await join(place, password, options);
  await ensureDatabase(lease.client);
  watch();

  function watch(): void {
    lease.client.once('end', () => {
      if (stopping) return;
      options.log('PostgreSQL went away; bringing it back');
      rejoin().then(watch, (error: unknown) => options.log(`PostgreSQL did not come back: ${String(error)}`));
    });
  }
  async function rejoin(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        lease = await join(place, password, { ...options, port: lease.port });
        return;
      } catch (error) {
        if (stopping || attempt === restartLimit) throw error;
        await sleep(attempt * 1000);
      }
    }
  }
  return {
    url: urlOf(lease.port, password, databaseName),
    stop: () => (stopping ??= leave(place, lease, options.log)),
  };
}

type Lease = { client: pg.Client; port: number };

/** Finds or launches the postmaster and takes a lease on it. */
async function join(place: Place, password: string, options: Options): Promise<Lease> {
  const settings = { ...defaultSettings, ...options.settings };
  const deadline = Date.now() + startLimitMilliseconds;
  let silentSince: number | undefined;
  while (Date.now() < deadline) {
    const found = findPostmaster(place);
    const running = found ?? (await launchPostmaster(place, { ...options, settings }));
    if (running?.ready) {
      const client = await takeLease(urlOf(running.port, password, 'postgres'));
      if (client) {
        options.log(`PostgreSQL ${found ? 'was already running' : 'runs'} on 127.0.0.1:${running.port}`);
        return { client, port: running.port };
      }
      silentSince ??= Date.now();
      if (Date.now() - silentSince > silenceLimitMilliseconds) {
        options.log('a PostgreSQL of an earlier run does not answer');
        await stopPostmaster(place, options.log);
        silentSince = undefined;
      }
    } else {
      silentSince = undefined;
    }
    await sleep(pollMilliseconds);
  }
  throw new Error(
    `the embedded PostgreSQL in ${place.home} was not ready within ${startLimitMilliseconds} ms`,
  );
}

/**
 * A connection that holds the lease.
 * @returns undefined when the server does not answer, or is being stopped by its last user.
 */
async function takeLease(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'taquilla lease',
    connectionTimeoutMillis: connectTimeoutMilliseconds,
    keepAlive: true,
  });
  // The 'end' that follows is what counts.
  client.on('error', () => {});
  try {
    await client.connect();
    const taken = await client.query<{ held: boolean }>('select pg_try_advisory_lock_shared($1) as held', [
      leaseKey,
    ]);
    if (taken.rows[0]?.held) return client;
    await client.end();
  } catch (error) {
    await client.end().catch(() => {});
    // 28…: the password is wrong, which no waiting mends.
    if (String((error as { code?: unknown }).code).startsWith('28')) throw error;
  }
  return undefined;
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('select 1 from pg_database where datname = $1', [databaseName]);
  if (found.rowCount) return;
  await client.query(`create database ${databaseName}`).catch((error: { code?: string }) => {
    const duplicate = error.code === '42P04' || error.code === '23505';
    if (!duplicate) throw error;
  });
}

/** Gives the lease back. Who then gets the lock alone is the last, and nobody can join meanwhile. */
async function leave(place: Place, lease: Lease, log: (line: string) => void): Promise<void> {
  let last = true;
  try {
    const tried = await lease.client.query<{ last: boolean }>(
      'select pg_try_advisory_lock($1) as last from pg_advisory_unlock_shared($1)',
      [leaseKey],
    );
    last = tried.rows[0]?.last ?? false;
  } catch {
    // The connection is gone, and with it the lease: a server that is still there is nobody's.
  }
  if (last) {
    await stopPostmaster(place, log);
  } else {
    log('PostgreSQL stays for another process that uses it');
  }
  await lease.client.end().catch(() => {});
}

function urlOf(port: number, password: string, database: string): string {
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
}
