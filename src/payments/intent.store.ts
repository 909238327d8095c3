import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row } from '../db/transaction.ts';
import { shop, type SellingPoint } from '../fiscal/selling-point.ts';
import type { EndReason, Intent, IntentKey, IntentState, Tender, TenderOrder } from './intent.ts';
import type { PaymentNews, TenderKey } from './payment-provider.ts';

/** An order that is to wait for its money. Instants are the database's. */
export type IntentOrder = {
  key: EventKey;
  holdId: string;
  transactionId: string;
  keyDigest: string;
  bodyDigest: string;
  /** Minor units of the hold's quote. */
  total: number;
  /** How long the money may take. */
  seconds: number;
  substitutes: boolean;
  point: SellingPoint;
  customer: { name: string; email?: string; phone?: string; document?: string; locale: 'es' | 'en' };
  tenders: TenderOrder[];
};

/** What each means stands in sql/0034_payments.sql. */
export type OpenOutcome =
  | 'opened'
  | 'replayed'
  | 'again'
  | 'key_reused'
  | 'hold_not_found'
  | 'hold_expired'
  | 'hold_released'
  | 'hold_already_confirmed'
  | 'payment_pending'
  | 'sales_closed'
  | 'stale'
  | 'amounts_differ'
  | 'reference_used';

/** A payment as SQL's functions take it. */
export function tenderJson({ method, state, amount, paidAmount, paidCurrency, ...rest }: TenderOrder) {
  return {
    method,
    state,
    amount,
    paid_amount: paidAmount,
    paid_currency: paidCurrency,
    rate_e8: rest.rate?.rateE8 ?? null,
    rate_day: rest.rate?.day ?? null,
    tendered: rest.tendered,
    provider: rest.provider,
    bank: rest.bank,
    phone: rest.report?.phone ?? null,
    document: rest.report?.document ?? null,
    reference: rest.reference,
    later: rest.later ?? 0,
  };
}

/** Runs each statement as a transaction of its own, where a function takes one. */
export function once(pool: Pool): Reader {
  return { query: (statement) => transactOnce(pool, statement) };
}

/** Opens an intent over a live hold: one transaction, one round trip (open_intent in SQL). */
export async function openIntent(
  run: Reader,
  order: IntentOrder,
): Promise<{ outcome: OpenOutcome; transactionId: string }> {
  const { key, customer } = order;
  const [row] = await run.query<{ outcome: OpenOutcome; transaction_id: string }>({
    name: 'open_intent',
    text: `with opened as materialized (
             select * from open_intent($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
           ), taken as (
             insert into till_orders (tenant_id, transaction_id, point_no, shift_no)
             select $1, transaction_id, $16, $17 from opened where outcome = 'opened' and $17::integer is not null
           ), terms as (
             insert into sale_terms (tenant_id, kind, term, transaction_id)
             select $1, t.kind, t.term, o.transaction_id
               from opened o
              cross join lateral (
                select 'event'::sale_term_kind as kind, $2::integer::text as term
                 union all
                select s.kind, s.term from sale_terms_of($11, $12, $13, $14, $18) s) t
              where o.outcome = 'opened')
           select * from opened`,
    values: [
      key.tenantId,
      key.eventId,
      order.holdId,
      order.transactionId,
      order.keyDigest,
      order.bodyDigest,
      order.total,
      order.seconds,
      order.substitutes,
      customer.locale,
      customer.name,
      customer.email ?? null,
      customer.phone ?? null,
      customer.document ?? null,
      JSON.stringify(order.tenders.map(tenderJson)),
      order.point.pointNo,
      order.point.shiftNo,
      order.tenders.flatMap(({ report, reference }) => report?.reference ?? reference ?? []),
    ],
  });
  return { outcome: row!.outcome, transactionId: row!.transaction_id };
}

/**
 * The order that a key made before. It writes, so that it commits: a primary that has been cut off confirms nothing.
 * @returns null for a key that is not known; `key_reused` when it was used with another body, or for a sale made at once.
 */
export async function replayIntent(
  pool: Pool,
  { key: { tenantId }, keyDigest, bodyDigest }: Pick<IntentOrder, 'key' | 'keyDigest' | 'bodyDigest'>,
): Promise<IntentKey | 'key_reused' | null> {
  const [row] = await transactOnce<{ isSame: boolean; transactionId: string | null }>(pool, {
    name: 'replay-intent',
    text: `with known as (
             update idempotency_keys set replays = replays + 1 where tenant_id = $1 and key_digest = $2
             returning tenant_id, body_digest, transaction_id)
           select k.body_digest = $3 as "isSame", i.transaction_id as "transactionId"
             from known k
             left join payment_intents i on i.tenant_id = k.tenant_id and i.transaction_id = k.transaction_id`,
    values: [tenantId, keyDigest, bodyDigest],
  });
  if (!row) return null;
  return row.isSame && row.transactionId !== null
    ? { tenantId, transactionId: row.transactionId }
    : 'key_reused';
}

