import type { Clock } from '../base/ids.ts';
import type { StepKey, StepName, StepReport } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { StepLanes, type SaleWork, type StepLog } from '../fulfilment/step-lanes.job.ts';
import { addStep } from '../fulfilment/step.store.ts';
import { readSales } from '../orders/sale.store.ts';
import { lacksTickets, type Sale } from '../orders/sale.ts';
import type { StepHandler } from '../queue/queue.ts';
import type { AnnounceSales } from '../webhooks/announce-sales.job.ts';
import { AttemptMaker, endOf, type MessageNews } from './attempt-message.job.ts';
import type { MessageKey } from './message-reference.ts';
import { deadlineOf, isOverdue } from './message-schedule.ts';
import {
  endMessages,
  readMessageStates,
  startMessages,
  type MessageEnd,
  type StartedMessage,
} from './message.store.ts';
import type { MessageWay, OutgoingMessage } from './outgoing-message.ts';
import { readRecipient } from './recipient.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';

/** What every step that sends needs. */
export type SenderDeps = {
  pool: Pool;
  clock: Clock;
  log: StepLog;
  announce: AnnounceSales;
  /** Awaited before each message is made, so that what is more urgent goes first. */
  turn(): Promise<void>;
  /** Told of every message that has been accepted or has failed for good. */
  onMessage(news: MessageNews): void;
};

/** A step that sends a sale's tickets to its buyer by the first of several ways that works. */
export type SendingStep = {
  name: Extract<StepName, 'email' | 'sms'>;
  /** The ways in the order in which they are tried; a sentence when there are none, and the step is skipped. */
  waysOf(sale: Sale, voice: Voice): MessageWay[] | string;
  /** Whether the worker of messages goes on by another channel once all of these have failed. */
  handsOver(voice: Voice): boolean;
};

/** One sale's tickets on their way to its buyer. */
type Addressed = { sale: Sale; to: string; voice: Voice; ways: readonly MessageWay[] };

/** How sending to one sale's buyer went. */
type Result = SaleWork & { reports: StepReport[]; ends: MessageEnd[] };

const ticketsFault = 'The tickets could not be made, so there is nothing to send.';
const addressFaults = {
  email: 'The address is not one that mail can be sent to.',
  sms: 'The number is not one that messages can be sent to.',
} as const;

class MessageSender {
  readonly #deps: SenderDeps;
  readonly #step: SendingStep;
  readonly #lanes: StepLanes<Result>;
  readonly #templates: SellerTemplates;
  readonly #attempts: AttemptMaker;

