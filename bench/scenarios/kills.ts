import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { tallyCopies } from '../../test/support/mail-copies.ts';
import type { Acknowledged } from '../load/job.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { findingsOf } from '../support/findings.ts';
import { createHall } from '../support/hall.ts';
import { saleOfMail, startMailServer, type MailServer, type TakenMail } from '../support/mail.ts';
import { measure, type Measured } from '../support/measure.ts';
import { prepareHolds } from '../support/orders.ts';
import { figureTable, type Figure } from '../support/result.ts';
import { withScope } from '../support/scope.ts';
import type { Server } from '../support/server.ts';
import { onStage, tellFaults, type Stage } from '../support/stage.ts';
import { watchDrain } from '../support/watch-drain.ts';

const perSecond = 20;
const killsOfEach = 10;
const workers = 2;
const defaultSeconds = 100;
const connections = 16;
// Slow enough that a kill finds mails on their way, as it would with a server across the network.
const mailMilliseconds = 20;
const betweenKillsSecondsMax = 30;
const settleMilliseconds = 10 * mailMilliseconds;

/** Sales whose mail a kill left taken and not marked, with how often, and how many copies of it were there at the last such kill. */
type Left = Map<string, { kills: number; copies: number }>;

/** Adds the mails that a kill has just left so; one that was so before counts again only if it has come again since. */
async function noteLeft(
  stage: Stage,
  log: readonly TakenMail[],
  tenantId: number,
  left: Left,
): Promise<void> {
  const { rows } = await stage.pool.query<{ id: string }>(
    `select transaction_id as id from messages where tenant_id = $1 and channel = 'email' and state in ('queued', 'sending')`,
    [tenantId],
  );
  const copies = Map.groupBy(log, saleOfMail);
  for (const { id } of rows) {
    const known = left.get(id) ?? { kills: 0, copies: 0 };
    const now = copies.get(id)?.length ?? 0;
    if (now > known.copies) left.set(id, { kills: known.kills + 1, copies: now });
  }
}

/** The connections of workers that were killed may still be at work for a moment. */
async function untilGone(stage: Stage): Promise<void> {
  for (;;) {
    const { rows } = await stage.pool.query<{ count: number }>(
      `select count(*) as count from pg_stat_activity
        where datname = current_database() and application_name = 'taquilla fulfilment'`,
    );
    if (rows[0]!.count === 0) return;
    await sleep(10);
  }
}

/** Kills all workers again and again in the middle of mails, and starts them anew. */
async function killWorkers(stage: Stage, mail: MailServer, seconds: number, tenantId: number): Promise<Left> {
  const sales = Math.ceil(perSecond * seconds);
  const left: Left = new Map();
  const start = () => Promise.all(Array.from({ length: workers }, () => stage.startServer('work')));
  let running: Server[] = await start();
  const began = performance.now();
  for (let kill = 1; kill <= killsOfEach; kill++) {
    const due = began + (kill * seconds * 1_000) / (killsOfEach + 1);
    await sleep(Math.max(0, due - performance.now()));
    const before = await mail.taken();
    const late = performance.now() + betweenKillsSecondsMax * 1_000;
    while ((await mail.taken()) < Math.min(before + 5, sales) && performance.now() < late) await sleep(2);
    await Promise.all(running.map((worker) => worker.kill()));
    await untilGone(stage);
    await sleep(settleMilliseconds);
    await noteLeft(stage, await mail.log(), tenantId, left);
    running = await start();
  }
  return left;
}

const digestOf = (bytes: ArrayBuffer) => createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

