import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import type { PaymentProvider, ProviderRefund } from '../payments/payment-provider.ts';
import { noteProviderRefunds } from '../payments/provider-refund.store.ts';
import {
  deferRepayment,
  takeDueRepayments,
  useProviderRefunds,
  type DueRepayment,
} from './due-repayment.store.ts';

type Deps = {
  pool: Pool;
  provider: PaymentProvider | undefined;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/** Has providers give back what refunds decided: what fails is tried again, and no part goes back twice. */
export class Repayer {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Goes once through what is due, of one sale or of all. */
  async payBack(sale: SaleKey | null = null): Promise<void> {
    const { pool } = this.#deps;
    const take = { seconds: limits.repaymentLeaseSeconds, limit: limits.paymentSweepRowsMax, sale };
    for (const due of await takeDueRepayments(pool, take)) await this.#attempt(due);
  }

  async #attempt(due: DueRepayment): Promise<void> {
    const { pool, provider, log } = this.#deps;
    try {
      if (!provider) throw new Error('no provider is configured');
      await this.#ask(provider, due);
    } catch (error) {
      const about = { tenant_id: due.tenantId, transaction_id: due.transactionId, refund_no: due.refundNo };
      log.warn({ err: error, ...about }, 'a refund could not be paid back; it is tried again');
      const why = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
      await deferRepayment(pool, due, limits.repaymentRetrySeconds, why);
    }
  }

  /** Asks for what the provider has not given back already, be it that its answer was lost or that nobody had asked. */
  async #ask(provider: PaymentProvider, due: DueRepayment): Promise<void> {
    const { pool } = this.#deps;
    const part = `${due.refundNo}.${due.repaymentNo}`;
    const isDone = (refunds: ProviderRefund[]) => refunds.some((refund) => refund.part === part);
    let refunds = await provider.refundsOf(due.paymentId);
    if (!isDone(refunds)) {
      const left = await transact(pool, async (tx) => {
        await noteProviderRefunds(tx, due, refunds, null);
        return await useProviderRefunds(tx, due);
      });
      if (left === 0) return;
      refunds = await provider.refund(due, due.paymentId, left, part);
      if (!isDone(refunds)) throw new Error('the payment went back otherwise meanwhile');
    }
    await transact(pool, (tx) => noteProviderRefunds(tx, due, refunds, due));
  }
}
