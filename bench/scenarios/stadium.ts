import { setTimeout as sleep } from 'node:timers/promises';
import { runShortLimit } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { measure, walPosition, type Measured } from '../support/measure.ts';
import { seatPairs, seatsBody } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { onStage } from '../support/stage.ts';
import { watchDrain, type Point } from '../support/watch-drain.ts';

const hallSeats = 50_000;
const seatsPerOrder = 2;
const defaultClients = 256;
const sellSecondsMax = 300;
const curvePoints = 300;
// Longer than a thread must have been calm before it gives memory back (limits.calmSecondsMin).
const calmSeconds = 15;

type Curves = { sold: Point[]; mailed: Point[]; memory: Point[] };

/** The curve of what was sold, at so many points that it stays small. */
function soldCurve(completions: Float64Array): Point[] {
  const step = Math.max(1, Math.floor(completions.length / curvePoints));
  const points: Point[] = [[0, 0]];
  for (let i = step - 1; i < completions.length; i += step)
    points.push([completions[i]!, (i + 1) * seatsPerOrder]);
  points.push([completions.at(-1) ?? 0, completions.length * seatsPerOrder]);
  return points;
}

async function sellStadium(
  bench: Bench,
  clients: number,
): Promise<{ measured: Measured; backlogMb: number; curves: Curves }> {
  return await onStage(bench, 'stadium', async (stage) => {
    bench.progress.phase(`a stadium of ${hallSeats} seats`);
    const hall = await createHall(stage.pool, hallSeats);
    const inputs = seatPairs(hall).map((pair) => seatsBody(hall, pair));
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: hold, confirm`);
    const walBefore = await walPosition(stage);
    const watch = watchDrain(stage, server.pid, seatsPerOrder);
    try {
      const order = {
        connections: clients,
        seconds: sellSecondsMax,
        warmUpSeconds: 0,
        journey: 'hold,confirm',
        inputs,
      } as const;
      const measured = await measure(stage, [server], order, { clients });
      const orders = measured.load.completions.length;
      await watch.untilCompleted(orders);
      const walBytesPerOrder = Math.round(((await walPosition(stage)) - walBefore) / orders);
      const backlogMb = Math.round(server.memory().now);
      bench.progress.phase(`${calmSeconds} s of calm`);
      await sleep(calmSeconds * 1000);
      const rssMb = Math.round(server.memory().now);
      const curves = { sold: soldCurve(measured.load.completions), ...watch.curves };
      return { measured: { ...measured, rssMb, walBytesPerOrder }, backlogMb, curves };
    } finally {
      await watch.stop();
    }
  });
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const { measured, backlogMb, curves } = await sellStadium(
    bench,
    bench.options.clients?.[0] ?? defaultClients,
  );
  const findings = findingsOf(bench, [measured], measured, limit);
  const soldAt = curves.sold.at(-1)![0];
  const mailedAt = curves.mailed.at(-1)![0];
  const peak = Math.max(...curves.memory.map(([, mb]) => mb));
  const seats = measured.load.completions.length * seatsPerOrder;
  const notes = [
    `${seats.toLocaleString('en-US')} seats sold after ${soldAt.toFixed(1)} s`,
    `last step of the last sale done after ${mailedAt.toFixed(0)} s`,
  ];
  bench.progress.say(
    `  ${notes.join('; ')}; memory at most ${Math.round(peak)} MB, with the last mail ${backlogMb} MB, ${calmSeconds} s later ${measured.rssMb} MB`,
  );
  return {
    findings,
    plots: {
      '': drawPlot({
        title: 'A stadium of 50,000 seats: sold, and its tickets mailed',
        subtitle: measuredOn(),
        x: { label: 'seconds since the sale opened', min: 0 },
        y: { label: 'places', min: 0 },
        series: [
          { name: 'sold', points: curves.sold, kind: 'curve' },
          { name: 'tickets mailed', points: curves.mailed, kind: 'curve' },
        ],
        notes,
      }),
    },
  };
}

export const stadium: Scenario = {
  name: 'stadium',
  summary: '25,000 buyers for 50,000 seats as fast as they go, then the backlog until the last mail is sent',
  run,
};
