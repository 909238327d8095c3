import type { ReceiverLinks, TransferKey } from '../admission/receiver-links.ts';
import { systemIds, uuidv7Milliseconds, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { StepKey, StepName } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import { startAnnouncing } from '../notifications/announce-events.job.ts';
import { createDelayTeller } from '../notifications/confirm-delayed.job.ts';
import type { MessageNews } from '../notifications/attempt-message.job.ts';
import type { MessageWay, MessageWays } from '../notifications/outgoing-message.ts';
import { createEmailSender } from '../notifications/send-email.job.ts';
import { startQueuedMessages } from '../notifications/send-queued-messages.job.ts';
import { createTextSender } from '../notifications/send-text.job.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import type { Queue, StepHandler, WorkOptions } from '../queue/queue.ts';
import { createSaleAnnouncer } from '../webhooks/announce-sales.job.ts';
import { startWebhooks } from '../webhooks/deliver-webhooks.job.ts';
import type { WebhookSender } from '../webhooks/webhook-sender.adapter.ts';
import { createSalesCounter } from './count-sales.job.ts';
import { createTicketMaker } from './make-tickets.job.ts';
import type { StepLog } from './step-lanes.job.ts';
import { StepSweeper } from './sweep-steps.job.ts';
import type { StepBatch } from './worker-thread.ts';

type Deps = {
  pool: Pool;
  queue: Queue;
  webhookSender: WebhookSender;
  /** The links of a sale, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
  /** The links of a ticket's receiver, absolute; null when the public address is not known. */
  receiverLinksOf(key: TransferKey): ReceiverLinks | null;
  /** Where a sale's buyer ends reminders; null when the public address is not known. */
  unsubscribeUrlOf(tenantId: number, transactionId: string): string | null;
  /** The ways to buyers; the steps of one that is not configured are skipped. */
  ways: MessageWays & { email: MessageWay };
  clock: Clock;
  /** Awaited between two pieces of work: what else waits in this thread goes first, and confirming does (pressure.ts). */
  turn(): Promise<void>;
  log: StepLog;
  onBatch(batch: StepBatch): void;
  /** Told of every message that has been accepted or has failed for good. */
  onMessage(news: MessageNews): void;
  /** From 0 to 1: spreads retries. */
  random(): number;
};

const batches: WorkOptions = { batchMax: limits.stepBatchMax, concurrency: 1 };
// Four of a seller, so that batches that wait for a slow server do not keep the next from being made; and several
// sellers beside each other, so that one whose receivers hang holds up nobody else.
const messageBatches: WorkOptions = {
  batchMax: limits.messageBatchMax,
  concurrency: limits.messageBatchesAtOnceMax,
  sellerConcurrency: 4,
};

/** @param names the step that is worked on, and those that end with it. */
function measured(
  names: readonly StepName[],
  handler: StepHandler,
  { turn, onBatch, clock }: Deps,
): StepHandler {
  return async (steps) => {
    await turn();
    const started = performance.now();
    const again = await handler(steps);
    const seconds = (performance.now() - started) / 1_000;
    const now = clock.now().getTime();
    const open = new Set(again);
    // A sale's id is made when it is confirmed, and tells when that was.
    const latencies = steps
      .filter((step) => !open.has(step))
      .map((step) => Math.max(0, now - uuidv7Milliseconds(step.transactionId)) / 1_000);
    for (const name of names) onBatch({ name, steps: steps.length, again: again.length, seconds, latencies });
    return again;
  };
}

/** Gives steps to the queue without waiting; what it does not take, the sweeper gives it later. */
function handOverLater({ queue, log }: Deps): (steps: StepKey[]) => void {
  return (steps) => {
    queue.handOver(steps).catch((error: unknown) => log.warn({ err: error }, 'steps were not handed over'));
  };
}

/** Sweeps again and again, one sweep at a time. @returns what ends it, after the last sweep. */
function startSweeping({ pool, queue, clock, log }: Deps): () => Promise<void> {
  const sweeper = new StepSweeper({ pool, clock, queue, tellDelayed: createDelayTeller({ pool, clock }) });
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const run = () => {
    running = sweeper.sweep().then(
      () => undefined,
      (error: unknown) => log.warn({ err: error }, 'unfinished steps were not swept'),
    );
    void running.then(() => (timer = setTimeout(run, limits.stepSweepSeconds * 1_000)));
  };
  run();
  return async () => {
    await running;
    clearTimeout(timer);
  };
}

/**
 * Starts to work on what follows sales: tickets, mails, statistics, webhooks; and to sweep up what was left.
 * @returns what ends it, the queue included: it takes no more, and waits so long for what has begun.
 */
export async function startWorkers(deps: Deps): Promise<(timeoutSeconds: number) => Promise<void>> {
  const { pool, queue, log } = deps;
  const announce = createSaleAnnouncer({ ...deps, reader: reader(pool) });
  const work = (name: StepName, options: WorkOptions, handler: StepHandler, also: StepName[] = []) =>
    queue.work(name, options, measured([name, ...also], handler, deps));
  const makeTickets = createTicketMaker({ pool, log, announce, handOver: handOverLater(deps) });
  await work('tickets', batches, makeTickets, ['statistics']);
  await work('statistics', batches, createSalesCounter({ pool, log, announce }));
  await work('email', messageBatches, createEmailSender({ ...deps, announce, way: deps.ways.email }));
  await work('sms', messageBatches, createTextSender({ ...deps, announce }));
  const endWebhooks = startWebhooks({ ...deps, sender: deps.webhookSender });
  const endAnnouncing = startAnnouncing({ ...deps, ids: systemIds });
  const endMessages = startQueuedMessages(deps);
  const endSweeping = startSweeping(deps);
  return async (timeoutSeconds) => {
    await Promise.all([endSweeping(), endWebhooks(), endAnnouncing()]);
    await Promise.all([endMessages(timeoutSeconds), queue.stop(timeoutSeconds)]);
  };
}
