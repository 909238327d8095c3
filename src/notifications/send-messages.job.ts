import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { StepKey, StepReport } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { StepLanes, type SaleWork, type StepLog } from '../fulfilment/step-lanes.job.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import { readSales } from '../orders/sale.store.ts';
import type { Sale } from '../orders/sale.ts';
import type { StepHandler } from '../queue/queue.ts';
import {
  endMessages,
  startMessages,
  type MessageBatch,
  type OutgoingMessage,
  type SentMessage,
} from './message.store.ts';
import { headerText } from './message.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';

/** What every way of sending needs. */
export type SenderDeps = {
  pool: Pool;
  clock: Clock;
  log: StepLog;
  /** Awaited before each message is made, so that what is more urgent goes first. */
  turn(): Promise<void>;
  /** The links of a sale, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

/** A sale's tickets on their way to its buyer. */
export type Addressed = {
  sale: Sale;
  /** The address or number, as the way writes it. */
  to: string;
  voice: Voice;
  /** 1 for the first attempt; absent when the provider has the message already. */
  attempt: number | undefined;
};

/** What came of an attempt; sentences are for the people who read the sale. `known`: it was with its provider before. */
export type Sent =
  | { outcome: 'accepted'; detail?: string; raw?: Buffer; provider?: NonNullable<SentMessage['provider']> }
  | { outcome: 'refused' | 'postponed'; reason: string }
  | { outcome: 'known'; detail: string };

/** One way to a buyer: mail, SMS, WhatsApp. */
export type MessageWay = {
  name: 'email' | 'sms' | 'whatsapp';
  /** Where a sale's buyer is written to; null when there is nowhere. */
  addressOf(sale: Sale, voice: Voice): string | null;
  /** What is said of a sale without such an address. */
  addressFault: string;
  /** What the log of messages says of one before it is sent. */
  describe(sale: Sale, voice: Voice): Pick<OutgoingMessage, 'subject' | 'messageId'>;
  /** Makes the message and sends it. What it throws postpones the message. */
  deliver(message: Addressed): Promise<Sent>;
};

/** How sending to one sale's buyer went; without a message when there was none to send. */
type Result = SaleWork & { report: StepReport; message: SentMessage | null };

const ticketsFault = 'The tickets could not be made, so there is nothing to send.';

class MessageSender {
  readonly #deps: SenderDeps;
  readonly #way: MessageWay;
  readonly #lanes: StepLanes<Result>;
  readonly #templates: SellerTemplates;

  constructor(deps: SenderDeps, way: MessageWay) {
    this.#deps = deps;
    this.#way = way;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
    // A message's result is committed as soon as it is known, together with those that come meanwhile.
    this.#lanes = new StepLanes<Result>({
      ...deps,
      name: way.name,
      run: async (tx, tenantId, results) => {
        const messages = results.flatMap((result) => result.message ?? []);
        if (messages.length > 0) await endMessages(tx, this.#batchOf(tenantId), messages);
        return results.map((result) => result.report);
      },
    });
  }

  /** Sends to the buyers of one seller's sales; returns those to whom it is to be tried again. */
  async send(tenantId: number, steps: StepKey[]): Promise<StepKey[]> {
    const { name, addressOf, addressFault } = this.#way;
    const ids = steps.map((step) => step.transactionId);
    const sales = await readSales(reader(this.#deps.pool), tenantId, ids);
    const voice = await this.#templates.voiceOf(tenantId);
    const again = new Set<string>();
    const submit = async (result: Result) => {
      if (await this.#lanes.submit(tenantId, result)) again.add(result.transactionId);
    };
    const sending: Promise<void>[] = [];
    const addressed: Omit<Addressed, 'attempt'>[] = [];
    for (const sale of sales) {
      // A step that was handed out twice, or whose worker died after marking it, has ended already.
      if (!sale.steps.some((step) => step.name === name && step.state === 'pending')) continue;
      const to = addressOf(sale, voice);
      if (to === null) sending.push(submit(this.#failed(sale, addressFault)));
      else if (sale.items.some((item) => !item.ticket))
        sending.push(submit(this.#failed(sale, ticketsFault)));
      else addressed.push({ sale, to, voice });
    }
    const attempts = await this.#start(tenantId, addressed);
    for (const one of addressed) {
      await this.#deps.turn();
      sending.push(this.#deliver({ ...one, attempt: attempts.get(one.sale.transactionId) }).then(submit));
    }
    await Promise.all(sending);
    return steps.filter((step) => again.has(step.transactionId));
  }

  #batchOf(tenantId: number): MessageBatch {
    return { tenantId, channel: this.#way.name, kind: 'tickets', occasionNo: 1 };
  }

  /** Notes the attempts. @returns the number of each; a sale without one has its message with the provider already. */
  async #start(
    tenantId: number,
    addressed: readonly Omit<Addressed, 'attempt'>[],
  ): Promise<Map<string, number>> {
    if (addressed.length === 0) return new Map();
    const messages = addressed.map(({ sale, to, voice }) => ({
      transactionId: sale.transactionId,
      recipient: to,
      ...this.#way.describe(sale, voice),
    }));
    const started = await transact(this.#deps.pool, (tx) =>
      startMessages(tx, this.#batchOf(tenantId), messages),
    );
    return new Map(started.map(({ transactionId, attempts }) => [transactionId, attempts]));
  }

  async #deliver(message: Addressed): Promise<Result> {
    const { sale } = message;
    try {
      return this.#resultOf(sale, await this.#way.deliver(message));
    } catch (error) {
      const { tenantId, transactionId } = sale;
      const about = { tenant_id: tenantId, transaction_id: transactionId, step: this.#way.name };
      this.#deps.log.error({ err: error, ...about }, 'a message failed');
      const reason = `An error on our side: ${headerText((error as Error).message)}`;
      return this.#resultOf(sale, { outcome: 'postponed', reason });
    }
  }

  #failed({ transactionId }: Sale, detail: string): Result {
    const report = { transactionId, name: this.#way.name, state: 'failed', detail } as const;
    return { transactionId, message: null, report };
  }

  #resultOf({ transactionId, steps }: Sale, sent: Sent): Result {
    const key = { transactionId, name: this.#way.name };
    if (sent.outcome === 'known')
      return { transactionId, message: null, report: { ...key, state: 'done', detail: sent.detail } };
    if (sent.outcome === 'accepted') {
      const { detail, raw = null, provider } = sent;
      const message = { transactionId, state: 'accepted', lastError: null, raw } as const;
      return {
        transactionId,
        message: { ...message, ...(provider && { provider }) },
        report: { ...key, state: 'done', ...(detail !== undefined && { detail }) },
      };
    }
    const { reason } = sent;
    const attempts = 1 + (steps.find((step) => step.name === key.name)?.attempts ?? 0);
    const last = sent.outcome === 'refused' || attempts >= limits.stepAttemptsMax;
    const message = {
      transactionId,
      state: last ? 'failed' : 'queued',
      lastError: reason,
      raw: null,
    } as const;
    return { transactionId, message, report: { ...key, state: last ? 'failed' : 'retry', detail: reason } };
  }
}

/** Creates the handler of one way's steps: what buyers are sent once their tickets are made. */
export function createMessageSender(deps: SenderDeps, way: MessageWay): StepHandler {
  const sender = new MessageSender(deps, way);
  return async (steps) => {
    const bySeller = Map.groupBy(steps, (step) => step.tenantId);
    const again = await Promise.all([...bySeller].map(([tenantId, some]) => sender.send(tenantId, some)));
    return again.flat();
  };
}
