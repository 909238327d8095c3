import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { measureClientCounts } from '../support/client-counts.ts';
import { createHall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { seatPairs, seatsBody } from '../support/orders.ts';
import { latencyPlot, throughputPlot } from '../support/plots.ts';
import { onStage } from '../support/stage.ts';

const warmUpSeconds = 2;
const buyersPerSecondMax = 7_000;
const buyersPerClientSecondMax = 500;

/** One closed loop of buyers on a database of its own. */
async function measureBuyers(bench: Bench, clients: number, seconds: number): Promise<Measured> {
  return await onStage(bench, 'buyer', async (stage) => {
    const perSecond = Math.min(buyersPerSecondMax, clients * buyersPerClientSecondMax);
    const buyers = Math.ceil(perSecond * (seconds + warmUpSeconds));
    bench.progress.phase(`${clients} clients: a hall of ${buyers * 2} seats`);
    const hall = await createHall(stage.pool, buyers * 2);
    const inputs = seatPairs(hall).map((pair) => seatsBody(hall, pair));
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: hold, confirm`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'hold,confirm', inputs } as const;
    return await measure(stage, [server], order, { clients });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const { findings, rows, limit } = await measureClientCounts(bench, measureBuyers);
  return {
    findings,
    plots: {
      '': throughputPlot('Buyer: hold two named seats, then confirm', rows, {
        unit: 'buyers',
        limit: limit.perSecond,
      }),
      '-latency': latencyPlot('Buyer: both calls together, closed loop', rows, {
        label: 'clients',
        x: (row) => row.clients!,
      }),
    },
  };
}

export const buyer: Scenario = {
  name: 'buyer',
  summary:
    'hold two named seats, then confirm, as a buyer does; latency is of both calls together; closed loop',
  run,
};
