import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Refunder } from '../cancellation/refund-sales.job.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { resendTickets } from '../notifications/resend-message.store.ts';
import type { BulkAction, BulkTerms } from './bulk-action.ts';
import {
  leaveBulkAction,
  noteBulkSale,
  readPendingSales,
  takeBulkAction,
  takePendingSale,
} from './bulk-action.store.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  ids: IdSource;
  refunder: Refunder;
  /** Tells the seller's people that a bulk action has come further. */
  tell(tenantId: number): void;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

type RefundTerms = Extract<BulkTerms, { kind: 'refund' }>;

/**
 * Does what staff asked to have done to many sales, sale by sale: each in a transaction with the note that it is done, so that
 * whoever goes on after a crash does it to none twice and misses none.
 */
export class BulkRunner {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Goes on with one bulk action, by a page of sales. @returns whether there was anything to do. */
  async runPage(): Promise<boolean> {
    const { pool, clock, log, tell } = this.#deps;
    const action = await takeBulkAction(pool, limits.bulkRefundLeaseSeconds);
    if (!action) return false;
    try {
      const page = await readPendingSales(reader(pool), action, limits.bulkActionPageRowsMax);
      for (const transactionId of page) {
        await this.#run(action, transactionId);
        tell(action.tenantId);
      }
      await leaveBulkAction(pool, action, clock.now());
      tell(action.tenantId);
    } catch (error) {
      const about = { tenant_id: action.tenantId, bulk_id: action.bulkId };
      log.warn({ err: error, ...about }, 'a bulk action could not go on; it does after its lease');
      return false;
    }
    return true;
  }

  async #run(action: BulkAction, transactionId: string): Promise<void> {
    const { pool, clock } = this.#deps;
    const { terms } = action;
    try {
      if (terms.kind === 'resend') await this.#resend(action, transactionId, terms.channel);
      else await this.#refund(action, transactionId, terms);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { code, message: detail } = error;
      // Its places went back meanwhile: that is what was wanted.
      const failure = terms.kind === 'refund' && code === 'ticket_returned' ? null : { code, detail };
      await transact(pool, async (tx) => {
        if (!(await takePendingSale(tx, action, transactionId))) return;
        const seconds = limits.bulkRefundLeaseSeconds;
        await noteBulkSale(tx, action, { transactionId, failure, at: clock.now() }, seconds);
      });
    }
  }

  async #resend(
    action: BulkAction,
    transactionId: string,
    channel: Extract<BulkTerms, { kind: 'resend' }>['channel'],
  ): Promise<void> {
    const { pool, clock, ids } = this.#deps;
    const { tenantId, actor } = action;
    await transact(pool, async (tx) => {
      if (!(await takePendingSale(tx, action, transactionId))) return;
      const now = clock.now();
      const asked = { tenantId, transactionId, channel, to: null, keepsAddress: false };
      await resendTickets(tx, asked, { actor, now, ids });
      const done = { transactionId, failure: null, at: now };
      await noteBulkSale(tx, action, done, limits.bulkRefundLeaseSeconds);
    });
  }

  async #refund(action: BulkAction, transactionId: string, terms: RefundTerms): Promise<void> {
    const { refunder, clock, ids } = this.#deps;
    const { tenantId, bulkId, actor } = action;
    const order = {
      ...terms,
      tenantId,
      transactionId,
      bulkId,
      staffId: actor.kind === 'staff' ? actor.id : null,
      itemNos: null,
      keyDigest: null,
      bodyDigest: null,
      exchange: null,
    };
    await refunder.refund(order, async (tx, refundNo) => {
      const at = clock.now();
      await noteBulkSale(tx, action, { transactionId, failure: null, at }, limits.bulkRefundLeaseSeconds);
      const after = { refund_no: refundNo, bulk_id: bulkId, reason: terms.reason };
      const object = { kind: 'sale', id: transactionId };
      await recordChange(tx, ids, { tenantId, at, actor, verb: 'refund', object, after });
    });
  }
}
