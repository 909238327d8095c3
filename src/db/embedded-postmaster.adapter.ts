import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterFolder, environment } from './embedded-cluster.adapter.ts';
import type { Place } from './embedded-place.adapter.ts';

const pollMilliseconds = 20;
const recoveryNoticeMilliseconds = 10_000;
const fastStopSeconds = 60;
const immediateStopSeconds = 10;
const logLimitBytes = 10 * 1024 * 1024;
// Signs that another postmaster is at work on this cluster or this port: to look again is right.
const passingFailures = /lock file "postmaster.pid" already exists|shared memory block|could not bind/;

/** What a postmaster says of itself in its data folder. */
export type Postmaster = { pid: number; port: number; ready: boolean };

/** The postmaster that runs on this cluster, whoever started it. */
export function findPostmaster(place: Place): Postmaster | undefined {
  const cluster = clusterFolder(place);
  const file = path.join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = fs.readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const pid = Number(lines[0]);
  if (isPostmaster(pid, cluster)) {
    return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
  }
  // PostgreSQL replaces a file whose process is gone, but refuses to start when the number has since
  // been given to another process of the same user.
  if (isAlive(pid)) fs.rmSync(file, { force: true });
  return undefined;
}

function isPostmaster(pid: number, cluster: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout.includes(cluster);
  }
  try {
    // A process that has ended but was not waited for yet has an empty command line.
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Starts a postmaster and returns when it takes connections. It has a session of its own, so that a
 * Ctrl-C at the terminal reaches the server that must drain, and not the database below it.
 * @returns undefined when another postmaster is in the way; the caller looks again.
 */
export async function launchPostmaster(
  place: Place,
  options: { port?: number; settings: Record<string, string>; log: (line: string) => void },
): Promise<Postmaster | undefined> {
  const logFile = path.join(place.home, 'server.log');
  const logged = fs.statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (logged > logLimitBytes) fs.renameSync(logFile, `${logFile}.1`);
  // The folder is PostgreSQL's user's own; root must not follow a link laid there.
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = fs.constants;
  const output = fs.openSync(logFile, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
  const logStart = fs.fstatSync(output).size;
  const port = options.port ?? (await freePort());
  const settings = { ...options.settings, port: String(port) };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(path.join(place.binDir, 'postgres'), ['-D', clusterFolder(place), ...flags], {
    ...place.owner,
    cwd: '/',
    env: environment,
    detached: true,
    stdio: ['ignore', output, output],
  });
  fs.closeSync(output);
  server.unref();
  let failure: Error | undefined;
  server.once('error', (error) => (failure = error));
  const started = Date.now();
  let notices = 1;
  while (!failure && server.exitCode === null && server.signalCode === null) {
    const found = findPostmaster(place);
    if (found?.ready && found.pid === server.pid) return found;
    if (Date.now() - started > notices * recoveryNoticeMilliseconds) {
      options.log(`PostgreSQL is still starting (it repairs itself after a crash); see ${logFile}`);
      notices += 1;
    }
    await sleep(pollMilliseconds);
  }
  const said = fs.readFileSync(logFile, 'utf8').slice(logStart).trim();
  if (!failure && passingFailures.test(said)) return undefined;
  throw new Error(`the embedded PostgreSQL did not start; ${logFile} ends with: ${said}`, { cause: failure });
}

/** Stops the postmaster on this cluster: open transactions are rolled back, the data are flushed. */
export async function stopPostmaster(place: Place, log: (line: string) => void): Promise<void> {
  const found = findPostmaster(place);
  if (!found) return;
  // SIGINT is PostgreSQL's fast stop; SIGQUIT is its stop without a flush, which recovery makes good.
  for (const [signal, seconds] of [
    ['SIGINT', fastStopSeconds],
    ['SIGQUIT', immediateStopSeconds],
  ] as const) {
    log(`stopping PostgreSQL (${signal} to ${found.pid})`);
    const deadline = Date.now() + seconds * 1000;
    try {
      process.kill(found.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    while (Date.now() < deadline) {
      if (findPostmaster(place)?.pid !== found.pid) return;
      await sleep(pollMilliseconds);
    }
  }
  throw new Error(`PostgreSQL (process ${found.pid}) does not stop`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
