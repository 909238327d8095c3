import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { measureClientCounts } from '../support/client-counts.ts';
import { createHalls, createSellers } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds, shuffle } from '../support/orders.ts';
import { throughputPlot } from '../support/plots.ts';
import { onStage } from '../support/stage.ts';

const sellersCount = 200;
const ordersPerSecondMax = 8_000;
const defaultClients = [64, 256, 512];
const warmUpSeconds = 2;

async function measureSellers(bench: Bench, clients: number, seconds: number): Promise<Measured> {
  return await onStage(bench, 'sellers', async (stage) => {
    const each = Math.ceil((ordersPerSecondMax * (seconds + warmUpSeconds)) / sellersCount);
    bench.progress.phase(`${clients} clients: ${sellersCount} sellers with ${each} holds each`);
    const inputs: string[] = [];
    for (const [i, tenantId] of (await createSellers(stage.pool, sellersCount)).entries()) {
      const [hall] = await createHalls(stage.pool, tenantId, { seats: each * 2 });
      inputs.push(...(await prepareHolds(stage.pool, hall!, each)));
      bench.progress.part(i + 1, sellersCount);
    }
    shuffle(inputs);
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: confirm at ${sellersCount} sellers`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
    return await measure(stage, [server], order, { clients });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const { findings, rows, limit } = await measureClientCounts(bench, measureSellers, defaultClients);
  return {
    findings,
    plots: { '': throughputPlot('200 sellers at once', rows, { limit: limit.perSecond }) },
  };
}

export const sellers: Scenario = {
  name: 'sellers',
  summary: '200 sellers at once, an event and a series each: groups are small, and commits many; closed loop',
  run,
};