  constructor(deps: SenderDeps, step: SendingStep) {
    this.#deps = deps;
    this.#step = step;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
    this.#attempts = new AttemptMaker(deps);
    // A message's result is committed as soon as it is known, together with those that come meanwhile.
    this.#lanes = new StepLanes<Result>({
      ...deps,
      name: step.name,
      run: async (tx, tenantId, results) => {
        await endMessages(
          tx,
          tenantId,
          results.flatMap((result) => result.ends),
        );
        const reports = results.flatMap((result) => result.reports);
        const beside = reports.filter((report) => report.name === 'whatsapp');
        if (beside.length > 0) {
          const ids = beside.map((report) => report.transactionId);
          await addStep(tx, tenantId, ids, { name: 'whatsapp', beside: step.name });
        }
        return reports;
      },
    });
  }

  /** Sends to the buyers of one seller's sales; returns those to whom it is to be tried again. */
  async send(tenantId: number, steps: StepKey[]): Promise<StepKey[]> {
    const ids = steps.map((step) => step.transactionId);
    const sales = await readSales(reader(this.#deps.pool), tenantId, ids);
    const voice = await this.#templates.voiceOf(tenantId);
    const again = new Set<string>();
    const submit = async (result: Result) => {
      const pending = await this.#lanes.submit(tenantId, result);
      if (pending || result.reports.length === 0) again.add(result.transactionId);
      this.#attempts.tell(result.ends);
    };
    const sending: Promise<void>[] = [];
    const addressed: Addressed[] = [];
    for (const sale of sales) {
      // A step that was handed out twice, or whose worker died after marking it, has ended already.
      if (!sale.steps.some((step) => step.name === this.#step.name && step.state === 'pending')) continue;
      const ready = this.#address(sale, voice);
      if ('reports' in ready) sending.push(submit(ready));
      else addressed.push(ready);
    }
    const started = await this.#start(addressed);
    for (const one of addressed) {
      await this.#deps.turn();
      sending.push(this.#send(one, started.get(one.sale.transactionId)).then(submit));
    }
    await Promise.all(sending);
    return steps.filter((step) => again.has(step.transactionId));
  }

  /** Where a sale's buyer is written to and how, or the end of its step. */
  #address(sale: Sale, voice: Voice): Addressed | Result {
    const { transactionId } = sale;
    const { name } = this.#step;
    const ways = this.#step.waysOf(sale, voice);
    const end = (state: 'failed' | 'skipped', detail: string): Result => {
      return { transactionId, ends: [], reports: [{ transactionId, name, state, detail }] };
    };
    if (typeof ways === 'string') return end('skipped', ways);
    const { email, phone } = sale.customer;
    const to = readRecipient(ways[0]!.channel, name === 'email' ? email : phone, voice);
    if (to === null) return end('failed', addressFaults[name]);
    if (lacksTickets(sale)) return end('failed', ticketsFault);
    return { sale, to, voice, ways };
  }

  /** Notes an attempt by the first way of each; a sale without one was sent that way before, or could not be. */
  async #start(addressed: readonly Addressed[]): Promise<Map<string, StartedMessage>> {
    const [first] = addressed;
    if (!first) return new Map();
    const rows = addressed.map((one) => {
      const message = messageOf(one);
      const handsOver = one.ways.length > 1 || this.#step.handsOver(one.voice);
      return { key: message.key, recipient: one.to, handsOver, ...one.ways[0]!.describe(message) };
    });
    const started = await transact(this.#deps.pool, (tx) => startMessages(tx, first.sale.tenantId, rows));
    return new Map(started.map((one) => [one.transactionId, one]));
  }

  /** Sends by one way after the other until one works, or is to be tried again. */
  async #send(first: Addressed, started: StartedMessage | undefined): Promise<Result> {
    const { transactionId } = first.sale;
    const result: Result = { transactionId, reports: [], ends: [] };
    let outcome = await this.#attempt(first, started);
    for (let rest = first.ways.slice(1); ; rest = rest.slice(1)) {
      if (outcome.end) result.ends.push(outcome.end);
      if (outcome.report) result.reports.push(outcome.report);
      if (outcome.isSettled || rest.length === 0) break;
      const next = { ...first, ways: rest };
      outcome = await this.#attempt(next, (await this.#start([next])).get(transactionId));
    }
    const { name } = this.#step;
    // The step of the telephone ends with the text that went by WhatsApp.
    const tried = result.reports.some((report) => report.name === name);
    if (!tried && result.reports.length > 0 && !outcome.postponed) {
      result.reports.push({ transactionId, name, state: 'skipped', detail: 'WhatsApp was the way to go.' });
    }
    return result;
  }

  async #attempt(one: Addressed, started: StartedMessage | undefined): Promise<Outcome> {
    const [way, ...rest] = one.ways;
    const name = way!.channel;
    const { transactionId } = one.sale;
    const message = messageOf(one);
    if (!started) return await this.#before(message.key);
    const made = await this.#attempts.make(way!, message, started.attempts);
    const { createdAt: since } = started;
    const deadlineAt = deadlineOf(message.key.kind, since);
    const overdue = isOverdue({ since, deadlineAt, hasNext: rest.length > 0 }, this.#deps.clock.now());
    const end = endOf(message.key, made, overdue);
    if (end.state === 'accepted') {
      return { end, isSettled: true, report: { transactionId, name, state: 'done', detail: made.words } };
    }
    const detail = made.words;
    if (end.state === 'failed') {
      const nextAttemptAt = this.#step.handsOver(one.voice) ? this.#deps.clock.now() : null;
      const report = { transactionId, name, state: 'failed', detail } as const;
      return { end: { ...end, nextAttemptAt }, isSettled: false, report };
    }
    const retry = { transactionId, name: this.#step.name, state: 'retry', detail } as const;
    return { end, isSettled: true, postponed: true, ...(made.tried && { report: retry }) };
  }

  /** What became of a message that cannot be started: a callback told of it, or another worker has it. */
  async #before(key: MessageKey): Promise<Outcome> {
    const { transactionId, channel: name } = key;
    const states = await readMessageStates(reader(this.#deps.pool), key, [transactionId]);
    const known = states.find((one) => one.channel === name);
    if (known?.state === 'failed' || known?.state === 'bounced') {
      const detail = known.lastError ?? 'It failed before.';
      return { isSettled: false, report: { transactionId, name, state: 'failed', detail } };
    }
    const taken = known?.state === 'accepted' || known?.state === 'delivered' || known?.state === 'read';
    const detail = taken ? 'Its provider has it, as it told later.' : 'It goes as a message of its own.';
    return { isSettled: true, report: { transactionId, name, state: taken ? 'done' : 'skipped', detail } };
  }
}

/** What came of one way; `isSettled` says that no other is tried. */
type Outcome = { end?: MessageEnd; report?: StepReport; isSettled: boolean; postponed?: true };

function messageOf({ sale, to, voice, ways }: Addressed): OutgoingMessage {
  const { tenantId, transactionId } = sale;
  const key = { tenantId, transactionId, channel: ways[0]!.channel, kind: 'tickets', occasionNo: 1 } as const;
  return { key, sale, to, voice, facts: {}, since: sale.createdAt };
}

/** Creates the handler of a step that sends: what buyers get once their tickets are made. */
export function createMessageSender(deps: SenderDeps, step: SendingStep): StepHandler {
  const sender = new MessageSender(deps, step);
  return async (steps) => {
    const bySeller = Map.groupBy(steps, (one) => one.tenantId);
    const again = await Promise.all([...bySeller].map(([tenantId, some]) => sender.send(tenantId, some)));
    return again.flat();
  };
}
