import { Problem } from '../base/errors.ts';
import { again, GroupLanes } from '../base/group-lane.ts';
import { timingSince, type GroupTiming, type Timing } from '../base/group-timing.ts';
import { formatEventId, parseEventId, type Clock, type EventKey, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { SOLD } from '../catalog/availability.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { laneLimits } from '../db/lane-limits.ts';
import type { LockWaits } from '../db/lock-waits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, type Tx } from '../db/transaction.ts';
import type { ClientHolds } from '../holds/client-holds.ts';
import { holdProblem } from '../holds/holds.ts';
import type { Hold } from '../holds/hold.ts';
import { pointProblem, salesSeriesOf, shop, type SellingPoint } from '../fiscal/selling-point.ts';
import { readHold } from '../holds/read-hold.store.ts';
import { requoteHold } from '../holds/requote-hold.store.ts';
import { isSameBuyer } from '../pricing/cart-rules.ts';
import type { LiveEvent } from '../catalog/live-event.ts';
import type { Payment } from '../payments/payment.ts';
import { quoteCart, quoteToJson } from '../pricing/quote-cart.ts';
import {
  confirmSales,
  confirmSalesBy,
  type ConfirmedGroup,
  type ConfirmedSale,
  type ConfirmOrder,
  type ConfirmOutcome,
  type Customer,
} from './confirm-sales.store.ts';
import type { NumberBlocks } from './number-blocks.ts';

/** A confirmation as the route has checked it. */
export type ConfirmRequest = {
  key: EventKey;
  holdId: string;
  keyDigest: string;
  bodyDigest: string;
  customer: Customer;
  payment: Payment;
  /** Minor units: what the buyer has been shown; null when that is the hold's quote. */
  expectedTotal: number | null;
  /** Where it is sold; the shop when absent. */
  point?: SellingPoint;
  /** The sale's, when it has one already: its money was waited for. */
  transactionId?: string;
  /** What was agreed when its money began to come is not asked again now that it has come. */
  isPaid?: true;
};

type RequoteRequest = Pick<ConfirmRequest, 'key' | 'holdId' | 'customer' | 'expectedTotal'> & {
  payment: Pick<Payment, 'method'>;
};

/** A sale that has just been committed. */
export type CommittedSale = { tenantId: number; transactionId: string };

type Deps = {
  pool: Pool;
  lockWaits: LockWaits;
  events: EventCache;
  clientHolds: ClientHolds;
  clock: Clock;
  ids: IdSource;
  /** Where the numbers of preallocated series come from. */
  blocks: Pick<NumberBlocks, 'holderId' | 'refill'>;
  /** Gives the steps of committed sales to the queue; never awaited, what fails is swept up later. */
  handOver(sales: CommittedSale[]): void;
  /** Told of each group: orders, and milliseconds in the database. */
  onGroup(outcomes: ConfirmOutcome['outcome'][], milliseconds: number): void;
};

type Outcome = { result: Exclude<ConfirmOutcome, { outcome: 'again' }>; group: GroupTiming };

/** What the orders of a lane have in common: their event, and where they are sold. */
type LaneKey = EventKey & SellingPoint;

function formatLane(key: EventKey, { pointNo, shiftNo }: SellingPoint): string {
  return `${formatEventId(key)}/${pointNo}/${shiftNo ?? ''}`;
}

function parseLane(lane: string): LaneKey {
  const [eventId, pointNo, shiftNo] = lane.split('/');
  return {
    ...parseEventId(eventId!)!,
    pointNo: Number(pointNo),
    shiftNo: shiftNo === '' ? null : Number(shiftNo),
  };
}

/**
 * Confirms sales in groups. A lane is one event's at one point. The lanes of one point take turns, since its events share
 * the row of the fiscal series: waiting for it in the database would only take connections away from other sellers.
 */
export class Checkout {
  readonly #deps: Deps;
  /** By seller and point: the end of the group that is in the database or waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #lanes: GroupLanes<string, ConfirmOrder, Outcome>;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#lanes = new GroupLanes(
      (lane) => ({ ...laneLimits, run: (orders) => this.#inTurn(parseLane(lane), orders) }),
      limits.lanesQueueMax,
    );
  }

  /** Orders that wait for their group. */
  get waiting(): number {
    return this.#lanes.waiting;
  }

  get idle(): boolean {
    return this.#lanes.idle;
  }

  /**
   * Makes a sale of a hold, or finds the one that the same key made before.
   * @throws Problem for every refusal of the contract; nothing has changed then.
   */
  async confirm(request: ConfirmRequest): Promise<{ sale: ConfirmedSale; timing: Timing }> {
    const { key, point = shop, isPaid, ...order } = request;
    const started = performance.now();
    if (!isPaid) await this.bind(request);
    for (let attempt = 1; attempt <= limits.requoteAttemptsMax; attempt++) {
      const transactionId = request.transactionId ?? this.#deps.ids.uuid();
      const { result, group } = await this.#lanes.submit(formatLane(key, point), { ...order, transactionId });
      switch (result.outcome) {
        case 'confirmed':
        case 'replayed':
          this.#deps.clientHolds.drop(request.holdId);
          return { sale: result.sale, timing: timingSince(started, group) };
        case 'stale':
          await this.requote(request);
          break;
        case 'key_reused':
          throw keyReused();
        case 'sales_closed':
          throw new Problem('sales_closed', 'The event is no longer on sale.');
        case 'fiscal_day_closed':
        case 'shift_not_open':
          throw pointProblem(result.outcome);
        default:
          throw holdProblem(result.outcome);
      }
    }
    const detail = 'Prices are changing right now. Nothing was sold; try again in a moment.';
    throw new Problem('unavailable', detail, { retryAfterSeconds: 1 });
  }

  /**
   * Makes a sale of a hold in the shop, in the transaction that brings its last payment, so that neither is there without the other.
   * @returns null when there is none to be made of the hold as it is; else what is to be done once that is committed.
   */
  async confirmIn(
    tx: Tx,
    request: ConfirmRequest & { transactionId: string },
  ): Promise<(() => Promise<void>) | null> {
    const { key, ...order } = request;
    const { blocks, clientHolds } = this.#deps;
    const seriesId = salesSeriesOf(shop.pointNo);
    const group = await confirmSalesBy(tx, key, seriesId, [order], blocks.holderId, shop.shiftNo);
    if (group.outcomes[0]!.outcome !== 'confirmed') return null;
    return async () => {
      clientHolds.drop(request.holdId);
      await this.#follow(key, seriesId, [order], group);
    };
  }

  /**
   * Where prices, taxes or limits depend on the buyer or the means of payment, the hold must be of this buyer and its
   * quote for this payment. No other event has its holds read.
   * @throws Problem `customer_changed`, `payment_method_unavailable` for a split, or `price_changed` with the quote for this payment.
   */
  async bind(request: RequoteRequest): Promise<void> {
    const { pool, events } = this.#deps;
    const { key, holdId, customer, payment } = request;
    const live = await events.get(key);
    if (!live?.event.bindsBuyer) return;
    const hold = await readHold(reader(pool), live.event, holdId);
    if (hold?.state !== 'live') return;
    if (!isSameBuyer(hold.quote.terms, customer)) {
      const detail = 'The hold was placed for a customer with another document or address. Nothing was sold.';
      throw new Problem('customer_changed', detail);
    }
    const byMeans = live.event.taxRules.some((rule) => rule.condition?.paymentMethods);
    if (byMeans && payment.method === 'split') {
      const detail =
        'What is to be paid depends on the means of payment here, so it is paid by one. Nothing was sold.';
      throw new Problem('payment_method_unavailable', detail);
    }
    if (byMeans && hold.quote.terms?.paymentMethod !== payment.method)
      await this.#quoteAnew(request, live, hold);
  }

  /**
   * The hold's quote no longer holds. When the buyer would pay what they agreed to, the hold gets the new quote.
   * @throws Problem `price_changed` with the new quote when the amount is another one.
   */
  async requote(request: RequoteRequest): Promise<void> {
    const live = await this.#deps.events.reload(request.key);
    const hold = live && (await readHold(reader(this.#deps.pool), live.event, request.holdId));
    if (!hold) throw holdProblem('hold_not_found');
    await this.#quoteAnew(request, live, hold);
  }

  async #quoteAnew(request: RequoteRequest, { event }: LiveEvent, hold: Hold): Promise<void> {
    const { holdId, expectedTotal, payment } = request;
    const { terms, lines, total } = hold.quote;
    const quote = quoteCart(event, hold.cart, this.#deps.clock.now().getTime(), {
      ...terms,
      held: lines,
      paymentMethod: event.bindsBuyer ? payment.method : (terms?.paymentMethod ?? null),
    });
    const agreed = expectedTotal ?? total;
    if (quote.total !== agreed) {
      throw new Problem(
        'price_changed',
        `The total is now ${quote.total} minor units, not ${agreed}. Nothing was sold.`,
        {
          members: { quote: quoteToJson(event, quote), expected_total: agreed },
        },
      );
    }
    await requoteHold(this.#deps.pool, event.tenantId, holdId, quote);
  }

  async #inTurn(key: LaneKey, orders: ConfirmOrder[]): Promise<(Outcome | typeof again)[]> {
    const turn = `${key.tenantId}/${key.pointNo}`;
    const before = this.#turns.get(turn) ?? Promise.resolve();
    const mine = before.then(() => this.#confirmGroup(key, orders));
    const ended = Promise.allSettled([mine]);
    this.#turns.set(turn, ended);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(turn) === ended) this.#turns.delete(turn);
    }
  }

  async #confirmGroup(key: LaneKey, orders: ConfirmOrder[]): Promise<(Outcome | typeof again)[]> {
    const { pool, lockWaits, blocks, onGroup } = this.#deps;
    const started = performance.now();
    const seriesId = salesSeriesOf(key.pointNo);
    const confirmed = await lockWaits.run(`confirm ${key.tenantId}/${seriesId}`, () =>
      confirmSales(pool, key, seriesId, orders, blocks.holderId, key.shiftNo),
    );
    const { outcomes } = confirmed;
    const group: GroupTiming = { requests: orders.length, milliseconds: performance.now() - started };
    onGroup(
      outcomes.map((one) => one.outcome),
      group.milliseconds,
    );
    await this.#follow(key, seriesId, orders, confirmed);
    return outcomes.map((result) => (result.outcome === 'again' ? again : { result, group }));
  }

  /** What follows a group that is committed. */
  async #follow(
    key: EventKey,
    seriesId: number,
    orders: readonly ConfirmOrder[],
    { outcomes, soldSeats, blockLow }: ConfirmedGroup,
  ): Promise<void> {
    const { events, blocks, handOver } = this.#deps;
    if (blockLow) blocks.refill({ tenantId: key.tenantId, seriesId });
    const sales = orders
      .filter((_, i) => outcomes[i]!.outcome === 'confirmed')
      .map(({ transactionId }) => ({ tenantId: key.tenantId, transactionId }));
    if (sales.length > 0) handOver(sales);
    await events.commit(key, { seats: soldSeats.map((seatNo) => ({ seatNo, state: SOLD })), zones: [] });
  }
}

function keyReused(): Problem {
  const detail = 'This Idempotency-Key was used with another body. Take a new key for a new sale.';
  return new Problem('idempotency_key_reused', detail);
}
