import { limits } from '../base/limits.ts';
import type { Checkout } from '../checkout/checkout.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { IntentKey } from './intent.ts';
import { readIntent, settleIntent } from './intent.store.ts';
import { honourQuote, isCompletePlan } from './payment-plan.store.ts';
import { saleOfIntent } from './settle-payments.job.ts';

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
