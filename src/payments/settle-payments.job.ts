import { Problem } from '../base/errors.ts';
import { failpoints } from '../base/failpoint.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import type { Checkout } from '../checkout/checkout.ts';
import { requoteHold } from '../holds/requote-hold.store.ts';
import type { Pool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import type { Hold } from '../holds/hold.ts';
import type { Holds } from '../holds/holds.ts';
import { readHold } from '../holds/read-hold.store.ts';
import type { EndReason, Intent, IntentKey } from './intent.ts';
import {
  decideRefund,
  keepHold,
  leaseIntent,
  noteRefund,
  once,
  readOrderPoint,
  releaseLease,
  replaceHold,
  settleIntent,
} from './intent.store.ts';
import { shop } from '../fiscal/selling-point.ts';
import { saleOfIntent, settlingKey } from './last-payment.ts';
import { ProviderUnavailable, type PaymentProvider } from './payment-provider.ts';

type Deps = {
  pool: Pool;
  events: EventCache;
  holds: Holds;
  checkout: Checkout;
  provider: PaymentProvider | undefined;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

function isProblem(error: unknown, ...codes: string[]): error is Problem {
  return error instanceof Problem && codes.includes(error.code);
}

/**
 * Makes sales of orders whose money has come, and gives money back for which there are no places. One at a time works on
 * an order; who makes its sale and who refunds it take the same key, so that never both happen.
 */
export class PaymentSettler {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Brings an order to its end as far as it can be brought now; what stands in the way is met again by the reconciler. */
  async pursue(key: IntentKey): Promise<void> {
    const { pool, log } = this.#deps;
    const intent = await leaseIntent(pool, reader(pool), key, limits.intentLeaseSeconds);
    if (!intent) return;
    let restSeconds: number = limits.intentRetrySeconds;
    try {
      if (intent.state === 'refunding') restSeconds = await this.#refund(intent);
      else if ((await this.#settle(intent)) === 'refunding') restSeconds = 0;
    } catch (error) {
      const about = { tenant_id: key.tenantId, transaction_id: key.transactionId };
      log.warn({ err: error, ...about }, 'a paid order could not be brought to its end; it is tried again');
    }
    await releaseLease(pool, key, restSeconds);
    if (restSeconds === 0 && intent.state === 'paid') await this.pursue(key);
  }

  async #settle(intent: Intent): Promise<'settled' | 'refunding'> {
    const { pool, events } = this.#deps;
    let { holdId } = intent;
    let point = await readOrderPoint(reader(pool), intent);
    for (let attempt = 1; attempt <= limits.rescueAttemptsMax; attempt++) {
      const live = await events.get(intent);
      if (!live) return this.#giveBack(intent, 'sales_closed');
      try {
        await this.#deps.checkout.confirm({ ...saleOfIntent(intent, holdId), point });
        await settleIntent(once(pool), intent);
        return 'settled';
      } catch (error) {
        if (isProblem(error, 'idempotency_key_reused')) return 'refunding';
        if (isProblem(error, 'sales_closed')) return this.#giveBack(intent, 'sales_closed');
        if (isProblem(error, 'price_changed')) {
          await this.#honourPrice(intent, holdId);
          continue;
        }
        if (isProblem(error, 'fiscal_day_closed', 'shift_not_open')) {
          // Money that came after the end of a till's shift is the shop's; while the shop is closed, the places are kept.
          if (point === shop) {
            await keepHold(pool, intent, 2 * limits.intentRetrySeconds);
            throw error;
          }
          point = shop;
          continue;
        }
        const gone = ['hold_expired', 'hold_released', 'hold_not_found', 'hold_already_confirmed'];
        if (!isProblem(error, ...gone)) throw error;
      }
      const rescued = await this.#rescue(live, intent, holdId);
      if (typeof rescued === 'object') ({ holdId } = rescued);
      else if (rescued !== 'again') return this.#giveBack(intent, rescued);
    }
    return this.#giveBack(intent, 'places_gone');
  }

  /** The buyer has paid what was quoted, so that is what the places cost, whatever they would cost now. */
  async #honourPrice(intent: Intent, holdId: string): Promise<void> {
    const { pool, events } = this.#deps;
    const live = await events.reload(intent);
    const hold = live && (await readHold(reader(pool), live.event, holdId));
    if (!hold) return;
    const { pricingVersion, taxVersion } = live.event;
    const quote = { ...hold.quote, pricingVersion, taxVersion, validUntil: Infinity };
    await requoteHold(pool, intent.tenantId, holdId, quote);
  }

  /** Takes the places again: the same, or equal ones if the buyer allowed that. @returns the hold, or why there is none. */
  async #rescue(before: LiveEvent, intent: Intent, holdId: string): Promise<Hold | EndReason | 'again'> {
    const { pool, events, holds } = this.#deps;
    // A hold whose time is over may still keep its places until it is swept.
    await holds.release(before, holdId).catch((error: unknown) => {
      if (!isProblem(error, 'hold_already_confirmed', 'hold_not_found')) throw error;
    });
    const live = await events.reload(intent);
    const old = live && (await readHold(reader(pool), live.event, holdId));
    if (!old) return 'sales_closed';
    try {
      const hold = await holds.placeAgain(live, old.cart, old.quote);
      await replaceHold(pool, intent, hold.holdId, intent.substituted);
      return hold;
    } catch (error) {
      if (isProblem(error, 'sales_closed')) return 'sales_closed';
      if (!isProblem(error, 'seat_unavailable')) throw error;
    }
    return intent.substitutes ? this.#substitute(live, intent, old) : 'places_gone';
  }

  async #substitute(live: LiveEvent, intent: Intent, old: Hold): Promise<Hold | EndReason | 'again'> {
    const equals = live.proposeEqual(old.cart.seatNos);
    if (!equals) return 'places_gone';
    const seatNos = [...equals.values()];
    const zoneNoOf = (seatNo: number) => live.event.seats.zoneNo[seatNo - 1]!;
    const lines = old.quote.lines.map((line) => {
      const seatNo = line.seatNo === null ? null : equals.get(line.seatNo)!;
      return seatNo === null ? line : { ...line, seatNo, zoneNo: zoneNoOf(seatNo) };
    });
    try {
      const cart = { ...old.cart, seatNos };
      const hold = await this.#deps.holds.placeAgain(live, cart, { ...old.quote, lines });
      await replaceHold(this.#deps.pool, intent, hold.holdId, true);
      return hold;
    } catch (error) {
      if (isProblem(error, 'seat_unavailable')) return 'again';
      throw error;
    } finally {
      live.withdraw(seatNos);
    }
  }

  async #giveBack(intent: Intent, reason: EndReason): Promise<'settled' | 'refunding'> {
    const state = await decideRefund(this.#deps.pool, intent, settlingKey(intent), reason);
    return state === 'settled' ? 'settled' : 'refunding';
  }

  /** Gives back what was captured. @returns after how many seconds it is to be looked at again. */
  async #refund(intent: Intent): Promise<number> {
    const { provider, pool } = this.#deps;
    let byHand = false;
    for (const tender of intent.tenders) {
      if (tender.refunded === tender.captured - tender.kept) continue;
      const key = { ...intent, tenderNo: tender.tenderNo };
      if (tender.provider === null) {
        // Cash and transfers go back by people, who say when they have.
        byHand = true;
      } else {
        if (!provider || tender.paymentId === null)
          throw new ProviderUnavailable('no provider is configured');
        const refunded = await provider.refund(key, tender.paymentId, tender.captured - tender.kept, 'all');
        if (failpoints) await failpoints.reach('given back');
        await noteRefund(once(pool), key, refunded);
      }
    }
    return byHand ? limits.manualRefundSeconds : limits.intentRetrySeconds;
  }
}
