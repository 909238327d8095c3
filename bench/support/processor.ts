import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';

// What the kernel counts in; every Linux that Node runs on has it at 100.
const ticksPerSecond = 100;

type Times = { main: number; rest: number; database: number; machine: number; at: number };

/** How many cores each part kept busy, on average. */
export type Cores = { main: number; rest: number; database: number; others: number };

function ticks(stat: string): number {
  // The name of the program stands in brackets and may hold anything; user and system time are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function secondsOf(file: string): number {
  const stat = read(file);
  return stat === '' ? 0 : ticks(stat) / ticksPerSecond;
}

function parentOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** PostgreSQL's processes; what those that have ended used is not counted. */
function databaseSeconds(backend: number): number {
  const postmaster = parentOf(backend);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === postmaster)
    .reduce((sum, name) => sum + secondsOf(`/proc/${name}/stat`), 0);
}

function machineSeconds(): number {
  const busy = os.cpus().map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busy.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
}

function takeTimes(pids: number[], backend: number): Times {
  const main = pids.reduce((sum, pid) => sum + secondsOf(`/proc/${pid}/task/${pid}/stat`), 0);
  const all = pids.reduce((sum, pid) => sum + secondsOf(`/proc/${pid}/stat`), 0);
  return {
    main,
    rest: all - main,
    database: databaseSeconds(backend),
    machine: machineSeconds(),
    at: performance.now(),
  };
}

/**
 * Begins to measure how the processor is shared out: the servers' main threads, the rest of the servers (workers, garbage
 * collection, compiling), PostgreSQL, and all others.
 * @param pids the servers.
 * @param backend the process of any connection to the database.
 * @returns what ends it; undefined where the system does not tell.
 */
export function watchProcessor(pids: number[], backend: number): () => Cores | undefined {
  if (process.platform !== 'linux' || read(`/proc/${backend}/stat`) === '') return () => undefined;
  const before = takeTimes(pids, backend);
  return () => {
    const after = takeTimes(pids, backend);
    const seconds = (after.at - before.at) / 1000;
    const share = (of: 'main' | 'rest' | 'database' | 'machine') => (after[of] - before[of]) / seconds;
    const [main, rest, database] = [share('main'), share('rest'), share('database')];
    return { main, rest, database, others: share('machine') - main - rest - database };
  };
}
