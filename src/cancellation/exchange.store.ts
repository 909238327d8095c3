import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import type { IntentState } from '../payments/intent.ts';
import type { PaymentMethod } from '../payments/payment.ts';
import type { ReturnOutcome } from './refund.store.ts';

/** Places of a sale that are to be exchanged for those of a hold. */
export type ExchangeOrder = SaleKey & {
  exchangeId: string;
  /** The places that go back; null: all that are left. */
  itemNos: readonly number[] | null;
  hold: EventKey & { holdId: string };
  feesReturned: boolean;
  resold: boolean;
  reason: string;
  staffId: string | null;
  keyDigest: string;
  bodyDigest: string;
  /** By what the buyer pays what the new places cost more; null: nothing. */
  payment: { method: PaymentMethod; reference: string | null } | null;
  /** Who takes the difference on a page of its own, and for how long it is waited for; null when the money is there. */
  page: { provider: string; seconds: number } | null;
};

/** What each means stands in sql/0039_money_back.sql. */
export type ExchangeOutcome =
  | 'opened'
  | Exclude<ReturnOutcome, 'returned' | 'refund_exceeds_paid'>
  | 'fiscal_day_closed'
  | 'hold_not_found'
  | 'hold_expired'
  | 'hold_released'
  | 'hold_already_confirmed'
  | 'payment_pending'
  | 'currency_mismatch'
  | 'payment_missing';

/** Decides on an exchange (open_exchange in SQL). @param seconds for which it is the caller's to carry out. */
export async function openExchange(
  tx: Tx,
  order: ExchangeOrder,
  seconds: number,
): Promise<{ outcome: ExchangeOutcome; exchangeId: string; credit: number; total: number }> {
  const { hold, payment } = order;
  const [row] = await tx.query<Row & Awaited<ReturnType<typeof openExchange>>>({
    name: 'open_exchange',
    text: `select outcome, exchange_id as "exchangeId", credit, total
             from open_exchange($1, $2, $3, $4::smallint[], $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [
      order.tenantId,
      order.exchangeId,
      order.transactionId,
      order.itemNos,
      hold.eventId,
      hold.holdId,
      order.feesReturned,
      order.resold,
      order.reason,
      order.staffId,
      order.keyDigest,
      order.bodyDigest,
      payment?.method ?? null,
      payment?.reference ?? null,
      seconds,
    ],
  });
  return row!;
}

/** Opens the order by which the difference of an exchange is paid on line (open_exchange_order in SQL). */
export async function openExchangeOrder(
  tx: Tx,
  key: { tenantId: number; exchangeId: string },
  page: { provider: string; seconds: number },
): Promise<void> {
  await tx.query({
    name: 'open_exchange_order',
    text: 'select open_exchange_order($1, $2, $3, $4)',
    values: [key.tenantId, key.exchangeId, page.provider, page.seconds],
  });
}

/** Takes exchanges that wait for their orders up again (end_exchange_waits in SQL). */
export async function endExchangeWaits(pool: Pool, limit: number): Promise<void> {
  await transactOnce(pool, {
    name: 'end_exchange_waits',
    text: 'select end_exchange_waits($1)',
    values: [limit],
  });
}

/** An exchange as it stands, with the buyer of the sale that it changes. Amounts in minor units. */
export type Exchange = SaleKey & {
  exchangeId: string;
  state: 'open' | 'done' | 'failed';
  eventId: number;
  holdId: string;
  itemNos: number[];
  feesReturned: boolean;
  resold: boolean;
  reason: string;
  staffId: string | null;
  currency: string;
  credit: number;
  total: number;
  refundNo: number | null;
  failure: string | null;
  /** How far the order is that pays the difference on line; null when there is none. */
  orderState: IntentState | null;
  orderExpiresAt: Date | null;
  customer: { name: string; email?: string; phone?: string; document?: string; locale: 'es' | 'en' };
};

/** An exchange, or null. */
export async function readExchange(
  reader: Reader,
  tenantId: number,
  exchangeId: string,
): Promise<Exchange | null> {
  const [row] = await reader.query<Row & Exchange>({
    name: 'read-exchange',
    text: `select x.tenant_id as "tenantId", x.transaction_id as "transactionId", x.exchange_id as "exchangeId", x.state,
                  x.event_id as "eventId", x.hold_id as "holdId", x.item_nos as "itemNos", x.fees_returned as "feesReturned",
                  x.resold, x.reason, x.staff_id as "staffId", x.currency, x.credit, x.total, x.refund_no as "refundNo",
                  x.failure, i.state as "orderState", i.expires_at as "orderExpiresAt",
                  jsonb_strip_nulls(jsonb_build_object('name', t.customer_name, 'email', t.customer_email,
                    'phone', t.customer_phone, 'document', t.customer_document, 'locale', t.locale)) as customer
             from exchanges x join transactions t on t.tenant_id = x.tenant_id and t.transaction_id = x.transaction_id
             left join payment_intents i on i.tenant_id = x.tenant_id and i.transaction_id = x.exchange_id
            where x.tenant_id = $1 and x.exchange_id = $2`,
    values: [tenantId, exchangeId],
  });
  return row ?? null;
}

/** Takes exchanges whose process has died, so that no other goes on with them at the same time. */
export function takeOpenExchanges(
  pool: Pool,
  seconds: number,
  limit: number,
): Promise<{ tenantId: number; exchangeId: string }[]> {
  return transactOnce<Row & { tenantId: number; exchangeId: string }>(pool, {
    name: 'take-open-exchanges',
    text: `with due as (
             select tenant_id, exchange_id from exchanges
              where state = 'open' and leased_until <= clock_timestamp() order by leased_until limit $2 for update skip locked)
           update exchanges x set leased_until = clock_timestamp() + make_interval(secs => $1)
             from due d where x.tenant_id = d.tenant_id and x.exchange_id = d.exchange_id
           returning x.tenant_id as "tenantId", x.exchange_id as "exchangeId"`,
    values: [seconds, limit],
  });
}

/** Gives an exchange up (fail_exchange in SQL). @returns false when its sale was made after all. */
export async function failExchange(
  pool: Pool,
  { tenantId, exchangeId }: Exchange,
  keyDigest: string,
  failure: string,
): Promise<boolean> {
  const [row] = await transactOnce<{ failed: boolean }>(pool, {
    name: 'fail_exchange',
    text: 'select fail_exchange($1, $2, $3, $4) as failed',
    values: [tenantId, exchangeId, keyDigest, failure],
  });
  return row!.failed;
}

/** Ends an exchange whose places went back (close_exchange in SQL). @throws when it has ended already. */
export async function closeExchange(
  tx: Tx,
  { tenantId, exchangeId }: Exchange,
  refundNo: number,
): Promise<void> {
  await tx.query({
    name: 'close_exchange',
    text: 'select close_exchange($1, $2, $3::smallint)',
    values: [tenantId, exchangeId, refundNo],
  });
}
