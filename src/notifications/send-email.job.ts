import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { StepKey, StepReport } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { StepLanes, type SaleWork, type StepLog } from '../fulfilment/step-lanes.job.ts';
import { drawTickets } from '../fulfilment/ticket-pdf.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import { readSales } from '../orders/sale.store.ts';
import type { Sale } from '../orders/sale.ts';
import type { StepHandler } from '../queue/queue.ts';
import { endMessages, startMessages, type SentMessage } from './message.store.ts';
import { headerText, isMailAddress, type Delivery, type Mailer } from './message.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';
import { ticketsMessageId, ticketsSubject, writeTicketsMail } from './tickets-mail.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  log: StepLog;
  mailer: Mailer;
  /** The address that mails come from. */
  sender: string;
  /** Awaited before each mail is drawn, so that what else waits in this thread goes first. */
  turn(): Promise<void>;
  /** The links of a sale as the mail shows them, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

/** How sending to one sale's buyer went; without a message when none could be written. */
type Result = SaleWork & { report: StepReport; message: SentMessage | null };

/** The messages that this job sends for one seller. */
const batchOf = (tenantId: number) =>
  ({ tenantId, channel: 'email', kind: 'tickets', occasionNo: 1 }) as const;

type WithEmail = Sale & { customer: { email: string } };

function failed(transactionId: string, detail: string): Result {
  return { transactionId, message: null, report: { transactionId, name: 'email', state: 'failed', detail } };
}

/** Why no mail can be written for a sale, now and ever; null when it can. */
function obstacle(sale: Sale): string | null {
  const { email } = sale.customer;
  if (email === null || !isMailAddress(email)) return 'The address is not one that mail can be sent to.';
  if (sale.items.some((item) => !item.ticket))
    return 'The tickets could not be made, so there is nothing to send.';
  return null;
}

function resultOf({ transactionId, steps }: Sale, delivery: Delivery): Result {
  const key = { transactionId, name: 'email' } as const;
  if (delivery.outcome === 'accepted') {
    const { detail, raw = null } = delivery;
    const message = { transactionId, state: 'accepted', lastError: null, raw } as const;
    return {
      transactionId,
      message,
      report: { ...key, state: 'done', ...(detail !== undefined && { detail }) },
    };
  }
  const { reason } = delivery;
  const attempts = 1 + (steps.find((step) => step.name === 'email')?.attempts ?? 0);
  const last = delivery.outcome === 'refused' || attempts >= limits.stepAttemptsMax;
  const message = { transactionId, state: last ? 'failed' : 'queued', lastError: reason, raw: null } as const;
  return { transactionId, message, report: { ...key, state: last ? 'failed' : 'retry', detail: reason } };
}

class EmailSender {
  readonly #deps: Deps;
  readonly #lanes: StepLanes<Result>;
  readonly #templates: SellerTemplates;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
    // A mail's result is committed as soon as it is known, together with those that come meanwhile.
    this.#lanes = new StepLanes<Result>({
      ...deps,
      name: 'email',
      async run(tx, tenantId, results) {
        const messages = results.flatMap((result) => result.message ?? []);
        if (messages.length > 0) await endMessages(tx, batchOf(tenantId), messages);
        return results.map((result) => result.report);
      },
    });
  }

  /** Sends to the buyers of one seller's sales; returns those to whom it is to be tried again. */
  async send(tenantId: number, steps: StepKey[]): Promise<StepKey[]> {
    const sales = await readSales(
      reader(this.#deps.pool),
      tenantId,
      steps.map((step) => step.transactionId),
    );
    // A step that was handed out twice, or whose worker died after marking it, has ended already.
    const open = sales.filter((sale) =>
      sale.steps.some((step) => step.name === 'email' && step.state === 'pending'),
    );
    const hopeless = open.filter((sale) => obstacle(sale) !== null);
    const hopeful = open.filter((sale) => obstacle(sale) === null) as WithEmail[];
    const voice = await this.#templates.voiceOf(tenantId);
    await this.#start(tenantId, hopeful, voice);
    const again = new Set<string>();
    const submit = async (result: Result) => {
      if (await this.#lanes.submit(tenantId, result)) again.add(result.transactionId);
    };
    const sending = hopeless.map((sale) => submit(failed(sale.transactionId, obstacle(sale) ?? '')));
    for (const sale of hopeful) {
      await this.#deps.turn();
      sending.push(this.#deliver(sale, voice).then(submit));
    }
    await Promise.all(sending);
    return steps.filter((step) => again.has(step.transactionId));
  }

  async #start(tenantId: number, sales: WithEmail[], voice: Voice): Promise<void> {
    if (sales.length === 0) return;
    const messages = sales.map((sale) => ({
      transactionId: sale.transactionId,
      recipient: sale.customer.email,
      subject: ticketsSubject(sale, voice),
      messageId: ticketsMessageId(sale, this.#deps.sender),
    }));
    await transact(this.#deps.pool, (tx) => startMessages(tx, batchOf(tenantId), messages));
  }

  async #deliver(sale: WithEmail, voice: Voice): Promise<Result> {
    const { mailer, sender, linksOf, log } = this.#deps;
    const { transactionId, tenantId } = sale;
    try {
      const pdf = await drawTickets(sale);
      const mail = writeTicketsMail(sale, pdf, sender, linksOf(tenantId, transactionId), voice);
      return resultOf(sale, await mailer.deliver(mail));
    } catch (error) {
      log.error({ err: error, tenant_id: tenantId, transaction_id: transactionId }, 'a mail failed');
      const reason = `An error on our side: ${headerText((error as Error).message)}`;
      return resultOf(sale, { outcome: 'postponed', reason });
    }
  }
}

/**
 * Creates the handler of 'email': draws the tickets and mails them to the buyer. A worker that dies
 * between the mail server's acceptance and its mark sends again, with the same Message-ID and tickets.
 */
export function createEmailSender(deps: Deps): StepHandler {
  const sender = new EmailSender(deps);
  return async (steps) => {
    const bySeller = Map.groupBy(steps, (step) => step.tenantId);
    const again = await Promise.all([...bySeller].map(([tenantId, some]) => sender.send(tenantId, some)));
    return again.flat();
  };
}
