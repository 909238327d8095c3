import { transact } from '../../src/db/transaction.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { runShortLimit } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { onStage } from '../support/stage.ts';
import type { Server } from '../support/server.ts';

const counts = [1, 2, 4];
const numberings = ['strict', 'preallocated'] as const;
type Numbering = (typeof numberings)[number];
const defaultClients = 256;
const defaultSeconds = 5;
const warmUpSeconds = 2;
const ordersPerSecondMax = 13_000;

async function measureProcesses(
  bench: Bench,
  processes: number,
  numbering: Numbering,
  clients: number,
): Promise<Measured> {
  const seconds = bench.options.seconds ?? defaultSeconds;
  return await onStage(bench, 'processes', async (stage) => {
    const holds = ordersPerSecondMax * (seconds + warmUpSeconds);
    const what = `${processes} API processes, ${numbering} series`;
    bench.progress.phase(`${what}: ${holds} holds`);
    const hall = await createHall(stage.pool, holds * 2);
    await transact(stage.pool, (tx) =>
      setNumbering(tx, { tenantId: hall.tenantId, seriesId: 1 }, { numbering }),
    );
    const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress);
    const servers: Server[] = [];
    for (let i = 0; i < processes; i++) servers.push(await stage.startServer('api'));
    await stage.startServer('work');
    bench.progress.phase(`${what}: confirm`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
    return await measure(stage, servers, order, { case: `${processes} processes, ${numbering}`, clients });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const clients = bench.options.clients?.[0] ?? defaultClients;
  const measured: Record<Numbering, Measured[]> = { strict: [], preallocated: [] };
  for (const processes of counts) {
    for (const numbering of numberings) {
      measured[numbering].push(await measureProcesses(bench, processes, numbering, clients));
    }
  }
  const findings = findingsOf(
    bench,
    numberings.flatMap((numbering) => measured[numbering]),
    measured.strict[0]!,
    limit,
  );
  for (const numbering of numberings) {
    const [one, two] = measured[numbering].map((each) => each.row.per_second);
    bench.progress.say(`  ${numbering}: 2 processes against 1: ${Math.round((100 * two!) / one!)} %`);
  }
  return {
    findings,
    plots: {
      '': drawPlot({
        title: 'API processes on one database: one seller, one event, one series',
        subtitle: measuredOn(),
        x: { label: 'API processes, beside one worker process', scale: 'log' },
        y: { label: 'orders a second', min: 0 },
        series: numberings.map((numbering) => ({
          name: `${numbering} series, ${clients} clients in all`,
          points: measured[numbering].map((each, i) => [counts[i]!, each.row.per_second] as const),
        })),
      }),
    },
  };
}

export const processes: Scenario = {
  name: 'processes',
  summary:
    '1, 2 and 4 API processes and one worker on one database, all on one series, strict and preallocated; closed loop',
  run,
};
