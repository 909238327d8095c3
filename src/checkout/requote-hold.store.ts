import type { Pool } from '../db/pool.ts';
import { transactOnce } from '../db/transaction.ts';
import { instantParameter } from '../holds/place-holds.store.ts';
import type { Quote } from '../pricing/quote.ts';

/**
 * Gives a live hold a new quote of the same lines, after prices or taxes have changed.
 * @returns false when the hold is not live any more.
 */
export async function requoteHold(
  pool: Pool,
  tenantId: number,
  holdId: string,
  quote: Quote,
): Promise<boolean> {
  const rows = await transactOnce(pool, {
    name: 'requote_hold',
    text: `select requoted from requote_hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             requoted where requoted`,
    values: [
      tenantId,
      holdId,
      quote.pricingVersion,
      quote.taxVersion,
      instantParameter(quote.validUntil),
      quote.net,
      quote.discounts,
      quote.fees,
      quote.taxTotal,
      quote.total,
      quote.lines.map((line) => line.unitPrice),
      quote.lines.map((line) => line.net),
      quote.lines.map((line) => line.discounts),
      quote.lines.map((line) => line.fees),
      quote.lines.map((line) => line.taxes),
      quote.taxes.map((tax) => tax.taxRuleId),
      quote.taxes.map((tax) => tax.amount),
    ],
  });
  return rows.length > 0;
}
