import { runShortLimit } from '../support/bare-statement.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall, createHalls, type Hall } from '../support/hall.ts';
import { createHistory, type History } from '../support/history.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { onStage, type Stage } from '../support/stage.ts';

const pastSales = 5_000_000;
const pastEvents = 500;
const sellers = 10;
const firstSeller = 1;
const rounds = 3;
const defaultClients = 256;
const defaultSeconds = 5;
const warmUpSeconds = 2;
const ordersPerSecondMax = 13_000;

type Size = 'empty' | 'grown';

function historyOf(sales: number): History {
  const events = Math.min(pastEvents, Math.max(sellers, Math.round(sales / 100)));
  const eventsEach = Math.ceil(events / sellers);
  return { sellers, eventsEach, salesEach: Math.ceil(sales / sellers / eventsEach) };
}

async function measureOn(stage: Stage, hall: Hall, size: Size, round: number): Promise<Measured> {
  const { bench } = stage;
  const label = `${size} database, round ${round} of ${rounds}`;
  bench.progress.phase(`${label}: holds`);
  const inputs = await prepareHolds(stage.pool, hall, hall.seats >> 1, bench.progress);
  const server = await stage.startServer();
  bench.progress.phase(`${label}: confirm`);
  const clients = bench.options.clients?.[0] ?? defaultClients;
  const seconds = bench.options.seconds ?? defaultSeconds;
  const order = { connections: clients, seconds, warmUpSeconds, journey: 'confirm', inputs } as const;
  const measured = await measure(stage, [server], order, { case: size, clients });
  await server.stop();
  return measured;
}

function hallSeats(bench: Bench): number {
  return ordersPerSecondMax * ((bench.options.seconds ?? defaultSeconds) + warmUpSeconds) * 2;
}

/** One round on a new database. */
async function measureEmpty(bench: Bench, round: number): Promise<Measured> {
  return await onStage(bench, 'empty', async (stage) => {
    const hall = await createHall(stage.pool, hallSeats(bench));
    return await measureOn(stage, hall, 'empty', round);
  });
}

/** Makes the past sales. @returns the seller whose sales are measured. */
async function makeHistory(stage: Stage): Promise<number> {
  const { progress, options } = stage.bench;
  const sales = options.past ?? pastSales;
  const history = historyOf(sales);
  progress.phase(`${sales.toLocaleString('en-US')} past sales in ${history.eventsEach * sellers} events`);
  const [tenantId] = await createHistory(stage.url, history, progress);
  progress.phase('vacuum, as autovacuum would have done long ago');
  await stage.pool.query('vacuum (analyze)');
  await stage.pool.query('checkpoint');
  return tenantId!;
}

/** The seller of the past sales, and how many they are: of this run or of an earlier one. */
async function openHistory(stage: Stage): Promise<{ tenantId: number; sales: number }> {
  const tenantId = stage.isNew ? await makeHistory(stage) : firstSeller;
  const { rows } = await stage.pool.query<{ mine: number; all: number }>(
    'select count(*) filter (where tenant_id = $1) as mine, count(*) as all from transactions',
    [tenantId],
  );
  stage.checkSeller(tenantId);
  stage.expectSales(rows[0]!.mine);
  return { tenantId, sales: rows[0]!.all };
}

/** Rounds on a database with past sales, by turns with rounds on empty ones. */
async function measureByTurns(bench: Bench): Promise<{ sales: number; measured: Measured[] }> {
  const work = async (stage: Stage) => {
    const { tenantId, sales } = await openHistory(stage);
    const measured: Measured[] = [];
    for (let round = 1; round <= rounds; round++) {
      measured.push(await measureEmpty(bench, round));
      const [hall] = await createHalls(stage.pool, tenantId, { seats: hallSeats(bench) });
      measured.push(await measureOn(stage, hall!, 'grown', round));
    }
    return { sales, measured };
  };
  return await onStage(bench, 'grown', work, bench.options.history);
}

function median(measured: readonly Measured[], size: Size): Measured {
  const of = measured.filter((one) => one.row.case === size);
  return of.sort((a, b) => a.row.per_second - b.row.per_second)[of.length >> 1]!;
}

async function run(bench: Bench): Promise<Outcome> {
  const limit = await runShortLimit(bench);
  const { sales, measured } = await measureByTurns(bench);
  const [empty, grown] = [median(measured, 'empty'), median(measured, 'grown')];
  const findings = findingsOf(bench, measured, grown, limit);
  const slower = 100 * (1 - grown.row.per_second / empty.row.per_second);
  const note = `slower by ${slower.toFixed(1)} % (medians of ${rounds})`;
  bench.progress.say(`  on the grown database ${note}`);
  const points = (size: Size) =>
    measured.filter((one) => one.row.case === size).map((one, i) => [i + 1, one.row.per_second] as const);
  return {
    findings,
    plots: {
      '': drawPlot({
        title: `An empty database, and one with ${sales.toLocaleString('en-US')} past sales`,
        subtitle: measuredOn(),
        x: { label: 'round, by turns', scale: 'log' },
        y: { label: 'orders a second', min: 0 },
        series: [
          { name: 'empty', points: points('empty') },
          { name: 'grown', points: points('grown') },
        ],
        notes: [note],
      }),
    },
  };
}

export const growth: Scenario = {
  name: 'growth',
  summary:
    'the same confirm on an empty database and on one with 5 million past sales in 500 events, by turns',
  run,
};
