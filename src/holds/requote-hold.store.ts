import type { Pool } from '../db/pool.ts';
import { transactOnce } from '../db/transaction.ts';
import type { Take } from '../pricing/price-list.ts';
import type { Quote } from '../pricing/quote.ts';
import { instantParameter, termsParameter } from './place-holds.store.ts';

/** `counter` is what has no room. */
export type RequoteOutcome = { outcome: 'changed' | 'ended' } | { outcome: 'full'; counter: string };

/**
 * Gives a live hold a new quote of the same places: after prices or taxes have changed, or under other terms.
 * @param takes what the hold then takes of counters, in place of what it took; absent: as before.
 */
export async function requoteHold(
  pool: Pool,
  tenantId: number,
  holdId: string,
  quote: Quote,
  takes?: Pick<Take, 'counter' | 'count' | 'limit'>[],
): Promise<RequoteOutcome> {
  const { lines } = quote;
  const [row] = await transactOnce<{ outcome: RequoteOutcome['outcome']; full_counter: string | null }>(
    pool,
    {
      name: 'requote_hold',
      text: `select * from requote_hold(${Array.from({ length: 24 }, (_, i) => `$${i + 1}`).join(', ')})`,
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
        lines.map((line) => line.zoneNo),
        lines.map((line) => line.seatNo ?? 0),
        lines.map((line) => line.quantity),
        lines.map((line) => line.unitPrice),
        lines.map((line) => line.net),
        lines.map((line) => line.discounts),
        lines.map((line) => line.fees),
        lines.map((line) => line.taxes),
        quote.taxes.map((tax) => tax.taxRuleId),
        quote.taxes.map((tax) => tax.amount),
        termsParameter(quote),
        takes?.map((take) => take.counter) ?? null,
        takes?.map((take) => take.count) ?? null,
        takes?.map((take) => take.limit) ?? null,
      ],
    },
  );
  const { outcome, full_counter } = row!;
  return outcome === 'full' ? { outcome, counter: full_counter! } : { outcome };
}
