import type { LoadResult } from '../load/job.ts';
import { sharedClock } from './functions.ts';
import { watchProcessor, type Cores } from './processor.ts';
import { rowOf, round, type ResultRow } from './result.ts';
import { runLoad, type LoadOrder } from './run-load.ts';
import type { Server } from './server.ts';
import type { Stage } from './stage.ts';
import { watchStatements } from './statements.ts';

/** One load with all that was measured beside it. */
export type Measured = {
  load: LoadResult;
  row: ResultRow;
  walBytesPerOrder: number;
  /** Of groups of confirmations; undefined where there were none. */
  transactionP99: number | undefined;
  groupMean: number | undefined;
  rssMb: number;
  cores: Cores | undefined;
};

const groupSeconds = 'taquilla_group_seconds';

/** What the servers have counted of their groups, by the upper bounds of the buckets, in seconds. */
type Groups = { buckets: Map<number, number>; count: number; orders: number };

async function readGroups(servers: readonly Server[]): Promise<Groups> {
  const groups: Groups = { buckets: new Map(), count: 0, orders: 0 };
  for (const server of servers) {
    for (const [name, value] of await server.metrics()) {
      if (!name.includes('kind="confirm"')) continue;
      const bound = name.startsWith(`${groupSeconds}_bucket`) && /le="([^"]+)"/.exec(name)?.[1];
      if (bound) {
        const le = bound === '+Inf' ? Infinity : Number(bound);
        groups.buckets.set(le, (groups.buckets.get(le) ?? 0) + value);
      }
      if (name.startsWith(`${groupSeconds}_count`)) groups.count += value;
      if (name.startsWith('taquilla_group_orders_sum')) groups.orders += value;
    }
  }
  return groups;
}

/** A percentile out of the buckets of a Prometheus histogram, as straight as the line within a bucket is. */
function percentile(before: Groups, after: Groups, share: number): number | undefined {
  const total = after.count - before.count;
  let lower = { bound: 0, count: 0 };
  for (const [bound, value] of [...after.buckets].sort(([a], [b]) => a - b)) {
    const count = value - (before.buckets.get(bound) ?? 0);
    if (total > 0 && count >= share * total) {
      if (bound === Infinity) return lower.bound;
      const within = (share * total - lower.count) / Math.max(1, count - lower.count);
      return lower.bound + (bound - lower.bound) * within;
    }
    lower = { bound, count };
  }
  return undefined;
}

/** How much WAL the database has written so far, in bytes. */
export async function walPosition(stage: Stage): Promise<number> {
  const { rows } = await stage.pool.query<{ at: string }>(
    `select (pg_current_wal_insert_lsn() - '0/0')::text as at`,
  );
  return Number(rows[0]!.at);
}

/** Puts a load on servers and measures what it costs them; what was acknowledged is kept for the stage's check. */
export async function measure(
  stage: Stage,
  servers: readonly Server[],
  order: Omit<LoadOrder, 'ports'>,
  labels: Partial<ResultRow> = {},
): Promise<Measured> {
  const { rows } = await stage.pool.query<{ pid: number }>('select pg_backend_pid() as pid');
  const [walBefore, before] = [await walPosition(stage), await readGroups(servers)];
  const endWatch = watchProcessor(
    servers.map((server) => server.pid),
    rows[0]!.pid,
  );
  const { profileDir } = stage.bench.options;
  const endStatements = profileDir && (await watchStatements(stage.pool, profileDir, stage.name));
  const ports = servers.map((server) => server.port);
  const from = sharedClock();
  const load = await runLoad({ ...order, ports }, stage.bench.logFile('load'), stage.bench.progress);
  const cores = endWatch();
  for (const server of servers) server.profile({ from, to: sharedClock() });
  if (endStatements) await endStatements();
  const [walAfter, after] = [await walPosition(stage), await readGroups(servers)];
  stage.keep(load);
  const p99 = percentile(before, after, 0.99);
  const groups = after.count - before.count;
  return {
    load,
    row: rowOf(load, labels),
    walBytesPerOrder: Math.round((walAfter - walBefore) / Math.max(1, load.completions.length)),
    transactionP99: p99 === undefined ? undefined : round(p99 * 1000, 2),
    groupMean: groups > 0 ? round((after.orders - before.orders) / groups) : undefined,
    rssMb: Math.round(servers.reduce((sum, server) => sum + server.memory().now, 0)),
    cores: cores && { ...cores, others: cores.others - load.cpuShare },
  };
}

/** A measure as a line of the table on the terminal, which says more than the result file. */
export function tableRow({ row, ...beside }: Measured): Record<string, string | number | undefined> {
  const { cores, load } = beside;
  // Processor time a journey says what it costs even where others have taken the processor.
  const each = (busy: number | undefined) =>
    busy === undefined
      ? undefined
      : Math.round((busy * load.totalSeconds * 1e6) / Math.max(1, load.completions.length + load.refused));
  return {
    ...row,
    'orders/group': beside.groupMean,
    tx_p99_ms: beside.transactionP99,
    'wal/order': beside.walBytesPerOrder,
    rss_mb: beside.rssMb,
    'µs api': each(cores?.main),
    'µs worker': each(cores?.rest),
    'µs db': each(cores?.database),
    'µs load': each(load.cpuShare),
    'cores busy': cores && (cores.main + cores.rest + cores.database + load.cpuShare).toFixed(2),
    others: cores && Math.max(0, cores.others).toFixed(2),
  };
}
