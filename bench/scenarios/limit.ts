import { runBareStatement } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findPgbench, runSaleScript, runTpcB } from '../support/pgbench.ts';
import { drawPlot, type Series } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { formatTable, round, type ResultRow } from '../support/result.ts';

const groupSizes = [1, 4, 16, 64, 256, 512, 1_024];
const pgbenchClients = [1, 16, 64];
const defaultSeconds = 5;
const ordersMin = 1_000;
const ordersMax = 16_384;
const groupsMin = 24;

/** Enough groups for percentiles, and enough orders for a second or so. */
function ordersEach(size: number): number {
  return Math.ceil(Math.min(ordersMax, Math.max(ordersMin, size * 64, size * groupsMin)) / size) * size;
}

async function measurePgbench(bench: Bench): Promise<ResultRow[]> {
  const program = findPgbench();
  if (!program) {
    bench.progress.say('  pgbench is not on this machine; its part is left out');
    return [];
  }
  const seconds = bench.options.seconds ?? defaultSeconds;
  const clients = bench.options.clients ?? pgbenchClients;
  return [
    ...(await runTpcB(bench, program, clients, seconds)),
    ...(await runSaleScript(bench, program, clients, seconds)),
  ];
}

function seriesOf(rows: readonly ResultRow[]): Series[] {
  return [...Map.groupBy(rows, (row) => row.case!)].map(([name, of]) => ({
    name,
    points: of.map((row) => [row.clients!, row.per_second] as const),
  }));
}

async function run(bench: Bench): Promise<Outcome> {
  const bare = await runBareStatement(bench, { sizes: groupSizes, ordersEach });
  const pgbench = await measurePgbench(bench);
  const groups: ResultRow[] = bare.runs.map((one) => ({
    case: `bare statement, groups of ${one.orders}`,
    clients: 1,
    per_second: round(one.perSecond),
    p50_ms: round(one.p50, 2),
    p95_ms: round(one.p95, 2),
    p99_ms: round(one.p99, 2),
    refused: 0,
    failed: 0,
  }));
  const results = [...groups, ...pgbench];
  bench.progress.say(formatTable(results));
  bench.progress.say(`  ${bare.statementsPerGroup ?? 'unknown'} statements a group, whatever its size`);
  const points = bare.runs.map((one) => [one.orders, Math.round(one.perSecond)] as const);
  return {
    findings: {
      results,
      limit_per_second: round(bare.perSecond),
      share_of_limit: null,
      statements_per_group: bare.statementsPerGroup ?? null,
      wal_bytes_per_order: null,
      transaction_p99_ms: null,
      rss_mb: null,
    },
    plots: {
      '': drawPlot({
        title: 'What this PostgreSQL does without us',
        subtitle: measuredOn(),
        x: { label: 'orders in a group (bare statement), or clients (pgbench)', scale: 'log' },
        y: { label: 'orders, or transactions, a second', min: 0 },
        series: [{ name: 'bare statement, one connection', points }, ...seriesOf(pgbench)],
      }),
    },
  };
}

export const limit: Scenario = {
  name: 'limit',
  summary: 'what this PostgreSQL does without us: pgbench, and the bare group statement from one connection',
  run,
};
