import type { Reader, Row, Tx } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import type { PaymentMethod } from '../payments/payment.ts';
import type { Refund, RefundOrder, Repayment } from './refund.ts';

/** What each means stands in sql/0038_undoing.sql. */
export type ReturnOutcome =
  | 'returned'
  | 'replayed'
  | 'key_reused'
  | 'transaction_not_found'
  | 'ticket_not_found'
  | 'ticket_returned'
  | 'exchange_pending'
  | 'refund_exceeds_paid';

export type ReturnedPlaces = {
  outcome: ReturnOutcome;
  refundNo: number;
  eventId: number;
  total: number;
  freedSeats: number[];
  zones: number[];
  zonesLeft: number[];
};

/** Takes places back (return_places in SQL): nothing has changed unless the outcome is `returned`. */
export async function returnPlaces(tx: Tx, order: RefundOrder): Promise<ReturnedPlaces> {
  const [row] = await tx.query<Row & ReturnedPlaces>({
    name: 'return_places',
    text: `select outcome, refund_no as "refundNo", event_id as "eventId", total, freed_seats as "freedSeats", zones,
                  zones_left as "zonesLeft"
             from return_places($1, $2, $3, $4::smallint[], $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      order.tenantId,
      order.transactionId,
      order.kind,
      order.itemNos,
      order.feesReturned,
      order.resold,
      order.reason,
      order.staffId,
      order.keyDigest,
      order.bodyDigest,
      order.bulkId,
      order.exchange?.saleId ?? null,
      order.exchange?.kept ?? 0,
    ],
  });
  return row!;
}

/** Pays a refund by what providers gave back unasked, as far as that goes (use_provider_refunds in SQL). */
export async function useUnasked(
  tx: Tx,
  { tenantId, transactionId }: SaleKey,
  refundNo: number,
): Promise<void> {
  await tx.query({
    name: 'use_unasked',
    text: 'select use_provider_refunds($1, $2, $3::smallint, null)',
    values: [tenantId, transactionId, refundNo],
  });
}

/** Issues the credit note of a refund, the last thing in its transaction (issue_credit_note in SQL). */
export async function issueCreditNote(
  tx: Tx,
  { tenantId, transactionId }: SaleKey,
  refundNo: number,
): Promise<'issued' | 'fiscal_day_closed' | 'void_too_late'> {
  const [row] = await tx.query<{ outcome: 'issued' | 'fiscal_day_closed' | 'void_too_late' }>({
    name: 'issue_credit_note',
    text: 'select outcome from issue_credit_note($1, $2, $3::smallint)',
    values: [tenantId, transactionId, refundNo],
  });
  return row!.outcome;
}

type RefundRow = Row & Omit<Refund, 'creditNote'> & { number: number; prefix: string; padding: number };

const columns = `
  r.tenant_id as "tenantId", r.transaction_id as "transactionId", r.refund_no as "refundNo", r.kind,
  r.created_at as "createdAt", r.currency, r.net, r.discounts, r.fees, r.taxes, r.total, r.item_nos as "itemNos", r.resold,
  r.fees_returned as "feesReturned", r.reason, r.bulk_id as "bulkId", r.paid_back as "paidBack",
  r.settled_at as "settledAt", c.number, f.prefix, f.padding`;

/** What was undone of a sale, the first first. */
export async function readRefunds(reader: Reader, { tenantId, transactionId }: SaleKey): Promise<Refund[]> {
  const values = [tenantId, transactionId];
  const rows = await reader.query<RefundRow>({
    name: 'read-refunds',
    text: `select ${columns}
             from refunds r
             join credit_notes c on c.tenant_id = r.tenant_id and c.transaction_id = r.transaction_id and c.refund_no = r.refund_no
             join fiscal_series f on f.tenant_id = c.tenant_id and f.series_id = c.series_id
            where r.tenant_id = $1 and r.transaction_id = $2 order by r.refund_no`,
    values,
  });
  if (rows.length === 0) return [];
  const repayments = await reader.query<Row & Repayment & { refundNo: number }>({
    name: 'read-repayments',
    text: `select refund_no as "refundNo", repayment_no as "repaymentNo", amount, method, tender_no as "tenderNo",
                  exchanged_for as "exchangedFor", reference, done_at as "doneAt", last_error as "lastError",
                  unasked
             from repayments where tenant_id = $1 and transaction_id = $2 order by refund_no, repayment_no`,
    values,
  });
  return rows.map(({ number, prefix, padding, ...refund }) => ({
    ...refund,
    creditNote: formatFiscalNumber(prefix, padding, number),
    repayments: repayments.filter(({ refundNo }) => refundNo === refund.refundNo),
  }));
}

/** Money that somebody at the seller says they gave back. */
export type PaidBack = SaleKey & {
  refundNo: number;
  /** Minor units of the sale's currency; null: all that is left. */
  amount: number | null;
  method: PaymentMethod;
  reference: string | null;
  staffId: string | null;
  keyDigest: string;
};

/** Records money that was given back by hand (pay_back in SQL). */
export async function payBack(
  tx: Tx,
  paid: PaidBack,
): Promise<{
  outcome: 'paid' | 'replayed' | 'key_reused' | 'refund_not_found' | 'refund_exceeds_paid';
  amount: number;
}> {
  const [row] = await tx.query<Row & Awaited<ReturnType<typeof payBack>>>({
    name: 'pay_back',
    text: 'select outcome, amount from pay_back($1, $2, $3::smallint, $4, $5, $6, $7, $8)',
    values: [
      paid.tenantId,
      paid.transactionId,
      paid.refundNo,
      paid.amount,
      paid.method,
      paid.reference,
      paid.staffId,
      paid.keyDigest,
    ],
  });
  return row!;
}
