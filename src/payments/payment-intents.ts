import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../base/errors.ts';
import { failpoints } from '../base/failpoint.ts';
import type { Clock, EventKey, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { Customer } from '../checkout/confirm-sales.store.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact, type Tx } from '../db/transaction.ts';
import { holdProblem, type Holds } from '../holds/holds.ts';
import { shop, type SellingPoint } from '../fiscal/selling-point.ts';
import { requireSelling } from '../fiscal/selling-point.store.ts';
import { readRates } from './exchange-rate.store.ts';
import type { Intent, IntentKey } from './intent.ts';
import {
  giveUpIntent,
  keepPage,
  noteRefund,
  noteTender,
  once,
  openIntent,
  readIntent,
  replayIntent,
  type IntentOrder,
  type OpenOutcome,
} from './intent.store.ts';
import {
  ProviderUnavailable,
  type PaymentNews,
  type PaymentProvider,
  type TenderKey,
} from './payment-provider.ts';
import { orderTenders, type PaymentPart } from './tender-orders.ts';

/** A confirmation whose money comes later, or in several payments. */
export type IntentRequest = {
  key: EventKey;
  holdId: string;
  keyDigest: string;
  bodyDigest: string;
  customer: Customer;
  /** The payment that pays all; null when there are parts. */
  whole: Omit<PaymentPart, 'amount'> | null;
  parts: PaymentPart[];
  /** Minor units; null when the buyer accepts what the hold quoted. */
  expectedTotal: number | null;
  substitutes: boolean;
  /** Where it is sold; the shop when absent. */
  point?: SellingPoint;
};

type Deps = {
  pool: Pool;
  events: EventCache;
  holds: Holds;
  checkout: Checkout;
  provider: PaymentProvider | undefined;
  clock: Clock;
  ids: IdSource;
  /** How long the money may take, by a card on line and by what somebody has to verify. */
  cardSeconds: number;
  reportedSeconds: number;
  /** Works on an intent whose money has come or goes back; false when somebody else does. */
  pursue(key: IntentKey): Promise<boolean>;
};

const sentences = {
  payment_pending:
    'A payment for these places is under way. Finish it, or give it up, before another is begun.',
  payment_reference_used:
    'A payment with this reference was named before. Nothing was sold; check the reference.',
  payment_amounts_differ: 'The payments do not add up to the total. Nothing was sold.',
} as const;

/** The day of an instant in a zone: `2026-11-24`. */
export function dayIn(timezone: string, at: Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: timezone, dateStyle: 'short' }).format(at);
}

function problemOf(outcome: Exclude<OpenOutcome, 'opened' | 'replayed' | 'again' | 'stale'>): Problem {
  switch (outcome) {
    case 'key_reused':
      return new Problem(
        'idempotency_key_reused',
        'This Idempotency-Key was used with another body. Take a new key for a new sale.',
      );
    case 'sales_closed':
      return new Problem('sales_closed', 'The event is no longer on sale.');
    case 'payment_pending':
      return new Problem(outcome, sentences[outcome]);
    case 'reference_used':
      return new Problem('payment_reference_used', sentences.payment_reference_used);
    case 'amounts_differ':
      return new Problem('payment_amounts_differ', sentences.payment_amounts_differ);
    default:
      return holdProblem(outcome);
  }
}

/** Orders whose money comes later: opens them, sends their buyers to pay, and hears how the paying goes. */
export class PaymentIntents {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Makes an intent of a hold, or finds the one that the same key made before. Of payments whose money is there already the
   * sale is made at once.
   * @throws Problem for every refusal of the contract; nothing has changed then.
   */
  async open(request: IntentRequest): Promise<Intent> {
    const { pool, events, ids } = this.#deps;
    // First, since rates and providers that an order was made with may be gone when its answer is asked for again.
    const known = await replayIntent(pool, request);
    if (known === 'key_reused') throw problemOf(known);
    if (known) return await this.#answer(known);
    const live = await events.get(request.key);
    if (!live) throw holdProblem('hold_not_found');
    const bound = { ...request, payment: { method: request.whole?.method ?? 'split' } } as const;
    await this.#deps.checkout.bind(bound);
    await requireSelling(reader(pool), request.key.tenantId, request.point ?? shop);
    for (let attempt = 1; attempt <= limits.requoteAttemptsMax; attempt++) {
      const order = await this.#order(live, request, ids.uuid());
      const { outcome, transactionId } = await openIntent(pool, order);
      if (outcome === 'again') continue;
      if (outcome === 'stale') {
        await this.#deps.checkout.requote(bound);
        continue;
      }
      if (outcome !== 'opened' && outcome !== 'replayed') throw problemOf(outcome);
      return await this.#answer({ tenantId: request.key.tenantId, transactionId });
    }
    const detail = 'Prices are changing right now. Nothing was sold; try again in a moment.';
    throw new Problem('unavailable', detail, { retryAfterSeconds: 1 });
  }

