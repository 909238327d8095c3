import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { saleOfMail, startMailServer, type TakenMail } from '../support/mail.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { drawPlot } from '../support/plot.ts';
import { measuredOn } from '../support/plots.ts';
import { figureTable, round, type Figure } from '../support/result.ts';
import { withScope } from '../support/scope.ts';
import { onStage, tellFaults } from '../support/stage.ts';
import { watchDrain } from '../support/watch-drain.ts';

const perSecond = 20;
const connections = 32;
const warmUpSeconds = 3;
const defaultSeconds = 600;
// As long with the mail server as without it, up to a minute.
const comparedSecondsMax = 60;

type Measures = { up: Measured; down: Measured; log: TakenMail[] };

async function sellWithoutMail(bench: Bench, seconds: number): Promise<Measures> {
  return await onStage(bench, 'mail_down', (stage) =>
    withScope(async (scope) => {
      const mail = await startMailServer(bench.postgres.folder);
      scope.defer(() => mail.stop());
      stage.sendMailsTo(mail);
      const compared = Math.min(comparedSecondsMax, seconds);
      const holds = Math.ceil(perSecond * (seconds + compared + 2 * warmUpSeconds)) + 2;
      bench.progress.phase(`${holds} holds`);
      const hall = await createHall(stage.pool, holds * 2);
      const inputs = await prepareHolds(stage.pool, hall, holds, bench.progress);
      const server = await stage.startServer();
      const order = { connections, perSecond, warmUpSeconds, journey: 'confirm' } as const;
      const first = Math.ceil(perSecond * (compared + warmUpSeconds));
      bench.progress.phase(`${perSecond}/s for ${compared} s, the mail server up`);
      const up = await measure(
        stage,
        [server],
        { ...order, seconds: compared, inputs: inputs.slice(0, first) },
        { case: 'mail server up', offered_per_second: perSecond },
      );
      await mail.down();
      bench.progress.phase(`${perSecond}/s for ${seconds} s, the mail server down`);
      const outage = sleep((seconds + warmUpSeconds) * 1_000);
      const down = await measure(
        stage,
        [server],
        { ...order, seconds, inputs: inputs.slice(first) },
        { case: 'mail server down', offered_per_second: perSecond },
      );
      await outage;
      await mail.up();
      const watch = watchDrain(stage, server.pid, 1);
      try {
        await watch.untilCompleted(holds);
      } finally {
        await watch.stop();
      }
      return { up, down, log: await mail.log() };
    }),
  );
}

/**
 * How far mails left the order of their sales: for each sale that was made while the server was away, how many sales that were
 * made later had their mail taken before its own.
 */
function overtakings(down: Measured, log: readonly TakenMail[]): number[] {
  const places = new Map(down.load.acknowledged.transactionIds.toSorted().map((id, place) => [id, place]));
  const order = log.map((mail) => places.get(saleOfMail(mail))).filter((place) => place !== undefined);
  // Those taken before it, less those of them that were made before it.
  const seen: number[] = [];
  return order.map((place) => {
    let low = 0;
    let high = seen.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seen[middle]! < place) low = middle + 1;
      else high = middle;
    }
    const later = seen.length - low;
    seen.splice(low, 0, place);
    return later;
  });
}

function missingIn(measured: Measured, log: readonly TakenMail[]): string[] {
  const mailed = new Set(log.map(saleOfMail));
  return measured.load.acknowledged.transactionIds
    .filter((id) => !mailed.has(id))
    .map((id) => `sale ${id} has no mail`);
}

async function run(bench: Bench): Promise<Outcome> {
  const seconds = bench.options.seconds ?? defaultSeconds;
  const { up, down, log } = await sellWithoutMail(bench, seconds);
  const findings = findingsOf(bench, [up, down], down, undefined);
  const behind = overtakings(down, log).sort((a, b) => a - b);
  const sales = new Set(log.map(saleOfMail)).size;
  const figures: Figure[] = [
    { name: 'confirm, p99 ms, mail server up', value: round(up.row.p99_ms) },
    { name: 'confirm, p99 ms, mail server down', value: round(down.row.p99_ms) },
    { name: 'sales whose mail came more than once', value: log.length - sales },
    {
      name: 'later sales mailed before a sale, p99',
      value: behind[Math.ceil(behind.length * 0.99) - 1] ?? 0,
    },
    // Two batches of the worker and what may be on its connections.
    { name: 'later sales mailed before a sale, most', value: behind.at(-1) ?? 0, max: 256 },
  ];
  bench.progress.say(figureTable(figures));
  tellFaults(bench, 'mailboxes', [...missingIn(up, log), ...missingIn(down, log)]);
  const firstAt = log[0]?.at ?? 0;
  const soldAt = new Map(
    [up, down].flatMap(({ load: { acknowledged } }) =>
      acknowledged.transactionIds.map((id, i) => [id, acknowledged.answeredAt[i]!] as const),
    ),
  );
  const curve = (instants: readonly number[]) =>
    instants
      .toSorted((a, b) => a - b)
      .map((at, i) => [Math.max(0, (at - firstAt) / 1e6), i + 1] as const)
      .filter((_, i, all) => i % Math.max(1, Math.floor(all.length / 300)) === 0);
  return {
    findings: { ...findings, figures },
    plots: {
      '': drawPlot({
        title: `The mail server away for ${seconds} s`,
        subtitle: measuredOn(),
        x: { label: 'seconds', min: 0 },
        y: { label: 'sales', min: 0 },
        series: [
          { name: 'sold', points: curve([...soldAt.values()]), kind: 'curve' },
          { name: 'mails taken', points: curve(log.map((mail) => mail.at)), kind: 'curve' },
        ],
        notes: figures.map((figure) => `${figure.name}: ${figure.value}`),
      }),
    },
  };
}

export const mailDown: Scenario = {
  name: 'mail-down',
  summary:
    'the mail server away for ten minutes: confirms go on, and all mails come after, in the order of sale',
  run,
};
