import type { Pool } from '../../src/db/pool.ts';
import type { StripeFake } from './fakes/stripe.ts';

/**
 * Holds a provider's own ledger against ours, both ways (I10).
 * @returns the differences, a sentence each.
 */
export async function findLedgerFaults(pool: Pool, stripe: StripeFake): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; captured: number; refunded: number; state: string }>(
    `select transaction_id as id, captured, refunded, i.state
       from tenders join payment_intents i using (tenant_id, transaction_id) where provider = 'stripe' and captured > 0`,
  );
  const faults: string[] = [];
  const theirs = stripe.ledger();
  for (const { id, captured, refunded, state } of rows) {
    const their = theirs.get(id);
    theirs.delete(id);
    if (their?.captured !== captured || their.refunded !== refunded)
      faults.push(
        `order ${id}: we say ${captured} − ${refunded}, they ${their?.captured} − ${their?.refunded}`,
      );
    // What was undone of a sale is held by the audit.
    if (state !== 'settled' && refunded !== captured)
      faults.push(`order ${id}: money kept without tickets, ${state}`);
  }
  for (const [id, { captured }] of theirs)
    faults.push(`order ${id}: they took ${captured} that we do not know of`);
  return faults;
}