type IntentRow = {
  event_id: number;
  hold_id: string;
  state: IntentState;
  expires_at: Date;
  reason: EndReason | null;
  substitutes: boolean;
  substituted: boolean;
  exchanged: boolean;
  amount: number;
  currency: string;
  customer_name: string;
  customer_email: string | null;
  customer_phone: string | null;
  customer_document: string | null;
  locale: 'es' | 'en';
  created_at: Date;
  updated_at: Date;
};

const tenderColumns = `tender_no as "tenderNo", method, state, amount, paid_amount as "paidAmount",
  paid_currency as "paidCurrency", captured, refunded, tendered, provider, page_id as "pageId", page_url as "pageUrl",
  payment_id as "paymentId", bank, payer_phone as "payerPhone", payer_document as "payerDocument", reference, detail,
  expires_at as "expiresAt", surplus, kept, updated_at as "updatedAt"`;

function readTenders(reader: Reader, key: IntentKey): Promise<Tender[]> {
  return reader.query<Tender & Row>({
    name: 'read-tenders',
    text: `select ${tenderColumns} from tenders where tenant_id = $1 and transaction_id = $2 order by tender_no`,
    values: [key.tenantId, key.transactionId],
  });
}

function intentOf({ tenantId, transactionId }: IntentKey, row: IntentRow, tenders: Tender[]): Intent {
  return {
    tenantId,
    transactionId,
    eventId: row.event_id,
    holdId: row.hold_id,
    state: row.state,
    expiresAt: row.expires_at,
    reason: row.reason,
    substitutes: row.substitutes,
    substituted: row.substituted,
    exchanged: row.exchanged,
    amount: row.amount,
    currency: row.currency,
    customer: {
      name: row.customer_name,
      email: row.customer_email,
      phone: row.customer_phone,
      document: row.customer_document,
      locale: row.locale,
    },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    tenders,
  };
}

/** An intent with its payments, or null. */
export async function readIntent(reader: Reader, key: IntentKey): Promise<Intent | null> {
  const [row] = await reader.query<IntentRow>({
    name: 'read-intent',
    text: 'select * from payment_intents where tenant_id = $1 and transaction_id = $2',
    values: [key.tenantId, key.transactionId],
  });
  return row ? intentOf(key, row, await readTenders(reader, key)) : null;
}

/** Where an order was taken: at a till, or in the shop. */
export async function readOrderPoint(reader: Reader, key: IntentKey): Promise<SellingPoint> {
  const [till] = await reader.query<SellingPoint & Row>({
    name: 'read-order-point',
    text: `select point_no as "pointNo", shift_no as "shiftNo" from till_orders
            where tenant_id = $1 and transaction_id = $2`,
    values: [key.tenantId, key.transactionId],
  });
  return till ?? shop;
}

/** Keeps the hold of a paid order whose point gives no number yet, until it is looked at again. */
export async function keepHold(pool: Pool, key: IntentKey, seconds: number): Promise<void> {
  await transactOnce(pool, {
    name: 'keep-hold',
    text: `update holds h set expires_at = greatest(h.expires_at, clock_timestamp() + make_interval(secs => $3))
             from payment_intents i
            where i.tenant_id = $1 and i.transaction_id = $2 and i.state = 'paid'
              and h.tenant_id = $1 and h.hold_id = i.hold_id and h.state = 'live'`,
    values: [key.tenantId, key.transactionId, seconds],
  });
}

/** Takes an intent to settle it or to refund it; null when there is nothing to do, or another does it. */
export async function leaseIntent(
  pool: Pool,
  reader: Reader,
  key: IntentKey,
  seconds: number,
): Promise<Intent | null> {
  const [row] = await transactOnce<IntentRow>(pool, {
    name: 'lease-intent',
    text: 'select * from lease_intent($1, $2, $3)',
    values: [key.tenantId, key.transactionId, seconds],
  });
  return row ? intentOf(key, row, await readTenders(reader, key)) : null;
}

/** Gives a lease back before its time. */
export async function releaseLease(pool: Pool, key: IntentKey, seconds = 0): Promise<void> {
  await transactOnce(pool, {
    name: 'release-lease',
    text: `update payment_intents set leased_until = clock_timestamp() + make_interval(secs => $3)
            where tenant_id = $1 and transaction_id = $2`,
    values: [key.tenantId, key.transactionId, seconds],
  });
}

