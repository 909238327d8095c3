import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { BLOCKED, FREE } from '../catalog/availability.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { tellCatalogChanged } from '../catalog/event.store.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact, type Tx } from '../db/transaction.ts';
import { queueForBuyers } from '../notifications/queue-for-buyers.store.ts';
import { SellerTemplates } from '../notifications/seller-templates.store.ts';
import type { SaleKey, SaleLinks } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import { publishWebhookEvents } from '../webhooks/webhook-delivery.store.ts';
import { webhookEventId, writeWebhookEvent } from '../webhooks/webhook-event.ts';
import type { RefundOrder } from './refund.ts';
import {
  issueCreditNote,
  returnPlaces,
  useUnasked,
  type ReturnedPlaces,
  type ReturnOutcome,
} from './refund.store.ts';
import { refuseUsedPlaces } from './used-place.store.ts';

type Deps = {
  pool: Pool;
  events: Pick<EventCache, 'commit'>;
  clock: Clock;
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
  /** Has the provider asked for what it is to give back; nobody waits for it. */
  payBack(sale: SaleKey): void;
};

const sentences = {
  key_reused: 'This Idempotency-Key was used with another body. Take a new key for another refund.',
  transaction_not_found: 'The seller has no such sale.',
  ticket_not_found: 'The sale has no such ticket. Nothing was given back.',
  ticket_returned: 'A place of these was given back before. Nothing was given back now.',
  exchange_pending: 'A place of these is being exchanged right now. Nothing was given back.',
  refund_exceeds_paid: 'That is more than was paid for the sale. Nothing was given back.',
  fiscal_day_closed:
    'The fiscal day of the point of sale is closed: open the next one first. Nothing was given back.',
  void_too_late:
    'The sale stands in the report of a closed day, so it can no longer be voided: refund it instead.',
} as const;

type Refusal = Exclude<ReturnOutcome, 'returned' | 'replayed'> | 'fiscal_day_closed' | 'void_too_late';

/** What a refund is refused with. */
export function refundProblem(refusal: Refusal): Problem {
  const code = refusal === 'key_reused' ? 'idempotency_key_reused' : refusal;
  return new Problem(code, sentences[refusal]);
}

/** Takes places of sales back: in one transaction with the credit note and with what is told of it. */
export class Refunder {
  readonly #deps: Deps;
  readonly #templates: SellerTemplates;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
  }

  /**
   * Undoes a sale in whole or in part, or finds what the same key undid before.
   * @param also what else is true when it is, in the same transaction; not called for a replay.
   * @returns the number of the refund within its sale.
   * @throws Problem for every refusal; nothing has changed then.
   */
  async refund(order: RefundOrder, also: (tx: Tx, refundNo: number) => Promise<void>): Promise<number> {
    const { pool, payBack } = this.#deps;
    const returned = await transact(pool, async (tx) => {
      const places = await returnPlaces(tx, order);
      if (places.outcome === 'replayed') return places;
      if (places.outcome !== 'returned') throw refundProblem(places.outcome);
      // A whole event's go back whoever was in, and an exchange was decided under the same rule.
      if (order.bulkId === null && !order.exchange) await refuseUsedPlaces(tx, order, places);
      await useUnasked(tx, order, places.refundNo);
      await this.#tell(tx, order, places);
      await also(tx, places.refundNo);
      const issued = await issueCreditNote(tx, order, places.refundNo);
      if (issued !== 'issued') throw refundProblem(issued);
      return places;
    });
    if (returned.outcome === 'returned') {
      await this.#offer(order, returned);
      // Of a whole event's sales the sweep has it asked, some at a time.
      if (order.bulkId === null) payBack(order);
    }
    return returned.refundNo;
  }

  async #tell(
    tx: Tx,
    order: RefundOrder,
    { eventId, refundNo, total, zones }: ReturnedPlaces,
  ): Promise<void> {
    const { clock, linksOf } = this.#deps;
    const { tenantId, transactionId, note } = order;
    const at = clock.now();
    const amount = total - (order.exchange?.kept ?? 0);
    const sale = await readSale(tx, order);
    if (sale && amount > 0) {
      const occasion = {
        kind: 'refund' as const,
        occasionNo: refundNo,
        notBefore: at,
        deadlineAt: new Date(at.getTime() + limits.refundMessageDays * 86_400_000),
      };
      const voice = await this.#templates.voiceOf(tenantId);
      await queueForBuyers(tx, tenantId, occasion, [sale], voice, () => ({ amount, note }));
    }
    const type = order.kind === 'void' ? 'sale.cancelled' : 'sale.refunded';
    const links = linksOf(tenantId, transactionId);
    const told = writeWebhookEvent(
      webhookEventId(at, `${tenantId} ${transactionId} refund ${refundNo}`),
      type,
      at,
      {
        transaction_id: transactionId,
        event_id: formatEventId({ tenantId, eventId }),
        ...(links && { links: { sale: links.self } }),
      },
    );
    await publishWebhookEvents(tx, tenantId, [told], at);
    // Its general zones have fewer places now.
    if (!order.resold && zones.length > 0) await tellCatalogChanged(tx, { tenantId, eventId });
  }

  async #offer({ tenantId, resold }: RefundOrder, places: ReturnedPlaces): Promise<void> {
    const { eventId, freedSeats, zones, zonesLeft } = places;
    const state = resold ? FREE : BLOCKED;
    await this.#deps.events.commit(
      { tenantId, eventId },
      {
        seats: freedSeats.map((seatNo) => ({ seatNo, state })),
        zones: zones.map((zoneNo, i) => ({ zoneNo, left: zonesLeft[i]! })),
      },
    );
  }
}
