import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { formatEventId } from '../../src/base/ids.ts';
import { measureClientCounts } from '../support/client-counts.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { seededRandom, shuffle } from '../support/orders.ts';
import { latencyPlot, throughputPlot } from '../support/plots.ts';
import { onStage, type Stage } from '../support/stage.ts';

const defaultClients = [1, 16, 64, 256];
const warmUpSeconds = 2;
const hallSeats = 50_000;
const takenShare = 0.8;
const companyMin = 2;
const companyMax = 5;
const requestsMax = 200_000;

/** Takes most seats off the market one by one, at random: hardly a row has several free ones together. */
async function crowd(stage: Stage, hall: Hall): Promise<void> {
  const seatNos = shuffle(Array.from({ length: hall.seats }, (_, i) => i + 1));
  await stage.pool.query(
    `update seat_states set state = 'blocked' where tenant_id = $1 and event_id = $2 and seat_no = any ($3)`,
    [hall.tenantId, hall.eventId, seatNos.slice(0, Math.floor(hall.seats * takenShare))],
  );
}

async function measureBest(bench: Bench, clients: number, seconds: number): Promise<Measured> {
  return await onStage(bench, 'best', async (stage) => {
    bench.progress.phase(`${clients} clients: a crowded hall of ${hallSeats} seats`);
    const hall = await createHall(stage.pool, hallSeats);
    await crowd(stage, hall);
    const random = seededRandom(clients);
    const inputs = Array.from({ length: requestsMax }, () => {
      const quantity = companyMin + Math.floor(random() * (companyMax - companyMin + 1));
      return JSON.stringify({ event_id: formatEventId(hall), best_available: { quantity } });
    });
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: best available`);
    const order = { connections: clients, seconds, warmUpSeconds, journey: 'hold,release', inputs } as const;
    const measured = await measure(stage, [server], order, { clients });
    // No order is made here, so nothing can be said an order.
    return { ...measured, walBytesPerOrder: 0 };
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const { findings, rows } = await measureClientCounts(bench, measureBest, defaultClients);
  return {
    findings: { ...findings, wal_bytes_per_order: null },
    plots: {
      '': throughputPlot('Best available: 2 to 5 seats in a hall of 50,000, four of five taken', rows, {
        unit: 'holds',
      }),
      '-latency': latencyPlot('Best available, closed loop', rows, {
        label: 'clients',
        x: (row) => row.clients!,
      }),
    },
  };
}

export const best: Scenario = {
  name: 'best',
  summary:
    'best-available holds of 2 to 5 in a hall of 50,000 seats, 80 % taken at random; each is released again',
  run,
};
