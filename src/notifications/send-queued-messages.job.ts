import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceiverLinks, TransferKey } from '../admission/receiver-links.ts';
import type { Clock } from '../base/ids.ts';
import { GroupLanes } from '../base/group-lane.ts';
import { limits } from '../base/limits.ts';
import { laneLimits } from '../db/lane-limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { StepLog } from '../fulfilment/step-lanes.job.ts';
import { readOrders } from '../orders/intent-sale.store.ts';

import { lacksTickets, type Sale } from '../orders/sale.ts';
import { AttemptMaker, endOf, type MessageNews } from './attempt-message.job.ts';
import { isTransactional } from './kind-facts.ts';
import { isForReceiver } from './message-kind.ts';
import { announceFailures } from './message-failure.store.ts';
import type { MessageKey } from './message-reference.ts';
import { isOverdue, retryDelaySeconds } from './message-schedule.ts';
import { endMessages, type MessageEnd } from './message.store.ts';
import type { MessageWays } from './outgoing-message.ts';
import {
  claimMessages,
  extendLeases,
  handOverMessages,
  type ClaimedMessage,
  type HandOver,
} from './queued-message.store.ts';
import { recipientsOf } from './recipient.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';
import { readTransferMessage, type TransferMessage } from './transfer-message.store.ts';

type Deps = {
  pool: Pool;
  ways: MessageWays;
  clock: Clock;
  /** From 0 to 1: spreads retries. */
  random(): number;
  log: StepLog;
  turn(): Promise<void>;
  /** The links of a ticket's receiver, absolute; null when the public address is not known. */
  receiverLinksOf(key: TransferKey): ReceiverLinks | null;
  onMessage(news: MessageNews): void;
};

/** What a message becomes, and who takes over when it has failed. */
type Result = { end: MessageEnd | null; handOver: HandOver | null };

const retrySecondsMax = 5;

/** The end of a message of which no attempt was made. */
function untried(key: MessageKey, state: 'failed' | 'skipped', lastError: string): MessageEnd {
  return { key, state, lastError, attemptNo: null, raw: null, nextAttemptAt: null };
}

/** A message that there is nothing more to say of, by no channel. */
function drop({ key, state }: ClaimedMessage, why: string): Result {
  return {
    end: state === 'sending' ? untried(key, 'skipped', why) : null,
    handOver: { from: key, to: null },
  };
}

/**
 * Sends the messages that stand in their own table: those of other occasions than a sale's own steps, and those that a
 * channel has handed to the next. Each seller has a lane of its own for each channel, so nobody waits for another's.
 */
