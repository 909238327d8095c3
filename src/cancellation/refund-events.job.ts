import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import {
  leaveBulkRefund,
  noteBulkFailure,
  noteWalked,
  readBulkPage,
  takeBulkRefund,
  type BulkRefund,
} from './bulk-refund.store.ts';
import type { Refunder } from './refund-sales.job.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  refunder: Refunder;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/**
 * Refunds all sales of events, sale by sale: each in a transaction that notes how far the walk has come, so that whoever
 * goes on after a crash refunds none twice and misses none.
 */
export class EventRefunder {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Goes on with one walk, by a page of sales. @returns whether there was anything to do. */
  async walkPage(): Promise<boolean> {
    const { pool, clock, log } = this.#deps;
    const bulk = await takeBulkRefund(pool, limits.bulkRefundLeaseSeconds);
    if (!bulk) return false;
    const page = await readBulkPage(reader(pool), bulk, limits.bulkRefundPageRowsMax);
    try {
      for (const transactionId of page) await this.#refund(bulk, transactionId);
      await leaveBulkRefund(pool, bulk, page.length === 0 ? clock.now() : null);
    } catch (error) {
      const about = { tenant_id: bulk.tenantId, bulk_id: bulk.bulkId };
      log.warn(
        { err: error, ...about },
        "an event's sales could not be refunded; it goes on after its lease",
      );
      return false;
    }
    return true;
  }

  async #refund(bulk: BulkRefund, transactionId: string): Promise<void> {
    const { pool, clock, refunder } = this.#deps;
    const { tenantId, kind, feesReturned, resold, reason, note, staffId, bulkId } = bulk;
    const order = {
      ...{ tenantId, transactionId, kind, feesReturned, resold, reason, note, staffId, bulkId },
      itemNos: null,
      keyDigest: null,
      bodyDigest: null,
      exchange: null,
    };
    const seconds = limits.bulkRefundLeaseSeconds;
    try {
      await refunder.refund(order, (tx) => noteWalked(tx, bulk, transactionId, seconds));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { code, message: detail } = error;
      await transact(pool, async (tx) => {
        // Its places went back meanwhile: that is what was wanted.
        if (code !== 'ticket_returned')
          await noteBulkFailure(tx, bulk, { transactionId, code, detail, at: clock.now() });
        await noteWalked(tx, bulk, transactionId, seconds);
      });
    }
  }
}
