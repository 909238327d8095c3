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
import type { Channel, ChannelDelivery, TextContent } from './channel.ts';
import { formatMessageReference } from './message-reference.ts';
import { endMessages, startMessages, type MessageBatch, type SentMessage } from './message.store.ts';
import { headerText } from './message.ts';
import { toE164 } from './phone-number.ts';
import { saleFacts } from './sale-facts.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  log: StepLog;
  /** Which step it works on. */
  name: TextContent['channel'];
  /** The provider. */
  channel: Channel;
  /** The links of a sale, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
  /** Awaited between two messages: what is more urgent goes first. */
  turn(): Promise<void>;
};

/** How sending to one sale's buyer went; without a message when there was none to send. */
type Result = SaleWork & { report: StepReport; message: SentMessage | null };

/** A sale whose buyer can be written to. */
type Addressed = { sale: Sale; number: string };

const providerNames: Record<Channel['provider'], string> = { twilio: 'Twilio', meta: 'Meta' };

/** Why nothing can be written to a sale's buyer, now and ever; null when it can. */
function obstacle(sale: Sale, number: string | null): string | null {
  if (number === null) return 'The number is not one that messages can be sent to.';
  if (sale.items.some((item) => !item.ticket))
    return 'The tickets could not be made, so there is nothing to send.';
  return null;
}

class TextSender {
  readonly #deps: Deps;
  readonly #lanes: StepLanes<Result>;
  readonly #templates: SellerTemplates;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
    this.#lanes = new StepLanes<Result>({
      ...deps,
      run: async (tx, tenantId, results) => {
        const messages = results.flatMap((result) => result.message ?? []);
        if (messages.length > 0) await endMessages(tx, this.#batchOf(tenantId), messages);
        return results.map((result) => result.report);
      },
    });
  }

  #batchOf(tenantId: number): MessageBatch {
    return { tenantId, channel: this.#deps.name, kind: 'tickets', occasionNo: 1 };
  }

  #referenceOf({ tenantId, transactionId }: Sale): string {
    return formatMessageReference({ ...this.#batchOf(tenantId), transactionId });
  }

  /** Sends to the buyers of one seller's sales; returns those to whom it is to be tried again. */
  async send(tenantId: number, steps: StepKey[]): Promise<StepKey[]> {
    const { pool, name, turn } = this.#deps;
    const ids = steps.map((step) => step.transactionId);
    const sales = await readSales(reader(pool), tenantId, ids);
    // A step that was handed out twice, or whose worker died after marking it, has ended already.
    const open = sales.filter((sale) =>
      sale.steps.some((step) => step.name === name && step.state === 'pending'),
    );
    const voice = await this.#templates.voiceOf(tenantId);
    const again = new Set<string>();
    const submit = async (result: Result) => {
      if (await this.#lanes.submit(tenantId, result)) again.add(result.transactionId);
    };
    const sending: Promise<void>[] = [];
    const addressed: Addressed[] = [];
    for (const sale of open) {
      const number = toE164(sale.customer.phone ?? '', voice.phoneCountry);
      const reason = obstacle(sale, number);
      if (reason !== null || number === null) sending.push(submit(this.#failed(sale, reason ?? '')));
      else addressed.push({ sale, number });
    }
    const attempts = await this.#start(tenantId, addressed);
    for (const one of addressed) {
      await turn();
      sending.push(this.#deliver(one, attempts.get(one.sale.transactionId), voice).then(submit));
    }
    await Promise.all(sending);
    return steps.filter((step) => again.has(step.transactionId));
  }

  /** Notes the attempts. @returns the number of each; a sale without one has its message with the provider already. */
  async #start(tenantId: number, addressed: readonly Addressed[]): Promise<Map<string, number>> {
    if (addressed.length === 0) return new Map();
    const messages = addressed.map(({ sale, number }) => ({
      transactionId: sale.transactionId,
      recipient: number,
      subject: '',
      messageId: this.#referenceOf(sale),
    }));
    const started = await transact(this.#deps.pool, (tx) =>
      startMessages(tx, this.#batchOf(tenantId), messages),
    );
    return new Map(started.map(({ transactionId, attempts }) => [transactionId, attempts]));
  }

  #contentOf(sale: Sale, voice: Voice): TextContent {
    const { name, linksOf } = this.#deps;
    const template = voice.template('tickets', sale.locale);
    const facts = saleFacts(sale, voice.brand, linksOf(sale.tenantId, sale.transactionId));
    if (name === 'sms') return { channel: 'sms', body: template.fillSms(facts) };
    return { channel: 'whatsapp', ...template.fillWhatsapp(facts) };
  }

  async #deliver({ sale, number }: Addressed, attempt: number | undefined, voice: Voice): Promise<Result> {
    const { channel, log, name } = this.#deps;
    const { tenantId, transactionId } = sale;
    if (attempt === undefined) {
      const detail = `${providerNames[channel.provider]} has it, as it told later.`;
      return { transactionId, message: null, report: { transactionId, name, state: 'done', detail } };
    }
    try {
      const content = this.#contentOf(sale, voice);
      const reference = this.#referenceOf(sale);
      return this.#resultOf(sale, await channel.deliver({ reference, attempt, to: number, content }));
    } catch (error) {
      log.error({ err: error, tenant_id: tenantId, transaction_id: transactionId }, 'a message failed');
      const reason = `An error on our side: ${headerText((error as Error).message)}`;
      return this.#resultOf(sale, { outcome: 'postponed', reason });
    }
  }

  #failed({ transactionId }: Sale, detail: string): Result {
    return {
      transactionId,
      message: null,
      report: { transactionId, name: this.#deps.name, state: 'failed', detail },
    };
  }

  #resultOf({ transactionId, steps }: Sale, delivery: ChannelDelivery): Result {
    const { name, channel } = this.#deps;
    if (delivery.outcome === 'accepted') {
      const { providerId, cost = null } = delivery;
      const provider = { name: channel.provider, id: providerId, cost };
      const detail = `${providerNames[channel.provider]} accepted it.`;
      return {
        transactionId,
        message: { transactionId, state: 'accepted', lastError: null, raw: null, provider },
        report: { transactionId, name, state: 'done', detail },
      };
    }
    const { reason } = delivery;
    const attempts = 1 + (steps.find((step) => step.name === name)?.attempts ?? 0);
    const last = delivery.outcome === 'refused' || attempts >= limits.stepAttemptsMax;
    return {
      transactionId,
      message: { transactionId, state: last ? 'failed' : 'queued', lastError: reason, raw: null },
      report: { transactionId, name, state: last ? 'failed' : 'retry', detail: reason },
    };
  }
}

/**
 * Creates the handler of 'sms' or 'whatsapp': writes to buyers that their tickets are there. A worker that dies between
 * the provider's acceptance and its mark asks the provider first, or hears of it by a callback (docs/decisions/0012).
 */
export function createTextSender(deps: Deps): StepHandler {
  const sender = new TextSender(deps);
  return async (steps) => {
    const bySeller = Map.groupBy(steps, (step) => step.tenantId);
    const again = await Promise.all([...bySeller].map(([tenantId, some]) => sender.send(tenantId, some)));
    return again.flat();
  };
}
