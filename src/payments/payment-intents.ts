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
import { reader, type Tx } from '../db/transaction.ts';
import { holdProblem, type Holds } from '../holds/holds.ts';
import { shop, type SellingPoint } from '../fiscal/selling-point.ts';
import { requireSelling } from '../fiscal/selling-point.store.ts';
import { readRates } from './exchange-rate.store.ts';
import type { EndReason, Intent, IntentKey } from './intent.ts';
import type { LastPayment } from './last-payment.ts';
import { leastDownPayment, planSchedule, type PlanRule, type PlanSchedule } from './payment-plan.ts';
import { insertPlan, takePlanTender } from './payment-plan.store.ts';
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
  /** When it is paid by a plan; then `whole` is null and there are no parts. */
  plan?: PlanRequest;
  /** Where it is sold; the shop when absent. */
  point?: SellingPoint;
};

/** A plan that a buyer chooses: its rule, and how its down payment is made. */
export type PlanRequest = {
  ruleId: number;
  down: PaymentPart;
  /** What the buyer was shown of the instalments, the down payment first; null when they accept what comes. */
  expectedAmounts: number[] | null;
};

type PlanOrder = { rule: PlanRule; schedule: PlanSchedule };

type Deps = {
  pool: Pool;
  events: EventCache;
  holds: Holds;
  checkout: Checkout;
  lastPayment: LastPayment;
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

function planNotOffered(ruleId: number): Problem {
  const detail = `Plan ${ruleId} is not offered for these places now. Nothing was sold.`;
  return new Problem('plan_not_offered', detail);
}

function refuseDown(code: 'amount_beyond_remaining' | 'down_payment_too_small', message: string): Problem {
  const path = '/payment/plan/down_payment/amount';
  return new Problem(code, message, { errors: [{ path, code, message }] });
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
      const { plan, ...order } = await this.#order(live, request, ids.uuid());
      const { outcome, transactionId } = await (plan
        ? this.#openPlan(order, plan)
        : openIntent(once(pool), order));
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

  /** Opens an order with its plan, which is the shop's; a down payment that is there already is recorded with them. */
  #openPlan(order: IntentOrder, { rule, schedule }: PlanOrder) {
    const [down] = order.tenders;
    const { tenantId } = order.key;
    const key = { tenantId, transactionId: order.transactionId };
    const later = order.total - down!.amount;
    return this.#deps.lastPayment.record(key, async (tx) => {
      const tenders = [{ ...down!, state: 'pending' as const, later }];
      const opened = await openIntent(tx, { ...order, point: shop, tenders });
      if (opened.outcome !== 'opened') return opened;
      if (!(await insertPlan(tx, key, rule, schedule))) throw planNotOffered(rule.ruleId);
      if (down!.state === 'captured') {
        await takePlanTender(tx, { ...key, tenderNo: 1 }, down!, order.point);
      }
      return opened;
    });
  }

  #plan(live: LiveEvent, total: number, { ruleId, down, expectedAmounts }: PlanRequest): PlanOrder {
    const { planRules, startsAt } = live.event;
    const rule = planRules.find((one) => one.ruleId === ruleId);
    const order = { total, down: down.amount, at: this.#deps.clock.now(), startsAt };
    if (down.amount > total) {
      const detail = `The down payment of ${down.amount} minor units is more than the total of ${total}. Nothing was sold.`;
      throw refuseDown('amount_beyond_remaining', detail);
    }
    const schedule = rule && planSchedule(rule, order);
    if (!rule || !schedule) throw planNotOffered(ruleId);
    const least = leastDownPayment(rule, total);
    if (down.amount < least) {
      const detail = `The down payment is at least ${least} minor units, not ${down.amount}. Nothing was sold.`;
      throw refuseDown('down_payment_too_small', detail);
    }
    const amounts = schedule.instalments.map(({ amount }) => amount);
    if (expectedAmounts && expectedAmounts.join() !== amounts.join()) {
      throw new Problem(
        'instalment_amounts_differ',
        `The instalments are ${amounts.join(', ')} minor units. Nothing was sold.`,
        { members: { instalments: amounts } },
      );
    }
    return { rule, schedule };
  }

  async #order(
    live: LiveEvent,
    request: IntentRequest,
    transactionId: string,
  ): Promise<IntentOrder & { plan: PlanOrder | null }> {
    const { pool, holds, provider, clock, cardSeconds, reportedSeconds } = this.#deps;
    const { tenantId, currency, seller } = live.event;
    const { quote } = await holds.read(live, request.holdId);
    const day = dayIn(seller.timezone, clock.now());
    const down = request.plan?.down;
    const isForeign = [request.whole, down, ...request.parts].some(
      (part) => part?.currency !== undefined && part.currency !== currency,
    );
    const rates = isForeign ? await readRates(reader(pool), tenantId, currency, day) : new Map();
    const total = request.expectedTotal ?? quote.total;
    const means = { currency, rates, provider: provider?.name ?? null };
    const plan = request.plan ? this.#plan(live, total, request.plan) : null;
    const tenders = orderTenders(down?.amount ?? total, down ?? request.whole, request.parts, means);
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
      plan,
    };
  }

  /**
   * The provider's page of an order that waits for a card.
   * @throws Problem `payment_ended`, `payment_provider_unavailable`.
   */
  async openPage(intent: Intent, returnUrl: string): Promise<string> {
    const { provider, pool, events } = this.#deps;
    const tender = intent.tenders.findLast((one) => one.provider !== null && one.state === 'pending');
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
        expiresAt: tender.expiresAt ?? intent.expiresAt,
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
    const noted = await this.#deps.lastPayment.record(key, (tx) => noteTender(tx, key, news, options));
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
    const isChanged = await this.#deps.lastPayment.record(key, change).catch((error: unknown) => {
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
  async giveUp(
    intent: Intent,
    reason: Extract<
      EndReason,
      'not_paid_in_time' | 'cancelled_by_buyer' | 'plan_cancelled' | 'cancelled_by_seller'
    >,
  ): Promise<void> {
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
