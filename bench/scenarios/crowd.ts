import { runShortLimit } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { seatPairs, seatsBody, shuffle } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { formatTable, round } from '../support/result.ts';
import { onStage } from '../support/stage.ts';

const hallSeats = 1_000;
const buyers = 20_000;
const defaultClients = [64, 256];
const secondsMax = 120;

async function measureCrowd(bench: Bench, clients: number): Promise<Measured> {
  return await onStage(bench, 'crowd', async (stage) => {
    bench.progress.phase(`${clients} clients: a hall of ${hallSeats} seats`);
    const hall = await createHall(stage.pool, hallSeats);
    const bodies = seatPairs(hall).map((pair) => seatsBody(hall, pair));
    const inputs = shuffle(Array.from({ length: buyers }, (_, i) => bodies[i % bodies.length]!));
    const server = await stage.startServer();
    bench.progress.phase(`${clients} clients: ${buyers} buyers`);
    const order = {
      connections: clients,
      seconds: secondsMax,
      warmUpSeconds: 0,
      journey: 'hold,confirm',
      inputs,
    } as const;
    return await measure(stage, [server], order, { clients });
  });
}

/** The refusals of a measure as a line beside that of its sales. */
function refusals({ load, row }: Measured) {
  const { count, p50, p95, p99 } = load.refusedLatency;
  return {
    ...row,
    case: 'refused',
    per_second: round(count / load.measuredSeconds),
    p50_ms: round(p50, 2),
    p95_ms: round(p95, 2),
    p99_ms: round(p99, 2),
  };
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const measured: Measured[] = [];
  for (const clients of bench.options.clients ?? defaultClients)
    measured.push(await measureCrowd(bench, clients));
  for (const one of measured) one.row = { case: 'sold', ...one.row };
  const findings = findingsOf(bench, measured, measured.at(-1)!, limit);
  bench.progress.say(formatTable(measured.map(refusals)));
  const results = measured.flatMap((one) => [one.row, refusals(one)]);
  const line = (name: string, field: 'p50_ms' | 'p99_ms') =>
    results.filter((row) => row.case === name).map((row) => [row.clients!, row[field]] as const);
  return {
    findings: { ...findings, results },
    plots: {
      '': drawPlot({
        title: `${buyers.toLocaleString('en-US')} buyers for ${hallSeats.toLocaleString('en-US')} seats`,
        subtitle: measuredOn(),
        x: { label: 'clients', scale: 'log' },
        y: { label: 'milliseconds', scale: 'log' },
        series: [
          { name: 'sold (both calls), median', points: line('sold', 'p50_ms') },
          { name: 'sold, 99th percentile', points: line('sold', 'p99_ms') },
          { name: 'refused, median', points: line('refused', 'p50_ms') },
          { name: 'refused, 99th percentile', points: line('refused', 'p99_ms') },
        ],
      }),
    },
  };
}

export const crowd: Scenario = {
  name: 'crowd',
  summary: '20,000 buyers for 1,000 seats, 40 after each pair of seats: refusals must be as fast as sales',
  run,
};