/** Notes how a payment stands (note_tender in SQL). @returns the intent's state, null when there is none such. */
export async function noteTender(
  run: Reader,
  key: TenderKey,
  news: PaymentNews,
  options: { graceSeconds: number; detail?: string },
): Promise<{ state: IntentState; changed: boolean } | null> {
  const [row] = await run.query<{ state: IntentState | null; changed: boolean }>({
    name: 'note_tender',
    text: 'select * from note_tender($1, $2, $3::smallint, $4::payment_state, $5, $6, $7, $8)',
    values: [
      key.tenantId,
      key.transactionId,
      key.tenderNo,
      news.state,
      news.captured,
      news.paymentId,
      options.detail ?? null,
      options.graceSeconds,
    ],
  });
  return row!.state === null ? null : { state: row!.state, changed: row!.changed };
}

async function stateOf(
  run: Reader,
  name: string,
  text: string,
  values: unknown[],
): Promise<IntentState | null> {
  const [row] = await run.query<{ state: IntentState | null }>({ name, text, values });
  return row?.state ?? null;
}

/** Gives an intent up (give_up_intent in SQL); its hold lives for `holdSeconds` more at most. */
export function giveUpIntent(
  pool: Pool,
  key: IntentKey,
  reason: EndReason,
  holdSeconds: number,
): Promise<IntentState | null> {
  return stateOf(once(pool), 'give_up_intent', 'select give_up_intent($1, $2, $3, $4) as state', [
    key.tenantId,
    key.transactionId,
    reason,
    holdSeconds,
  ]);
}

/** Decides that the money goes back, unless the sale was made (decide_refund in SQL). */
export function decideRefund(
  pool: Pool,
  key: IntentKey,
  keyDigest: string,
  reason: EndReason,
): Promise<IntentState | null> {
  return stateOf(once(pool), 'decide_refund', 'select decide_refund($1, $2, $3, $4) as state', [
    key.tenantId,
    key.transactionId,
    keyDigest,
    reason,
  ]);
}

/** Notes how much of a payment has gone back in all (note_refund in SQL). */
export function noteRefund(run: Reader, key: TenderKey, refunded: number): Promise<IntentState | null> {
  return stateOf(run, 'note_refund', 'select note_refund($1, $2, $3::smallint, $4) as state', [
    key.tenantId,
    key.transactionId,
    key.tenderNo,
    refunded,
  ]);
}

/** The sale is made. */
export async function settleIntent(run: Reader, key: IntentKey): Promise<void> {
  await run.query({
    name: 'settle-intent',
    text: `with settled as (
             update payment_intents set state = 'settled', reason = null, updated_at = clock_timestamp()
              where tenant_id = $1 and transaction_id = $2 and state = 'paid' returning transaction_id)
           select notify_progress($1, array[transaction_id]) from settled`,
    values: [key.tenantId, key.transactionId],
  });
}

/** The hold that takes the place of one that has ended. */
export async function replaceHold(
  pool: Pool,
  key: IntentKey,
  holdId: string,
  substituted: boolean,
): Promise<void> {
  await transactOnce(pool, {
    name: 'replace-hold',
    text: `update payment_intents set hold_id = $3, substituted = $4
            where tenant_id = $1 and transaction_id = $2 and state = 'paid'`,
    values: [key.tenantId, key.transactionId, holdId, substituted],
  });
}

/** Keeps a provider's page of a payment; the first that was opened stays. `url` is null when only its id is known. */
export async function keepPage(
  pool: Pool,
  key: TenderKey,
  page: { pageId: string; url: string | null },
): Promise<void> {
  await transactOnce(pool, {
    name: 'keep-page',
    text: `update tenders set page_id = $4, page_url = coalesce(page_url, $5), asked_at = clock_timestamp()
            where tenant_id = $1 and transaction_id = $2 and tender_no = $3 and provider is not null
              and coalesce(page_id, $4) = $4`,
    values: [key.tenantId, key.transactionId, key.tenderNo, page.pageId, page.url],
  });
}

/** Whether the exchange that an order is of can still be carried out; while the order is paid, it stays so. */
export async function isExchangeOpen(reader: Reader, key: IntentKey): Promise<boolean> {
  const rows = await reader.query({
    name: 'is-exchange-open',
    text: `select from exchanges where tenant_id = $1 and exchange_id = $2 and state = 'open'`,
    values: [key.tenantId, key.transactionId],
  });
  return rows.length > 0;
}

/** Marks that the buyer was written to about the end. */
export async function markTold(pool: Pool, key: IntentKey): Promise<void> {
  await transactOnce(pool, {
    name: 'mark-told',
    text: 'update payment_intents set told_at = clock_timestamp() where tenant_id = $1 and transaction_id = $2',
    values: [key.tenantId, key.transactionId],
  });
}
