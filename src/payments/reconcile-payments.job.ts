import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import { endEvent, findDue, findOpenEvents, recordEvent, takeUnheard, type DueIntent } from './due.store.ts';
import { keepPage, once, readIntent } from './intent.store.ts';
import type { PaymentIntents } from './payment-intents.ts';
import type { PaymentProvider, ProviderEvent, TenderKey } from './payment-provider.ts';
import { noteProviderRefunds } from './provider-refund.store.ts';
import type { PaymentSettler } from './settle-payments.job.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  provider: PaymentProvider | undefined;
  intents: PaymentIntents;
  settler: PaymentSettler;
  /** Writes to the buyer of a refunded order. */
  tell(key: DueIntent): Promise<void>;
  /** A payment of which nothing was heard for so long is asked for. */
  askSeconds: number;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/**
 * Looks after orders whose money comes later: what a provider tells, what it did not tell, and whose time is over. It may
 * run in every process at once: each step is taken by one of them or does no harm twice.
 */
export class PaymentReconciler {
  readonly #deps: Deps;
  #rereadAt = -Infinity;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Hears a provider's event: what it says is recorded, and how the payment stands is asked, so that no order matters. */
  async hear(event: ProviderEvent): Promise<void> {
    const { pool, provider } = this.#deps;
    if (!provider || !(await recordEvent(pool, provider.name, event))) return;
    // The process that opened the page may have died before it kept it.
    const { pageId } = event;
    if (pageId !== undefined) await keepPage(pool, event, { pageId, url: null });
    // The provider waits for the record, not for what follows from it.
    void this.#attempt(event, () => this.#handle(event));
  }

  /** Goes once through what is due. What fails is logged, and due again. */
  async reconcile(): Promise<void> {
    const { pool, clock, provider, askSeconds } = this.#deps;
    for (const due of await findDue(reader(pool), limits.paymentSweepRowsMax)) {
      await this.#attempt(due, () => this.#work(due));
    }
    if (!provider) return;
    const rows = limits.paymentSweepRowsMax;
    const retry = limits.providerEventRetrySeconds;
    for (const event of await findOpenEvents(reader(pool), provider.name, retry, rows)) {
      await this.#attempt(event, () => this.#handle(event));
    }
    for (const page of await takeUnheard(pool, askSeconds, rows)) {
      await this.#attempt(page, () => this.#deps.intents.ask(page));
    }
    const now = clock.now().getTime();
    if (now < this.#rereadAt + limits.paymentRereadSeconds * 1_000) return;
    this.#rereadAt = now;
    await this.#attempt({}, () => this.reread(new Date(now - limits.paymentRereadReachSeconds * 1_000)));
  }

  /** Reads the provider's payments since an instant again, and takes over what we do not know of: money that came or went. */
  async reread(since: Date): Promise<void> {
    const { provider, intents } = this.#deps;
    for await (const { news, ...key } of provider?.pagesSince(since) ?? []) {
      if (news.state === 'captured') await intents.note(key, news);
    }
    for await (const key of provider?.refundedSince(since) ?? []) {
      await this.#attempt(key, () => this.#noteRefunds(key));
    }
  }

  /** Takes over what the provider gave back without being asked by us. @throws when the sale of the payment is being made. */
  async #noteRefunds(key: TenderKey): Promise<void> {
    const { pool, provider, log } = this.#deps;
    const intent = await readIntent(reader(pool), key);
    const paymentId = intent?.tenders.find((one) => one.tenderNo === key.tenderNo)?.paymentId;
    if (!provider || !intent || !paymentId) return;
    const noted = await noteProviderRefunds(once(pool), key, await provider.refundsOf(paymentId), null);
    if (noted === null && intent.state === 'paid')
      throw new Error('money went back of an order without its sale');
    if (!noted) return;
    const about = { tenant_id: key.tenantId, transaction_id: key.transactionId, amount: noted };
    log.warn(about, 'a provider gave money of a sale back unasked; its tickets stand');
  }

  async #handle(event: ProviderEvent): Promise<void> {
    await this.#deps.intents.ask(event);
    if (event.kind.includes('refund')) await this.#noteRefunds(event);
    await endEvent(this.#deps.pool, this.#deps.provider!.name, event);
  }

  async #work(due: DueIntent): Promise<void> {
    if (due.work === 'tell') return this.#deps.tell(due);
    if (due.work === 'pursue') {
      await this.#deps.settler.pursue(due);
      return;
    }
    const intent = await readIntent(reader(this.#deps.pool), due);
    if (intent?.state === 'awaiting') await this.#deps.intents.giveUp(intent, 'not_paid_in_time');
  }

  async #attempt(
    about: { tenantId?: number; transactionId?: string },
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      const fields = { err: error, tenant_id: about.tenantId, transaction_id: about.transactionId };
      this.#deps.log.warn(fields, 'a payment could not be reconciled; it is tried again');
    }
  }
}
