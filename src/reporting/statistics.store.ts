import { limits } from '../base/limits.ts';
import type { Tx } from '../db/transaction.ts';

/**
 * Makes a seller's statistics anew from its sales, or those of one event. What is being counted meanwhile waits, so that
 * no sale is left out or counted twice (`rebuild_statistics`, sql/0028).
 * @returns the number of sales that are in them; null when there is no such seller or event.
 */
export async function rebuildStatistics(
  tx: Tx,
  tenantId: number,
  eventId: number | null = null,
): Promise<number | null> {
  const [row] = await tx.query<{ sales: number }>({
    text: `select rebuild_statistics($1, $2, $3) as sales from sellers s
            where s.tenant_id = $1
              and ($2::integer is null or exists (select from events where tenant_id = $1 and event_id = $2))`,
    values: [tenantId, eventId, limits.statisticsRebuildRowsMax],
  });
  return row?.sales ?? null;
}
