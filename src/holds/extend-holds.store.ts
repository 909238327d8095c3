import type { Pool } from '../db/pool.ts';
import { transactOnce } from '../db/transaction.ts';

/**
 * Prolongs live holds of one seller: one transaction, one round trip.
 * @returns the new expiry of those that could be prolonged.
 */
export async function extendHolds(
  pool: Pool,
  tenantId: number,
  holdIds: string[],
  seconds: number,
  extensionsMax: number,
): Promise<Map<string, Date>> {
  const rows = await transactOnce<{ hold_id: string; expires_at: Date }>(pool, {
    name: 'extend_holds',
    text: 'select * from extend_holds($1, $2, $3, $4)',
    values: [tenantId, holdIds, seconds, extensionsMax],
  });
  return new Map(rows.map((row) => [row.hold_id, row.expires_at]));
}
