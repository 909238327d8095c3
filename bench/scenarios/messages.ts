import { setTimeout as sleep } from 'node:timers/promises';
import type { Followed, Latency } from '../load/job.ts';
import { Samples } from '../load/samples.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { saleOfMail, type TakenMail } from '../support/mail.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { figureTable, round, type Figure } from '../support/result.ts';
import { onStage, tellFaults } from '../support/stage.ts';

const perSecond = 50;
const defaultSeconds = 120;
const warmUpSeconds = 3;
const connections = 32;
const lastMailSeconds = 60;

/** The time from each confirm's answer to the mail server's 250, in the order of the answers. */
type Ways = { answeredSeconds: number[]; milliseconds: number[]; missing: number };

function waysOf({ load }: Measured, mails: readonly TakenMail[]): Ways {
  const takenAt = new Map(mails.map((mail) => [saleOfMail(mail), mail.at]));
  const ways: Ways = { answeredSeconds: [], milliseconds: [], missing: 0 };
  const { transactionIds, answeredAt } = load.acknowledged;
  const first = answeredAt[0] ?? 0;
  for (const [i, id] of transactionIds.entries()) {
    const seconds = (answeredAt[i]! - first) / 1e6;
    const at = takenAt.get(id);
    if (at === undefined) ways.missing++;
    else if (seconds >= warmUpSeconds) {
      ways.answeredSeconds.push(seconds);
      ways.milliseconds.push((at - answeredAt[i]!) / 1_000);
    }
  }
  return ways;
}

async function measureMessages(bench: Bench, seconds: number): Promise<{ measured: Measured; ways: Ways }> {
  return await onStage(bench, 'messages', async (stage) => {
    const holds = Math.ceil(perSecond * (seconds + warmUpSeconds)) + 1;
    bench.progress.phase(`${holds} holds`);
    const hall = await createHall(stage.pool, holds * 2);
    const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress);
    const server = await stage.startServer();
    bench.progress.phase(`${perSecond}/s for ${seconds} s, each followed by its mail and its stream`);
    const measured = await measure(
      stage,
      [server],
      { connections, perSecond, seconds, warmUpSeconds, journey: 'confirm', followProgress: true, inputs },
      { offered_per_second: perSecond },
    );
    const sales = measured.load.acknowledged.transactionIds.length;
    const until = performance.now() + lastMailSeconds * 1_000;
    while ((await bench.mail.taken()) < sales && performance.now() < until) await sleep(100);
    return { measured, ways: waysOf(measured, await bench.mail.log()) };
  });
}

function figuresOf(mail: Latency, { latency }: Followed): Figure[] {
  return [
    { name: 'answer to mail taken, median ms', value: round(mail.p50) },
    { name: 'answer to mail taken, p99 ms', value: round(mail.p99), max: 2_000 },
    { name: 'answer to mail taken, longest ms', value: round(mail.max) },
    { name: 'step to its event, median ms', value: round(latency.p50) },
    { name: 'step to its event, p99 ms', value: round(latency.p99), max: 250 },
    { name: 'step to its event, longest ms', value: round(latency.max) },
  ];
}

async function run(bench: Bench): Promise<Outcome> {
  const { measured, ways } = await measureMessages(bench, bench.options.seconds ?? defaultSeconds);
  const samples = new Samples();
  for (const milliseconds of ways.milliseconds) samples.add(milliseconds);
  const followed = measured.load.followed!;
  const figures = figuresOf(samples.latency(), followed);
  const findings = findingsOf(bench, [measured], measured, undefined);
  bench.progress.say(figureTable(figures));
  tellFaults(bench, 'messages', [
    ...(ways.missing > 0 ? [`${ways.missing} sales without a mail`] : []),
    ...(followed.cut > 0 ? [`${followed.cut} streams ended before their sale was completed`] : []),
  ]);
  const step = Math.max(1, Math.floor(ways.milliseconds.length / 1_000));
  const points = ways.milliseconds
    .map((milliseconds, i) => [ways.answeredSeconds[i]!, milliseconds] as const)
    .filter((_, i) => i % step === 0);
  return {
    findings: { ...findings, figures },
    plots: {
      '': drawPlot({
        title: `${perSecond} sales a second, each with PDF and e-mail`,
        subtitle: measuredOn(),
        x: { label: 'seconds', min: 0 },
        y: { label: 'milliseconds to the mail server', min: 0 },
        series: [{ name: "from the confirm's answer to the mail server's 250", points, kind: 'curve' }],
        notes: figures.map((figure) => `${figure.name}: ${figure.value}`),
      }),
    },
  };
}

export const messages: Scenario = {
  name: 'messages',
  summary: '50 sales/s for two minutes with PDF and e-mail: how soon each mail is taken and each event seen',
  run,
};
