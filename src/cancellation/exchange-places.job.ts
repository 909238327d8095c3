import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Checkout } from '../checkout/checkout.ts';
import { digestBody, digestKey } from '../checkout/idempotency.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact, type Tx } from '../db/transaction.ts';
import { holdProblem } from '../holds/holds.ts';
import {
  closeExchange,
  endExchangeWaits,
  failExchange,
  openExchange,
  openExchangeOrder,
  readExchange,
  takeOpenExchanges,
  type Exchange,
  type ExchangeOrder,
  type ExchangeOutcome,
} from './exchange.store.ts';
import { refundProblem, type Refunder } from './refund-sales.job.ts';
import { refuseUsedPlaces } from './used-place.store.ts';

type Deps = {
  pool: Pool;
  checkout: Pick<Checkout, 'confirm'>;
  refunder: Refunder;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/** The key under which the new places are confirmed: whoever gives the exchange up takes the same. */
function settlingKey({ tenantId, exchangeId }: Exchange): string {
  return digestKey(`seller ${tenantId}`, 'exchange', exchangeId);
}

function problemOf(outcome: Exclude<ExchangeOutcome, 'opened' | 'replayed'>): Problem {
  switch (outcome) {
    case 'currency_mismatch':
      return new Problem(outcome, 'The new places are sold in another currency. Nothing was exchanged.');
    case 'payment_pending':
      return new Problem(outcome, 'A payment for the new places is under way. Nothing was exchanged.');
    case 'payment_missing': {
      const detail =
        'The new places cost more: name the means by which the difference was paid. Nothing was exchanged.';
      return new Problem('exchange_payment_missing', detail);
    }
    case 'hold_not_found':
    case 'hold_expired':
    case 'hold_released':
    case 'hold_already_confirmed':
      return holdProblem(outcome);
    default:
      return refundProblem(outcome);
  }
}

/**
 * Exchanges places of a sale for those of a hold, in three steps of which each is done once: it is decided, the hold is sold
 * as any other, what goes back is credited. Whoever dies between two of them is followed by the sweep.
 */
export class Exchanger {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * Exchanges, or finds what the same key exchanged before.
   * @param record writes it down, in the transaction that decides it.
   * @returns the exchange: done; or open when its difference is to be paid on line first, or the credit note has to wait, as for
   *   a fiscal day that was closed just now.
   * @throws Problem for every refusal: nothing was sold and nothing went back then.
   */
  async exchange(order: ExchangeOrder, record: (tx: Tx) => Promise<void>): Promise<Exchange> {
    const { pool } = this.#deps;
    const { exchangeId } = await transact(pool, async (tx) => {
      const opened = await openExchange(tx, order, limits.exchangeLeaseSeconds);
      if (opened.outcome === 'replayed') return opened;
      if (opened.outcome !== 'opened') throw problemOf(opened.outcome);
      await refuseUsedPlaces(tx, order, opened);
      if (order.page && opened.total > opened.credit) await openExchangeOrder(tx, order, order.page);
      await record(tx);
      return opened;
    });
    return await this.#carryOut(order.tenantId, exchangeId);
  }

  /** Goes on with exchanges that somebody left open. What fails is logged, and tried again. */
  async sweep(): Promise<void> {
    const { pool, log } = this.#deps;
    const { exchangeLeaseSeconds, exchangeSweepRowsMax } = limits;
    await endExchangeWaits(pool, exchangeSweepRowsMax);
    for (const { tenantId, exchangeId } of await takeOpenExchanges(
      pool,
      exchangeLeaseSeconds,
      exchangeSweepRowsMax,
    )) {
      await this.#carryOut(tenantId, exchangeId).catch((error: unknown) => {
        const about = { tenant_id: tenantId, exchange_id: exchangeId };
        log.warn({ err: error, ...about }, 'an exchange could not be carried out');
      });
    }
  }

  async #carryOut(tenantId: number, exchangeId: string): Promise<Exchange> {
    const exchange = (await readExchange(reader(this.#deps.pool), tenantId, exchangeId))!;
    if (exchange.state === 'failed') {
      const detail = `Nothing was exchanged: ${exchange.failure!}. Hold other places, and take a new Idempotency-Key.`;
      throw new Problem('sales_closed', detail);
    }
    // Whoever settles the order makes the sale.
    const isSold = exchange.orderState === 'settled';
    if (exchange.state === 'open' && (isSold || exchange.orderState === null)) {
      if (!isSold) await this.#sell(exchange);
      await this.#credit(exchange);
    }
    return (await readExchange(reader(this.#deps.pool), tenantId, exchangeId))!;
  }

  async #sell(exchange: Exchange): Promise<void> {
    const { pool, checkout } = this.#deps;
    const { tenantId, eventId, exchangeId, holdId, customer, total } = exchange;
    try {
      await checkout.confirm({
        key: { tenantId, eventId },
        holdId,
        transactionId: exchangeId,
        keyDigest: settlingKey(exchange),
        bodyDigest: digestBody({ exchange_id: exchangeId }),
        customer,
        payment: { method: 'exchange' },
        expectedTotal: total,
      });
    } catch (error) {
      const isFinal = error instanceof Problem && !['unavailable', 'overloaded'].includes(error.code);
      if (!isFinal) throw error;
      if (await failExchange(pool, exchange, settlingKey(exchange), error.code)) throw error;
    }
  }

  async #credit(exchange: Exchange): Promise<void> {
    const { tenantId, transactionId, exchangeId, credit, total } = exchange;
    const { itemNos, feesReturned, resold, reason, staffId } = exchange;
    const order = {
      ...{ tenantId, transactionId, itemNos, feesReturned, resold, reason, staffId },
      kind: 'exchange' as const,
      note: null,
      keyDigest: null,
      bodyDigest: null,
      bulkId: null,
      exchange: { saleId: exchangeId, kept: Math.min(credit, total) },
    };
    try {
      await this.#deps.refunder.refund(order, (tx, refundNo) => closeExchange(tx, exchange, refundNo));
    } catch (error) {
      // Another process has done it; or the day was closed meanwhile, and the sweep does it once the next is open.
      const waits = error instanceof Problem && ['ticket_returned', 'fiscal_day_closed'].includes(error.code);
      if (!waits) throw error;
    }
  }
}