/** Compares what is in the mailboxes with what was sold; the right tickets are those that the sale's own page gives. */
async function findFaults(
  port: number,
  sold: Acknowledged,
  log: readonly TakenMail[],
  left: Left,
): Promise<string[]> {
  const { doubles, different } = tallyCopies(log);
  const faults = different.map((id) => `${id} came in different forms`);
  const bySale = new Map(log.map((mail) => [saleOfMail(mail), mail]));
  for (const [i, id] of sold.transactionIds.entries()) {
    const mail = bySale.get(id);
    bySale.delete(id);
    if (!mail) {
      faults.push(`sale ${id} has no mail`);
      continue;
    }
    const answer = await fetch(`http://127.0.0.1:${port}${sold.ticketsLinks[i]}`);
    if (digestOf(await answer.arrayBuffer()) !== mail.pdfDigest) faults.push(`sale ${id} got other tickets`);
    const more = doubles.get(mail.messageId) ?? 0;
    if (more > (left.get(id)?.kills ?? 0))
      faults.push(`sale ${id} came ${more} times more than kills explain`);
  }
  for (const id of bySale.keys()) faults.push(`a mail of ${id}, which nobody was sold`);
  return faults;
}

async function findWrongMailboxes(stage: Stage, log: readonly TakenMail[]): Promise<string[]> {
  const { rows } = await stage.pool.query<{ id: string; email: string }>(
    'select transaction_id as id, customer_email as email from transactions',
  );
  const addresses = new Map(rows.map((row) => [row.id, row.email]));
  return log
    .filter((mail) => addresses.get(saleOfMail(mail)) !== mail.to)
    .map((mail) => `${mail.messageId} went to ${mail.to}`);
}

type Killed = { measured: Measured; figures: Figure[]; faults: string[] };

async function sellUnderKills(bench: Bench, seconds: number): Promise<Killed> {
  const sales = Math.ceil(perSecond * seconds);
  return await onStage(bench, 'kills', (stage) =>
    withScope(async (scope) => {
      const mail = await startMailServer(bench.postgres.folder, mailMilliseconds);
      scope.defer(() => mail.stop());
      bench.progress.phase(`${sales} holds`);
      const hall = await createHall(stage.pool, sales * 2);
      const inputs = await prepareHolds(stage.pool, hall, sales, bench.progress);
      stage.sendMailsTo(mail);
      const api = await stage.startServer('api');
      bench.progress.phase(
        `${sales} sales in ${seconds} s, and ${workers} workers killed ${killsOfEach} times`,
      );
      const order = {
        connections,
        perSecond,
        seconds,
        warmUpSeconds: 0,
        journey: 'confirm',
        inputs,
      } as const;
      const [measured, left] = await Promise.all([
        measure(stage, [api], order, { offered_per_second: perSecond }),
        killWorkers(stage, mail, seconds, hall.tenantId),
      ]);
      const watch = watchDrain(stage, api.pid, 1);
      try {
        await watch.untilCompleted(measured.load.completions.length);
      } finally {
        await watch.stop();
      }
      bench.progress.phase('mailboxes');
      const log = await mail.log();
      const { acknowledged } = measured.load;
      const faults = [
        ...(await findFaults(api.port, acknowledged, log, left)),
        ...(await findWrongMailboxes(stage, log)),
      ];
      const explained = [...left.values()].reduce((sum, { kills: times }) => sum + times, 0);
      const sold = acknowledged.transactionIds.length;
      const mails = new Set(log.map(saleOfMail)).size;
      const figures: Figure[] = [
        { name: 'sales', value: sold, min: sales },
        { name: 'sales whose mail arrived', value: mails, min: sold, max: sold },
        { name: 'kills of a worker', value: killsOfEach * workers },
        { name: 'mails that came once more', value: log.length - mails, max: explained },
        { name: 'mails that kills left taken and not marked', value: explained },
      ];
      return { measured, figures, faults };
    }),
  );
}

async function run(bench: Bench): Promise<Outcome> {
  const { measured, figures, faults } = await sellUnderKills(bench, bench.options.seconds ?? defaultSeconds);
  const findings = findingsOf(bench, [measured], measured, undefined);
  bench.progress.say(figureTable(figures));
  tellFaults(bench, 'mailboxes', faults);
  return { findings: { ...findings, figures }, plots: {} };
}

export const kills: Scenario = {
  name: 'kills',
  summary: '2,000 sales while every worker is killed by -9 ten times: each mailbox holds the right tickets',
  run,
};
