import { runShortLimit } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { latencyPlot } from '../support/plots.ts';
import { onStage } from '../support/stage.ts';

// The two that the aims are for come with more, so that the plot shows where latency begins to rise.
const rates = [100, 200, 500, 1_000, 2_000, 4_000];
const aimedRate = 1_000;
const longSeconds = 30;
const shortSeconds = 10;
const warmUpSeconds = 3;
const connectionsMin = 32;
const connectionsMax = 512;

async function measureRate(bench: Bench, perSecond: number): Promise<Measured> {
  const aimed = perSecond === 200 || perSecond === aimedRate;
  const seconds = bench.options.seconds ?? (aimed ? longSeconds : shortSeconds);
  return await onStage(bench, 'rate', async (stage) => {
    const holds = Math.ceil(perSecond * (seconds + warmUpSeconds)) + 1;
    bench.progress.phase(`${perSecond}/s: ${holds} holds`);
    const hall = await createHall(stage.pool, holds * 2);
    const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress);
    const server = await stage.startServer();
    bench.progress.phase(`${perSecond}/s for ${seconds} s`);
    const connections = Math.min(connectionsMax, Math.max(connectionsMin, perSecond >> 3));
    const order = { connections, perSecond, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
    return await measure(stage, [server], order, { offered_per_second: perSecond });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const measured: Measured[] = [];
  for (const perSecond of rates) measured.push(await measureRate(bench, perSecond));
  const rows = measured.map((one) => one.row);
  const aimed = measured.find((one) => one.row.offered_per_second === aimedRate)!;
  const findings = findingsOf(bench, measured, aimed, limit);
  return {
    findings,
    plots: {
      '': latencyPlot('Confirm at an even rate, counted from the instant each was due', rows, {
        label: 'offered orders a second',
        x: (row) => row.offered_per_second!,
      }),
    },
  };
}

export const rate: Scenario = {
  name: 'rate',
  summary:
    'confirms offered evenly, 200/s and 1,000/s for 30 s and others for 10 s; open loop, waiting counts',
  run,
};
