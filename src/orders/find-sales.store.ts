import { isUuid } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { SaleKey } from './sale-token.ts';

/**
 * The sales that a text names: one by its id, or by its fiscal number as it is printed, of which several sellers may
 * have the same.
 * @param tenantId only this seller's, or null.
 */
export async function findSales(reader: Reader, text: string, tenantId: number | null): Promise<SaleKey[]> {
  if (isUuid(text)) {
    return await reader.query<SaleKey>({
      text: `select t.tenant_id as "tenantId", t.transaction_id as "transactionId"
               from sellers s join transactions t on t.tenant_id = s.tenant_id and t.transaction_id = $1
              where $2::integer is null or s.tenant_id = $2
              order by 1`,
      values: [text, tenantId],
    });
  }
  return await reader.query<SaleKey>({
    text: `select d.tenant_id as "tenantId", d.transaction_id as "transactionId"
             from fiscal_series f
            cross join lateral (select substr($1, length(f.prefix) + 1) as digits) p
             join fiscal_documents d on d.tenant_id = f.tenant_id and d.series_id = f.series_id
              and d.number = case when p.digits ~ '^[0-9]{1,18}$' then p.digits::bigint end
            where starts_with($1, f.prefix) and p.digits = lpad(d.number::text, greatest(f.padding::integer, length(d.number::text)), '0')
              and ($2::integer is null or f.tenant_id = $2)
            order by 1`,
    values: [text, tenantId],
  });
}
