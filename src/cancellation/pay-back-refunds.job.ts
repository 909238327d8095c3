import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { noteRefund } from '../payments/intent.store.ts';
import type { PaymentProvider } from '../payments/payment-provider.ts';
import {
  deferRepayment,
  noteRepayment,
  takeDueRepayments,
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
    const { refundNo, repaymentNo, paymentId, paidAmount } = due;
    try {
      if (!provider) throw new Error('no provider is configured');
      const part = `${refundNo}.${repaymentNo}`;
      const refunded = await provider.refund(due, paymentId, paidAmount, part);
      await transact(pool, async (tx) => {
        await noteRefund(tx, due, refunded);
        await noteRepayment(tx, due);
      });
    } catch (error) {
      const about = { tenant_id: due.tenantId, transaction_id: due.transactionId, refund_no: refundNo };
      log.warn({ err: error, ...about }, 'a refund could not be paid back; it is tried again');
      const why = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
      await deferRepayment(pool, due, limits.repaymentRetrySeconds, why);
    }
  }
}