  /**
   * An order as it is answered: where its money is there, with the sale that is made of it, whoever makes it. The reconciler, or
   * a request with the same key, may have taken it first.
   */
  async #answer(key: IntentKey): Promise<Intent> {
    const { pool, clock, pursue } = this.#deps;
    const read = async () => (await readIntent(reader(pool), key))!;
    const until = clock.now().getTime() + limits.intentAnswerSeconds * 1_000;
    for (;;) {
      const intent = await read();
      if (intent.state !== 'paid' || clock.now().getTime() >= until) return intent;
      if (await pursue(key)) return await read();
      await sleep(limits.intentPollMilliseconds);
    }
  }

  async #order(live: LiveEvent, request: IntentRequest, transactionId: string): Promise<IntentOrder> {
    const { pool, holds, provider, clock, cardSeconds, reportedSeconds } = this.#deps;
    const { tenantId, currency, seller } = live.event;
    const { quote } = await holds.read(live, request.holdId);
    const day = dayIn(seller.timezone, clock.now());
    const isForeign = [request.whole, ...request.parts].some(
      (part) => part?.currency !== undefined && part.currency !== currency,
    );
    const rates = isForeign ? await readRates(reader(pool), tenantId, currency, day) : new Map();
    const total = request.expectedTotal ?? quote.total;
    const means = { currency, rates, provider: provider?.name ?? null };
    const tenders = orderTenders(total, request.whole, request.parts, means);
    const { key, holdId, keyDigest, bodyDigest, customer, substitutes, point = shop } = request;
    const seconds = tenders.some((tender) => tender.report) ? reportedSeconds : cardSeconds;
    return {
      key,
      holdId,
      keyDigest,
      bodyDigest,
      customer,
      substitutes,
      point,
      transactionId,
      total,
      tenders,
      seconds,
    };
  }

  /**
   * The provider's page of an order that waits for a card.
   * @throws Problem `payment_ended`, `payment_provider_unavailable`.
   */
  async openPage(intent: Intent, returnUrl: string): Promise<string> {
    const { provider, pool, events } = this.#deps;
    const tender = intent.tenders.find((one) => one.provider !== null && one.state === 'pending');
    const live = await events.get(intent);
    if (!provider || !tender || !live || intent.state !== 'awaiting') {
      throw new Problem('payment_ended', 'This order waits for no payment by card.');
    }
    if (tender.pageUrl !== null) return tender.pageUrl;
    const key = { ...intent, tenderNo: tender.tenderNo };
    try {
      const page = await provider.openPage({
        ...key,
        amount: tender.paidAmount,
        currency: tender.paidCurrency,
        title: live.event.name,
        email: intent.customer.email,
        locale: intent.customer.locale,
        returnUrl,
        expiresAt: intent.expiresAt,
      });
      if (failpoints) await failpoints.reach('page opened');
      await keepPage(pool, key, page);
      return page.url;
    } catch (error) {
      if (!(error instanceof ProviderUnavailable)) throw error;
      const detail =
        'The payment page cannot be reached right now. Your places are kept; try again in a moment.';
      throw new Problem('payment_provider_unavailable', detail, { retryAfterSeconds: 5 });
    }
  }

  /** Takes over how a payment stands, and what follows from it. */
  async note(key: TenderKey, news: PaymentNews, detail?: string): Promise<void> {
    const options = { graceSeconds: limits.paidHoldSeconds, ...(detail !== undefined && { detail }) };
    const noted = await noteTender(once(this.#deps.pool), key, news, options);
    if (noted?.state === 'paid' || noted?.state === 'refunding') await this.#deps.pursue(key);
  }

  /**
   * Takes over what somebody at the seller says of a payment that was reported: that its money came, or did not; or that
   * it was given back.
   * @param record writes it down, in the same transaction.
   * @throws Problem `payment_decided` when that was said before; nothing has changed then.
   */
  async decide(
    key: TenderKey,
    decision: { news: PaymentNews; detail?: string } | { refunded: number },
    record: (tx: Tx) => Promise<void>,
  ): Promise<void> {
    const change = async (tx: Tx): Promise<boolean> => {
      if ('refunded' in decision) {
        if ((await noteRefund(tx, key, decision.refunded)) === null) return false;
      } else {
        const { news, detail } = decision;
        const options = { graceSeconds: limits.paidHoldSeconds, ...(detail !== undefined && { detail }) };
        if (!(await noteTender(tx, key, news, options))?.changed) return false;
      }
      await record(tx);
      return true;
    };
    const isChanged = await transact(this.#deps.pool, change).catch((error: unknown) => {
      // Rejected once, reported again since: the reference is another payment's now.
      if ((error as { code?: unknown }).code !== '23505') throw error;
      throw new Problem('payment_reference_used', 'The reference was reported for another order since.');
    });
    if (!isChanged)
      throw new Problem('payment_decided', 'The payment was decided on already. Nothing has changed.');
    await this.#deps.pursue(key);
  }

  /** Asks the provider how a payment stands. @throws ProviderUnavailable. */
  async ask(key: TenderKey): Promise<void> {
    const intent = await readIntent(reader(this.#deps.pool), key);
    const tender = intent?.tenders.find((one) => one.tenderNo === key.tenderNo);
    if (!this.#deps.provider || !tender?.pageId) return;
    await this.note(key, await this.#deps.provider.readPage(tender.pageId));
  }

  /**
   * Ends an order that is not to be paid any more, its time over or its buyer gone: first the provider's page is closed, so
   * that it takes no money. When it has, the order is paid instead.
   * @throws ProviderUnavailable: nothing has changed then.
   */
  async giveUp(intent: Intent, reason: 'not_paid_in_time' | 'cancelled_by_buyer'): Promise<void> {
    const { provider, pool, pursue } = this.#deps;
    for (const tender of intent.tenders) {
      if (!provider || tender.pageId === null || !['pending', 'authorised'].includes(tender.state)) continue;
      const news = await provider.closePage(tender.pageId);
      if (failpoints) await failpoints.reach('page closed');
      if (news.state !== 'cancelled') await this.note({ ...intent, tenderNo: tender.tenderNo }, news);
    }
    const holdSeconds = reason === 'cancelled_by_buyer' ? limits.givenUpHoldSeconds : 0;
    const state = await giveUpIntent(pool, intent, reason, holdSeconds);
    if (state === 'refunding') await pursue(intent);
  }
}
