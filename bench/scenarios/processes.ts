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
const defaultClients = 256;
const defaultSeconds = 5;
const warmUpSeconds = 2;
const ordersPerSecondMax = 13_000;

async function measureProcesses(bench: Bench, processes: number, clients: number): Promise<Measured> {
  const seconds = bench.options.seconds ?? defaultSeconds;
  return await onStage(bench, 'processes', async (stage) => {
    const holds = ordersPerSecondMax * (seconds + warmUpSeconds);
    bench.progress.phase(`${processes} API processes: ${holds} holds`);
    const hall = await createHall(stage.pool, holds * 2);
    const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress);
    const servers: Server[] = [];
    for (let i = 0; i < processes; i++) servers.push(await stage.startServer('api'));
    await stage.startServer('work');
    bench.progress.phase(`${processes} API processes: confirm`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
    return await measure(stage, servers, order, { case: `${processes} processes`, clients });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const clients = bench.options.clients?.[0] ?? defaultClients;
  const measured: Measured[] = [];
  for (const processes of counts) measured.push(await measureProcesses(bench, processes, clients));
  const findings = findingsOf(bench, measured, measured[0]!, limit);
  const [one, two] = measured.map((each) => each.row.per_second);
  bench.progress.say(`  2 processes against 1: ${Math.round((100 * two!) / one!)} %`);
  return {
    findings,
    plots: {
      '': drawPlot({
        title: 'API processes on one database: one seller, one event, one series',
        subtitle: measuredOn(),
        x: { label: 'API processes, beside one worker process', scale: 'log' },
        y: { label: 'orders a second', min: 0 },
        series: [
          {
            name: `orders a second, ${clients} clients in all`,
            points: measured.map((each, i) => [counts[i]!, each.row.per_second] as const),
          },
        ],
      }),
    },
  };
}

export const processes: Scenario = {
  name: 'processes',
  summary: '1, 2 and 4 API processes and one worker on one database, all on one series; closed loop',
  run,
};
