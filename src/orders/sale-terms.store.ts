import type { Tx } from '../db/transaction.ts';
import type { SaleKey } from './sale-token.ts';

/** Has a sale found by what it says of its buyer now; by what it said before it is found, too (add_sale_terms in SQL). */
export async function addSaleTerms(tx: Tx, { tenantId, transactionId }: SaleKey): Promise<void> {
  await tx.query({
    name: 'add-sale-terms',
    text: 'select add_sale_terms($1, array[$2::uuid])',
    values: [tenantId, transactionId],
  });
}

/** Has a sale found by whoever took one of its tickets over. */
export async function addHolderTerms(
  tx: Tx,
  { tenantId, transactionId }: SaleKey,
  holder: { name: string; email: string },
): Promise<void> {
  await tx.query({
    name: 'add-holder-terms',
    text: `insert into sale_terms (tenant_id, kind, term, transaction_id)
           select $1, t.kind, t.term, $2 from sale_terms_of($3, $4, null, null, null) t on conflict do nothing`,
    values: [tenantId, transactionId, holder.name, holder.email],
  });
}
