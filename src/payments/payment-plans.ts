import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Pool } from '../db/pool.ts';
import { reader, type Tx } from '../db/transaction.ts';
import type { SellingPoint } from '../fiscal/selling-point.ts';
import { readRates } from './exchange-rate.store.ts';
import type { Intent, IntentKey } from './intent.ts';
import { readIntent } from './intent.store.ts';
import type { LastPayment } from './last-payment.ts';
import { dayIn } from './payment-intents.ts';
import { addPlanTender, takePlanTender, type AddedTender } from './payment-plan.store.ts';
import type { PaymentProvider } from './payment-provider.ts';
import { orderTenders, type PaymentPart } from './tender-orders.ts';

type Deps = {
  pool: Pool;
  events: EventCache;
  lastPayment: LastPayment;
  provider: PaymentProvider | undefined;
  clock: Clock;
  cardSeconds: number;
  reportedSeconds: number;
  pursue(key: IntentKey): Promise<boolean>;
};

/** A payment of a plan, and where it is taken. Digests are of the Idempotency-Key and of the body. */
export type PlanPayment = { part: PaymentPart; point: SellingPoint; keyDigest: string; bodyDigest: string };

function problemOf({ outcome, remaining, leastAmount }: AddedTender, amount: number): Problem {
  const refuse = (code: 'amount_beyond_remaining' | 'instalment_amounts_differ', message: string) =>
    new Problem(code, message, {
      errors: [{ path: '/amount', code, message }],
      members: { remaining, least_amount: leastAmount },
    });
  switch (outcome) {
    case 'key_reused':
      return new Problem('idempotency_key_reused', 'This Idempotency-Key was used for another payment.');
    case 'beyond_remaining':
      return refuse(
        'amount_beyond_remaining',
        `${amount} minor units are more than the ${remaining} that remain to be paid. Nothing was taken.`,
      );
    case 'too_little':
      return refuse(
        'instalment_amounts_differ',
        `The next instalment needs ${leastAmount} minor units, not ${amount}. Nothing was taken.`,
      );
    case 'complete':
      return new Problem('plan_complete', 'All of this plan is paid. Nothing was taken.');
    case 'lapsed':
      return new Problem('plan_lapsed', 'This plan has ended. Nothing was taken.');
    case 'too_many':
      return new Problem('too_many_attempts', 'This plan has as many payments as one may have.');
    case 'reference_used':
      return new Problem('payment_reference_used', 'This payment was reported before. Nothing was taken.');
    default:
      return planNotFound();
  }
}

/** What an order that is paid otherwise is answered with. */
export function planNotFound(): Problem {
  return new Problem('plan_not_found', 'This order is not paid by a plan.');
}

/** Takes payments of plans. */
export class PaymentPlans {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Takes one payment, once for each key: cash and what is as good at once, a card by a page of its own, a report to be
   * verified. The one that makes the plan complete makes the sale, too.
   * @param record writes it down, in the same transaction; not when it is told again.
   * @throws Problem for every refusal of the contract; nothing has changed then.
   */
  async pay(
    intent: Intent,
    { part, point, keyDigest, bodyDigest }: PlanPayment,
    record?: (tx: Tx, tenderNo: number) => Promise<void>,
  ): Promise<Intent> {
    const { pool, lastPayment, cardSeconds, reportedSeconds, pursue } = this.#deps;
    const { amount, ...whole } = part;
    const [tender] = orderTenders(amount, whole, [], await this.#means(intent, part));
    const seconds = tender!.report ? reportedSeconds : cardSeconds;
    await lastPayment.record(intent, async (tx) => {
      const added = await addPlanTender(tx, intent, { keyDigest, bodyDigest, seconds, tender: tender! });
      if (added.outcome === 'replayed') return;
      if (added.outcome !== 'added') throw problemOf(added, amount);
      const { tenderNo } = added;
      if (tender!.state === 'captured') await takePlanTender(tx, { ...intent, tenderNo }, tender!, point);
      await record?.(tx, tenderNo);
    });
    const after = (await readIntent(reader(pool), intent))!;
    if (after.state !== 'paid') return after;
    await pursue(intent);
    return (await readIntent(reader(pool), intent))!;
  }

  async #means(intent: Intent, part: PaymentPart) {
    const { pool, events, provider, clock } = this.#deps;
    const { currency, tenantId } = intent;
    const means = { currency, provider: provider?.name ?? null };
    if (part.currency === undefined || part.currency === currency) return { ...means, rates: new Map() };
    const live = await events.get(intent);
    if (!live) throw new Problem('event_not_found', 'The event of this order is not known any more.');
    const day = dayIn(live.event.seller.timezone, clock.now());
    return { ...means, rates: await readRates(reader(pool), tenantId, currency, day) };
  }
}