export class QueuedMessages {
  readonly #deps: Deps;
  readonly #templates: SellerTemplates;
  readonly #attempts: AttemptMaker;
  readonly #results: GroupLanes<number, Result, void>;
  /** What is under way. */
  readonly #running = new Map<ClaimedMessage, Promise<void>>();
  #leasesUntil = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
    this.#attempts = new AttemptMaker(deps);
    this.#results = new GroupLanes((tenantId) => ({
      ...laneLimits,
      waitSecondsMax: limits.stepWaitSecondsMax,
      retrySecondsMax,
      run: async (results) => {
        await this.#record(tenantId, results);
        return results.map(() => undefined);
      },
    }));
  }

  /**
   * Takes up what is due and has room in its lane, without waiting for it.
   * @returns how many messages it took.
   */
  async takeUp(): Promise<number> {
    const { pool, clock } = this.#deps;
    const now = clock.now();
    await this.#extendLeases(now);
    const lanes = Map.groupBy(this.#running.keys(), ({ key }) => `${key.tenantId} ${key.channel}`);
    const busy = [...lanes.values()].map((some) => ({ ...some[0]!.key, count: some.length }));
    const leaseSeconds = limits.messageLeaseSeconds;
    const claimed = await transact(pool, (tx) =>
      claimMessages(tx, now, { laneRowsMax: limits.messagesOfLaneMax, leaseSeconds, busy }),
    );
    for (const [tenantId, own] of Map.groupBy(claimed, ({ key }) => key.tenantId)) this.#begin(tenantId, own);
    return claimed.length;
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #extendLeases(now: Date): Promise<void> {
    const lease = limits.messageLeaseSeconds * 1_000;
    if (this.#running.size === 0 || now.getTime() < this.#leasesUntil - lease / 2) return;
    this.#leasesUntil = now.getTime() + lease;
    const keys = [...this.#running.keys()].map((message) => message.key);
    await transact(this.#deps.pool, (tx) => extendLeases(tx, keys, new Date(this.#leasesUntil)));
  }

  #begin(tenantId: number, messages: ClaimedMessage[]): void {
    const ids = messages.map(({ key }) => key.transactionId);
    const sales = readOrders(reader(this.#deps.pool), tenantId, ids);
    for (const message of messages) {
      const running = this.#work(message, sales).catch((error: unknown) => {
        const about = { tenant_id: tenantId, transaction_id: message.key.transactionId };
        this.#deps.log.error({ err: error, ...about }, 'a message failed; it is tried again after its lease');
      });
      this.#running.set(
        message,
        running.finally(() => this.#running.delete(message)),
      );
    }
  }

  async #work(message: ClaimedMessage, sales: Promise<Sale[]>): Promise<void> {
    const { pool, clock, receiverLinksOf } = this.#deps;
    const { tenantId, transactionId } = message.key;
    const sale = (await sales).find((one) => one.transactionId === transactionId);
    if (!sale) throw new Error('there is no such sale');
    const voice = await this.#templates.voiceOf(tenantId);
    const said = isForReceiver(message.key.kind)
      ? await readTransferMessage(reader(pool), message, receiverLinksOf, clock.now())
      : message.key.kind === 'confirmation' && !lacksTickets(sale)
        ? 'The tickets are made, and their message says more.'
        : { sale, facts: message.facts };
    const { end, handOver } =
      typeof said === 'string' ? drop(message, said) : await this.#attempt(message, said, voice);
    await this.#results.submit(tenantId, { end, handOver });
    // What a step or a callback has ended as failed was told of by whoever ended it.
    if (end ?? message.state === 'bounced') this.#attempts.tell([end ?? message]);
  }

  async #attempt(message: ClaimedMessage, said: TransferMessage, voice: Voice): Promise<Result> {
    const end = message.state === 'sending' ? await this.#send(message, said, voice) : null;
    const hasFailed = end === null || end.state === 'failed' || end.state === 'skipped';
    return { end, handOver: hasFailed ? this.#next(message, said.sale, voice) : null };
  }

  async #send(claimed: ClaimedMessage, { sale, facts }: TransferMessage, voice: Voice): Promise<MessageEnd> {
    const { key, recipient: to, attempts } = claimed;
    const way = this.#deps.ways[key.channel];
    if (!way) return untried(key, 'skipped', `No provider of ${key.channel} is configured.`);
    const { dueAt: since, deadlineAt } = claimed;
    if (deadlineAt && this.#deps.clock.now() >= deadlineAt)
      return untried(key, 'failed', 'It could not be sent before it was too late.');
    await this.#deps.turn();
    const message = { key, sale, to, voice, facts, since: claimed.createdAt };
    const attempt = await this.#attempts.make(way, message, attempts);
    const named = way.describe(message);
    const now = this.#deps.clock.now();
    const hasNext = this.#next(claimed, sale, voice).to !== null;
    const overdue = since !== null && deadlineAt !== null && isOverdue({ since, deadlineAt, hasNext }, now);
    const end = { ...endOf(key, attempt, overdue), named };
    if (end.state !== 'queued') return end;
    const asked = attempt.sent.outcome === 'postponed' ? attempt.sent.retryAfterSeconds : undefined;
    const seconds = retryDelaySeconds(attempts, this.#deps.random(), asked);
    return { ...end, nextAttemptAt: new Date(now.getTime() + seconds * 1_000) };
  }

  /** Whether what a message says is over: nobody wants to be reminded of what has passed, by any channel. */
  #isOver({ key, deadlineAt }: ClaimedMessage): boolean {
    return !isTransactional(key.kind) && deadlineAt !== null && this.#deps.clock.now() >= deadlineAt;
  }

  /** The channel after this one, by the seller's order, for a message that hands over. */
  #next(message: ClaimedMessage, sale: Sale, voice: Voice): HandOver {
    const { key: from, handsOver } = message;
    if (!handsOver || this.#isOver(message)) return { from, to: null };
    const after = voice.channels.slice(voice.channels.indexOf(from.channel) + 1);
    // The mail that brings a sale's tickets first is a step of its own.
    const isOwnStep = from.kind === 'tickets' && from.occasionNo === 1 && sale.customer.email !== null;
    const next = recipientsOf(sale.customer, { ...voice, channels: after }).find(
      ({ channel }) => this.#deps.ways[channel] && !(isOwnStep && channel === 'email'),
    );
    return { from, to: next ? { channel: next.channel, recipient: next.to } : null };
  }

  async #record(tenantId: number, results: readonly Result[]): Promise<void> {
    const now = this.#deps.clock.now();
    await transact(this.#deps.pool, async (tx) => {
      await endMessages(
        tx,
        tenantId,
        results.flatMap(({ end }) => end ?? []),
      );
      const failed = results.flatMap(({ end }) => (end?.state === 'failed' ? [end.key] : []));
      await announceFailures(tx, tenantId, failed);
      const handOvers = results.flatMap(({ handOver }) => handOver ?? []);
      await handOverMessages(tx, tenantId, handOvers, now);
    });
  }
}

/**
 * Takes up messages again and again, soon when there were some.
 * @returns what ends it: it takes no more, and waits so long for what is under way.
 */
export function startQueuedMessages(deps: Deps): (timeoutSeconds: number) => Promise<void> {
  const messages = new QueuedMessages(deps);
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  const run = async (): Promise<void> => {
    let taken = 0;
    try {
      taken = await messages.takeUp();
    } catch (error) {
      deps.log.warn({ err: error }, 'messages were not taken up; the next look will');
    }
    if (stopping) return;
    const seconds = taken > 0 ? limits.messagePollBusySeconds : limits.messagePollSeconds;
    timer = setTimeout(() => void (running = run()), seconds * 1_000);
  };
  let running = run();
  return async (timeoutSeconds) => {
    stopping = true;
    await running;
    clearTimeout(timer);
    // What hangs longer is sent again after its lease.
    await Promise.race([messages.settle(), sleep(timeoutSeconds * 1_000, undefined, { ref: false })]);
  };
}
