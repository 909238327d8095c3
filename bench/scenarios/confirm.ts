import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { measureClientCounts } from '../support/client-counts.ts';
import type { Pool } from '../../src/db/pool.ts';
import type { Wishes } from '../../src/pricing/cart-rules.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { latencyPlot, throughputPlot } from '../support/plots.ts';
import type { ResultRow } from '../support/result.ts';
import { onStage } from '../support/stage.ts';

const warmUpSeconds = 2;
// More than were ever seen; where the holds are used up sooner, the load ends sooner.
const ordersPerSecondMax = 13_000;
const ordersPerClientSecondMax = 1_000;

/** How an event's prices are made before its holds, and how the line is labelled then. */
type Priced = { price?: (pool: Pool, hall: Hall) => Promise<Wishes>; label?: Partial<ResultRow> };

/** One closed loop of confirms on a database of its own. */
export async function measureConfirms(
  bench: Bench,
  clients: number,
  seconds: number,
  { price, label = {} }: Priced = {},
): Promise<Measured> {
  return await onStage(bench, 'confirm', async (stage) => {
    const perSecond = Math.min(ordersPerSecondMax, clients * ordersPerClientSecondMax);
    const holds = Math.ceil(perSecond * (seconds + warmUpSeconds));
    bench.progress.phase(`${clients} clients: ${holds} holds`);
    const hall = await createHall(stage.pool, holds * 2);
    const wishes = await price?.(stage.pool, hall);
    const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress, wishes);
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: confirm`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
    return await measure(stage, [server], order, { clients, ...label });
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const { findings, rows, limit } = await measureClientCounts(bench, measureConfirms);
  return {
    findings,
    plots: {
      '': throughputPlot('Confirm: two numbered seats an order', rows, { limit: limit.perSecond }),
      '-latency': latencyPlot('Confirm, closed loop', rows, { label: 'clients', x: (row) => row.clients! }),
    },
  };
}

export const confirm: Scenario = {
  name: 'confirm',
  summary:
    'holds prepared, then confirms of 2 numbered seats: one seller, one event, one series; closed loop',
  run,
};
