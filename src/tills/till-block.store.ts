import type { Row, Tx } from '../db/transaction.ts';
import { requireOpenDayOf } from '../fiscal/selling-point.store.ts';
import { addConflict, type KeptLease, type TillKey } from './till.store.ts';

/** A range of a lease's numbers as it stands. */
export type TillBlock = { blockNo: number; state: string; first: number; last: number; next: number };

/** The ranges of a lease, in the order in which the till uses them. */
export async function readTillBlocks(tx: Tx, { tenantId }: TillKey, kept: KeptLease): Promise<TillBlock[]> {
  return await tx.query<TillBlock & Row>({
    text: `select block_no as "blockNo", state, first_number as first, last_number as last, next_number as next
             from fiscal_blocks where tenant_id = $1 and series_id = $2 and block_no = any ($3) order by first_number`,
    values: [tenantId, kept.seriesId, kept.blockNos],
  });
}

/**
 * Numbers of a range up to before `next` were printed, or may have been, without a document.
 * @throws Problem `fiscal_day_closed`.
 */
export async function passNumbers(
  tx: Tx,
  { tenantId }: TillKey,
  { seriesId }: Pick<KeptLease, 'seriesId'>,
  { blockNo }: Pick<TillBlock, 'blockNo'>,
  next: number,
): Promise<void> {
  await tx.query({
    text: `update fiscal_blocks
              set next_number = $4, state = case when $4 > last_number then 'used' else 'open' end::fiscal_block_state,
                  ended_at = case when $4 > last_number then clock_timestamp() end
            where tenant_id = $1 and series_id = $2 and block_no = $3 and state = 'open'`,
    values: [tenantId, seriesId, blockNo, next],
  });
  await requireOpenDayOf(tx, tenantId, seriesId);
}

/**
 * Accounts for the numbers that a till has passed over before it came to `number`: each is a conflict, since it may have
 * been printed and must not be given to anybody else.
 */
export async function skipTo(
  tx: Tx,
  key: TillKey,
  kept: KeptLease,
  blocks: TillBlock[],
  passed: { number: number; sequence: number | null },
): Promise<void> {
  for (const block of blocks) {
    const end = Math.min(block.last + 1, passed.number);
    if (block.state !== 'open' || block.next >= end) continue;
    for (let number = block.next; number < end; number++) {
      await addConflict(tx, key, {
        kind: 'number_skipped',
        detail: `The till has told of no sale with the number ${number}.`,
        sequence: passed.sequence,
        kept: { seriesId: kept.seriesId, number },
      });
    }
    await passNumbers(tx, key, kept, block, end);
  }
}
