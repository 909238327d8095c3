import type { Pool } from '../../src/db/pool.ts';
import type { StripeFake } from './fakes/stripe.ts';

/**
 * Holds a provider's own ledger against ours, both ways (I10).
 * @returns the differences, a sentence each.
 */
export async function findLedgerFaults(pool: Pool, stripe: StripeFake): Promise<string[]> {
  const { rows } = await pool.query<{
    id: string;
    state: string;
    captured: number;
    refunded: number;
    owing: boolean;
  }>(
    `select transaction_id as id, i.state, sum(captured)::integer as captured, sum(refunded)::integer as refunded,
            bool_or(refunded <> captured - kept and (surplus or i.state not in ('awaiting', 'settled'))) as owing
       from tenders join payment_intents i using (tenant_id, transaction_id)
      where provider = 'stripe' and captured > 0 group by 1, 2`,
  );
  const faults: string[] = [];
  const theirs = stripe.ledger();
  for (const { id, captured, refunded, state, owing } of rows) {
    const their = theirs.get(id);
    theirs.delete(id);
    if (their?.captured !== captured || their.refunded !== refunded)
      faults.push(
        `order ${id}: we say ${captured} − ${refunded}, they ${their?.captured} − ${their?.refunded}`,
      );
    // What was undone of a sale is held by the audit.
    if (owing) faults.push(`order ${id}: money kept without tickets, ${state}`);
  }
  for (const [id, { captured }] of theirs)
    faults.push(`order ${id}: they took ${captured} that we do not know of`);
  return faults;
}
