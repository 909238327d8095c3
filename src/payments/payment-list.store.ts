import type { Reader, Row } from '../db/transaction.ts';
import type { IntentState } from './intent.ts';
import type { TenderKey } from './payment-provider.ts';
import type { BuyerMethod, PaymentState } from './payment.ts';

/** A payment of an order whose money comes later, as staff see it. */
export type ListedPayment = TenderKey & {
  method: BuyerMethod;
  state: PaymentState;
  orderState: IntentState;
  amount: number;
  currency: string;
  paidAmount: number;
  paidCurrency: string;
  captured: number;
  refunded: number;
  provider: string | null;
  bank: string | null;
  payerPhone: string | null;
  payerDocument: string | null;
  reference: string | null;
  detail: string | null;
  customerName: string;
  expiresAt: Date;
  updatedAt: Date;
};

const columns = `
  t.tenant_id as "tenantId", t.transaction_id as "transactionId", t.tender_no as "tenderNo", t.method, t.state,
  i.state as "orderState", t.amount, i.currency, t.paid_amount as "paidAmount", t.paid_currency as "paidCurrency",
  t.captured, t.refunded, t.provider, t.bank, t.payer_phone as "payerPhone", t.payer_document as "payerDocument",
  t.reference, t.detail, i.customer_name as "customerName", i.expires_at as "expiresAt", t.updated_at as "updatedAt"`;

const tables = `from tenders t
  join payment_intents i on i.tenant_id = t.tenant_id and i.transaction_id = t.transaction_id`;

/** A page of a seller's payments, the newest orders first. */
export async function listPayments(
  reader: Reader,
  tenantId: number,
  page: {
    state: PaymentState | null;
    orderState: IntentState | null;
    after: { transactionId: string; tenderNo: number } | null;
    limit: number;
  },
): Promise<{ payments: ListedPayment[]; hasMore: boolean }> {
  const rows = await reader.query<ListedPayment & Row>({
    name: 'list-payments',
    text: `select ${columns} ${tables}
            where t.tenant_id = $1 and ($2::payment_state is null or t.state = $2)
              and ($3::intent_state is null or i.state = $3)
              and ($4::uuid is null or (t.transaction_id, t.tender_no) < ($4, $5::smallint))
            order by t.transaction_id desc, t.tender_no desc limit $6`,
    values: [
      tenantId,
      page.state,
      page.orderState,
      page.after?.transactionId ?? null,
      page.after?.tenderNo ?? null,
      page.limit + 1,
    ],
  });
  return { payments: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** One payment of a seller's, or null. */
export async function readPayment(reader: Reader, key: TenderKey): Promise<ListedPayment | null> {
  const [row] = await reader.query<ListedPayment & Row>({
    name: 'read-payment',
    text: `select ${columns} ${tables} where t.tenant_id = $1 and t.transaction_id = $2 and t.tender_no = $3`,
    values: [key.tenantId, key.transactionId, key.tenderNo],
  });
  return row ?? null;
}

/** The reported payments of a bank with these references that still stand. */
export function findReported(
  reader: Reader,
  tenantId: number,
  bank: string,
  references: readonly string[],
): Promise<ListedPayment[]> {
  return reader.query<ListedPayment & Row>({
    name: 'find-reported',
    text: `select ${columns} ${tables}
            where t.tenant_id = $1 and t.bank = $2 and t.reference = any ($3) and t.state not in ('failed', 'cancelled')`,
    values: [tenantId, bank, references],
  });
}
