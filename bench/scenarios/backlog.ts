import { reader } from '../../src/db/transaction.ts';
import { drawLogo } from '../../src/fulfilment/logo-drawing.ts';
import { plainLook } from '../../src/fulfilment/ticket-look.ts';
import { drawTickets } from '../../src/fulfilment/ticket-pdf.ts';
import { readSales } from '../../src/orders/sale.store.ts';
import { samplePicture } from '../../test/support/sample-picture.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { figureTable, round, type Figure } from '../support/result.ts';
import { onStage, type Stage } from '../support/stage.ts';
import { watchDrain, type Point } from '../support/watch-drain.ts';

const defaultSales = 25_000;
const aimPerSecond = 300;
const floorPerSecond = 150;
const clients = 64;
const sellSecondsMax = 300;
const drawn = 400;
const drawWarmUp = 100;

type Drained = { measured: Measured; seconds: number; mailed: Point[]; memory: Point[]; drawMs: number };

/** Processor time of drawing a ticket of one page with a logo, in milliseconds of one core. */
async function measureDrawing(stage: Stage, tenantId: number, transactionId: string): Promise<number> {
  stage.bench.progress.phase('drawing tickets of one page');
  const [sale] = await readSales(reader(stage.pool), tenantId, [transactionId]);
  const single = { ...sale!, items: sale!.items.slice(0, 1) };
  const look = { ...plainLook, logo: drawLogo(samplePicture({ width: 480, height: 160 })) };
  for (let i = 0; i < drawWarmUp; i++) await drawTickets(single, look);
  const before = process.cpuUsage();
  for (let i = 0; i < drawn; i++) await drawTickets(single, look);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / drawn;
}

async function drain(bench: Bench, sales: number): Promise<Drained> {
  return await onStage(bench, 'backlog', async (stage) => {
    bench.progress.phase(`${sales} holds`);
    const hall = await createHall(stage.pool, sales * 2);
    const inputs = await prepareHolds(stage.pool, hall, sales, bench.progress);
    const api = await stage.startServer('api');
    bench.progress.phase(`${sales} sales that nobody works on`);
    const order = {
      connections: clients,
      seconds: sellSecondsMax,
      warmUpSeconds: 0,
      journey: 'confirm',
      inputs,
    } as const;
    const measured = await measure(stage, [api], order, { clients });
    await api.stop();
    const worker = await stage.startServer('work');
    const watch = watchDrain(stage, worker.pid, 1);
    try {
      await watch.untilCompleted(measured.load.completions.length);
    } finally {
      await watch.stop();
    }
    await worker.stop();
    const { mailed, memory } = watch.curves;
    const [first] = measured.load.acknowledged.transactionIds;
    const drawMs = await measureDrawing(stage, hall.tenantId, first!);
    return { measured, seconds: mailed.at(-1)![0], mailed, memory, drawMs };
  });
}

/** Memory early on and at the end: in the second and the last quarter of the drain. */
function quarters(memory: readonly Point[]): { early: number; late: number; most: number } {
  const part = (from: number, to: number) => {
    const some = memory.slice(Math.floor(from * memory.length), Math.ceil(to * memory.length));
    return some.reduce((sum, [, mb]) => sum + mb, 0) / Math.max(1, some.length);
  };
  return { early: part(0.25, 0.5), late: part(0.75, 1), most: Math.max(...memory.map(([, mb]) => mb)) };
}

async function run(bench: Bench): Promise<Outcome> {
  const { seconds: asked } = bench.options;
  const sales = asked === undefined ? defaultSales : Math.ceil(asked * floorPerSecond);
  const { measured, seconds, mailed, memory, drawMs } = await drain(bench, sales);
  const { early, late, most } = quarters(memory);
  const figures: Figure[] = [
    {
      name: `sales drained a second (aim: ${aimPerSecond})`,
      value: round(sales / seconds),
      min: floorPerSecond,
    },
    { name: 'ms of one core to draw a page', value: round(drawMs, 2), max: 2.5 },
    { name: 'memory in the second quarter, MB', value: Math.round(early) },
    { name: 'memory in the last quarter, MB', value: Math.round(late) },
    { name: 'most memory, MB', value: Math.round(most) },
  ];
  const findings = findingsOf(bench, [measured], measured, undefined);
  bench.progress.say(figureTable(figures));
  const notes = figures.map((figure) => `${figure.name}: ${figure.value}`);
  return {
    findings: { ...findings, rss_mb: Math.round(late), figures },
    plots: {
      '': drawPlot({
        title: `A backlog of ${sales.toLocaleString('en-US')} sales, drained by one worker`,
        subtitle: measuredOn(),
        x: { label: 'seconds since the worker was started', min: 0 },
        y: { label: 'mails taken', min: 0 },
        series: [{ name: 'mails taken by the mail server', points: mailed, kind: 'curve' }],
        notes,
      }),
      '-memory': drawPlot({
        title: 'Memory of the worker while it drains a backlog',
        subtitle: measuredOn(),
        x: { label: 'seconds since the worker was started', min: 0 },
        y: { label: 'MB resident', min: 0 },
        series: [{ name: 'resident memory', points: memory, kind: 'curve' }],
      }),
    },
  };
}

export const backlog: Scenario = {
  name: 'backlog',
  summary: '25,000 sales that one worker then draws and mails: sales/s, memory, and what a page costs',
  run,
};
