import { limits } from '../base/limits.ts';
import type { Checkout, ConfirmRequest } from '../checkout/checkout.ts';
import { digestBody, digestKey } from '../checkout/idempotency.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { Intent, IntentKey } from './intent.ts';
import { readIntent, settleIntent } from './intent.store.ts';
import { honourQuote, isCompletePlan } from './payment-plan.store.ts';

/** The key under which the sale of an intent is confirmed, in place of the buyer's, which the intent has taken. */
export function settlingKey({ tenantId, transactionId }: IntentKey): string {
  return digestKey(`seller ${tenantId}`, 'settle', transactionId);
}

/** The sale that an intent becomes once its money is there. */
export function saleOfIntent(intent: Intent, holdId: string): ConfirmRequest & { transactionId: string } {
  const [first, ...more] = intent.tenders.filter((tender) => tender.captured > 0 && !tender.surplus);
  const { name, email, phone, document, locale } = intent.customer;
  return {
    key: intent,
    holdId,
    transactionId: intent.transactionId,
    keyDigest: settlingKey(intent),
    bodyDigest: digestBody({ transaction_id: intent.transactionId }),
    customer: {
      name,
      locale,
      ...(email !== null && { email }),
      ...(phone !== null && { phone }),
      ...(document !== null && { document }),
    },
    payment: {
      method: intent.exchanged ? 'exchange' : !first || more.length > 0 ? 'split' : first.method,
      ...(first && first.reference !== null && more.length === 0 && { reference: first.reference }),
    },
    expectedTotal: intent.amount,
  };
}

/** Records payments; the last one of a plan makes its sale in the same transaction, so that neither is there alone. */
export class LastPayment {
  readonly #pool: Pool;
  readonly #checkout: Checkout;

  constructor({ pool, checkout }: { pool: Pool; checkout: Checkout }) {
    this.#pool = pool;
    this.#checkout = checkout;
  }

  /**
   * Runs a change of an order's payments, and makes the sale when a plan is complete by it. A plan whose hold has ended stays
   * `paid`, for the settler to take its places again.
   */
  async record<T>(key: IntentKey, change: (tx: Tx) => Promise<T>): Promise<T> {
    let follow: (() => Promise<void>) | null = null;
    const result = await transact(this.#pool, async (tx) => {
      const changed = await change(tx);
      follow = await this.#complete(tx, key);
      return changed;
    });
    await (follow as (() => Promise<void>) | null)?.();
    return result;
  }

  async #complete(tx: Tx, key: IntentKey): Promise<(() => Promise<void>) | null> {
    if (!(await isCompletePlan(tx, key))) return null;
    const intent = (await readIntent(tx, key))!;
    // Prices and taxes may change between the two statements.
    for (let attempt = 1; attempt <= limits.requoteAttemptsMax; attempt++) {
      await honourQuote(tx, intent.tenantId, intent.holdId);
      const follow = await this.#checkout.confirmIn(tx, saleOfIntent(intent, intent.holdId));
      if (!follow) continue;
      await settleIntent(tx, key);
      return follow;
    }
    return null;
  }
}
