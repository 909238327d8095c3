import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { SeriesKey } from './fiscal-block.store.ts';

/** How a series gives numbers: each by itself under its row, or in blocks of so many numbers to a process. */
export type Numbering = { numbering: 'strict' | 'preallocated'; blockSize: number };

type Change = { outcome: 'changed' | 'leased_already'; before: Numbering } | { outcome: 'not_found' };

/**
 * Sets how a series gives numbers, at any time but for one: a series that has leased a block stays preallocated
 * (docs/decisions/0017).
 */
export async function setNumbering(
  tx: Tx,
  { tenantId, seriesId }: SeriesKey,
  to: { numbering: Numbering['numbering']; blockSize?: number },
): Promise<Change> {
  const values = [tenantId, seriesId];
  const [before] = await tx.query<Numbering & Row>({
    text: `select numbering, block_size as "blockSize" from fiscal_series
            where tenant_id = $1 and series_id = $2 for update`,
    values,
  });
  if (!before) return { outcome: 'not_found' };
  if (to.numbering === 'strict') {
    const some = await tx.query({
      text: 'select from fiscal_blocks where tenant_id = $1 and series_id = $2 limit 1',
      values,
    });
    if (some.length > 0) return { outcome: 'leased_already', before };
  }
  await tx.query({
    text: 'update fiscal_series set numbering = $3, block_size = $4 where tenant_id = $1 and series_id = $2',
    values: [...values, to.numbering, to.blockSize ?? before.blockSize],
  });
  return { outcome: 'changed', before };
}

/** Whether a seller has this series. */
export async function hasSeries(reader: Reader, { tenantId, seriesId }: SeriesKey): Promise<boolean> {
  const rows = await reader.query({
    text: 'select from fiscal_series where tenant_id = $1 and series_id = $2',
    values: [tenantId, seriesId],
  });
  return rows.length > 0;
}
