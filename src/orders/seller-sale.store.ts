import type { Reader, Row } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import type { PaymentMethod, PaymentState } from '../payments/payment.ts';
import type { SaleKey } from './sale-token.ts';

/** A payment of a sale. Amounts in minor units: of the sale, and as it was paid in its own currency. */
export type SalePayment = {
  method: PaymentMethod;
  state: PaymentState;
  amount: number;
  currency: string;
  paidAmount: number;
  paidCurrency: string;
  reference: string | null;
  at: Date;
};

/** A fiscal document of a sale: its own, or a credit note. */
export type SaleDocument = { seriesId: number; number: number; fiscalNumber: string; issuedAt: Date };

/** What staff see of a sale beside what its buyer sees. */
export type SellerSale = {
  document: string | null;
  payments: SalePayment[];
  documents: SaleDocument[];
};

// A card or a transfer has its own row; what was paid at once has the payment's alone.
const payments = `
  select n.method, n.state, n.amount, i.currency, n.paid_amount as "paidAmount", n.paid_currency as "paidCurrency",
         coalesce(n.reference, n.payment_id) as reference, i.created_at as at
    from tenders n
    join payment_intents i on i.tenant_id = $1 and i.transaction_id = $2
   where n.tenant_id = $1 and n.transaction_id = $2
  union all
  select p.method, p.state, p.amount, p.currency, p.amount, p.currency, p.reference, p.created_at
    from payments p
   where p.tenant_id = $1 and p.transaction_id = $2
     and not exists (select from tenders n where n.tenant_id = $1 and n.transaction_id = $2)`;

const documents = `
  select d.series_id as "seriesId", d.number, f.prefix, f.padding, d.issued_at as "issuedAt"
    from (select series_id, number, issued_at from fiscal_documents where tenant_id = $1 and transaction_id = $2
          union all
          select series_id, number, issued_at from credit_notes where tenant_id = $1 and transaction_id = $2) d
    join fiscal_series f on f.tenant_id = $1 and f.series_id = d.series_id
   order by d.issued_at`;

/** Reads what staff see of a sale, or of an order that is none yet. */
export async function readSellerSale(
  reader: Reader,
  { tenantId, transactionId }: SaleKey,
): Promise<SellerSale> {
  const values = [tenantId, transactionId];
  const [heads, paymentRows, documentRows] = await Promise.all([
    reader.query<{ document: string | null }>({
      text: `select customer_document as document from transactions where tenant_id = $1 and transaction_id = $2
             union all
             select customer_document from payment_intents where tenant_id = $1 and transaction_id = $2`,
      values,
    }),
    reader.query<Row & SalePayment>({ text: payments, values }),
    reader.query<Row & Omit<SaleDocument, 'fiscalNumber'> & { prefix: string; padding: number }>({
      text: documents,
      values,
    }),
  ]);
  return {
    document: heads[0]?.document ?? null,
    payments: paymentRows,
    documents: documentRows.map(({ prefix, padding, ...row }) => ({
      ...row,
      fiscalNumber: formatFiscalNumber(prefix, padding, row.number),
    })),
  };
}
