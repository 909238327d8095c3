import type { LoadResult } from '../load/job.ts';
import { runShortLimit } from '../support/bare-statement.ts';
import { defaultClients } from '../support/client-counts.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { createHall } from '../support/hall.ts';
import { startMailServer } from '../support/mail.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { startChild } from '../support/process.ts';
import { bestOf, formatTable, round, rowOf, type ResultRow } from '../support/result.ts';
import { runLoad } from '../support/run-load.ts';
import { withScope } from '../support/scope.ts';
import { freePort } from '../support/server.ts';
import { onStage } from '../support/stage.ts';
import { measureConfirms } from './confirm.ts';

const mailMilliseconds = 300;
const seconds = 10;
const warmUpSeconds = 1;
const confirmSeconds = 4;
// They wait for each other, one mail after the other: the last of 256 would be answered after minutes.
const oldClients = [1, 16, 64];
const connectionsMax = 100;
const holdsPerSecondMax = 400;
const ways = ['early', 'late'] as const;
const names = {
  early: 'one transaction for everything',
  late: 'the same, numbered and counted after the mail',
} as const;

async function measureOldWay(bench: Bench, clients: number, way: (typeof ways)[number]): Promise<ResultRow> {
  return await onStage(bench, 'before', async (stage) =>
    withScope(async (scope) => {
      const measured = bench.options.seconds ?? seconds;
      // Beside what is measured each client has one order under way, which may wait for all the others.
      const holds = holdsPerSecondMax * (measured + warmUpSeconds) + clients;
      bench.progress.phase(`before, ${clients} clients: ${holds} holds`);
      const hall = await createHall(stage.pool, holds * 2);
      const inputs = await prepareHolds(stage.pool, hall, holds);
      const mail = await startMailServer(bench.postgres.folder, mailMilliseconds);
      scope.defer(() => mail.stop());
      const port = await freePort();
      const connections = Math.min(clients, connectionsMax);
      const child = startChild(
        'bench/before-server.ts',
        [String(port), stage.url, String(mail.port), String(connections), way],
        { env: {}, logFile: bench.logFile('before') },
      );
      scope.defer(() => child.stop());
      const ready = new Promise((resolve) => child.process.once('message', resolve));
      await Promise.race([ready, child.died]);
      bench.progress.phase(`before, ${clients} clients: confirm`);
      const order = { ports: [port], connections: clients, seconds: measured, warmUpSeconds, inputs };
      const load: LoadResult = await runLoad(
        { ...order, journey: 'confirm' },
        bench.logFile('load'),
        bench.progress,
      );
      // It counted into one table as it did before; the audit looks at two.
      await stage.pool.query('select rebuild_statistics(tenant_id, null, 5000) from sellers');
      stage.keep(load);
      return rowOf(load, { case: names[way], clients });
    }),
  );
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const before: ResultRow[] = [];
  for (const way of ways) {
    for (const count of bench.options.clients ?? oldClients)
      before.push(await measureOldWay(bench, count, way));
  }
  const now: ResultRow[] = [];
  for (const count of bench.options.clients ?? defaultClients) {
    const { row } = await measureConfirms(bench, count, bench.options.seconds ?? confirmSeconds);
    now.push({ case: 'confirm', ...row });
  }
  const results = [...before, ...now];
  bench.progress.say(formatTable(results));
  const best = bestOf(now);
  for (const way of ways) {
    const old = bestOf(before.filter((row) => row.case === names[way]));
    const ratio = Math.round(best.per_second / old.per_second);
    bench.progress.say(
      `  confirm does ${ratio} times the orders of "${names[way]}" (${best.per_second} : ${old.per_second})`,
    );
  }
  const points = (name: string) =>
    results.filter((row) => row.case === name).map((row) => [row.clients!, row.per_second] as const);
  return {
    findings: {
      results,
      limit_per_second: round(limit.perSecond),
      share_of_limit: round(bestOf(before).per_second / limit.perSecond, 4),
      statements_per_group: null,
      wal_bytes_per_order: null,
      transaction_p99_ms: null,
      rss_mb: null,
    },
    plots: {
      '': drawPlot({
        title: 'The replaced way and confirming in groups',
        subtitle: measuredOn(),
        x: { label: 'clients', scale: 'log' },
        y: { label: 'orders a second', scale: 'log' },
        series: ['confirm', names.early, names.late].map((name) => ({ name, points: points(name) })),
      }),
    },
  };
}

export const before: Scenario = {
  name: 'before',
  summary:
    'the replaced way (one transaction, a query per item, tickets and a 300 ms mail inside) beside `confirm`',
  run,
};
