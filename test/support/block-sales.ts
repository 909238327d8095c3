import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { leaseTillBlocks, returnProcessBlocks, voidBlock } from '../../src/fiscal/fiscal-block.store.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { confirmOrder, placeOrder, type Hall } from './hall.ts';

/**
 * Series 3 gives blocks, from 101 on: two sales from one that came back then; of its rest, one number is a till's, one
 * is void and one waits.
 */
export async function fillFromBlocks(pool: Pool, hall: Hall): Promise<void> {
  const key = { tenantId: hall.tenantId, seriesId: 3 };
  await pool.query(
    `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number)
     values ($1, 3, 'C-', 8, 101, 101)`,
    [hall.tenantId],
  );
  await transact(pool, (tx) => setNumbering(tx, key, { numbering: 'preallocated', blockSize: 5 }));
  const holds = [placeOrder([20]), placeOrder([21])];
  await placeHolds(pool, hall, holds, 600);
  for (const { holdId } of holds) await confirmSales(pool, hall, 3, [confirmOrder(holdId)], 'a');
  await returnProcessBlocks(pool, 'a');
  await transact(pool, async (tx) => {
    await leaseTillBlocks(tx, key, { deviceNo: 7, numbers: 1 });
    await leaseTillBlocks(tx, key, { deviceNo: 8, numbers: 1 });
    await voidBlock(tx, key, 3, 'lost');
  });
}

/** A block of that series. */
export const block = (number: number) => `tenant_id = 1 and series_id = 9 and block_no = ${number}`;
/** A series of numbers 1 to 5 without a sale: 1 is a till's, 2 is void, the others wait. */
export const bareBlocks = [
  `insert into fiscal_series (tenant_id, series_id, prefix, padding, first_number, next_number, numbering)
   values (1, 9, 'B-', 8, 1, 6, 'preallocated')`,
  `insert into fiscal_blocks (tenant_id, series_id, block_no, purpose, holder_id, state, first_number, last_number, next_number,
                              rest_number, from_block_no, leased_at, expires_at, ended_at, void_reason, last_hash)
   select 1, 9, b.no, 'till', '7', b.state::fiscal_block_state, b.first, b.last, b.first, b.rest, b.parent, now(), now(),
          case when b.state <> 'open' then now() end, b.reason, fiscal_block_start(9::smallint, b.no)
     from (values (1, 'returned', 1, 5, 3, null, null), (2, 'open', 1, 1, null, 1, null), (3, 'voided', 2, 2, 2, 1, 'lost'))
            b (no, state, first, last, rest, parent, reason)`,
];

/** Lets blocks say what their checks refuse. */
export const withoutChecks = [
  `do $$ declare c text; begin
     for c in select conname from pg_constraint where conrelid = 'fiscal_blocks'::regclass and contype = 'c' loop
       execute 'alter table fiscal_blocks drop constraint ' || c;
     end loop;
   end $$`,
];

/** Makes the chain of the block sound again. */
export const rechainBlock = [
  `update fiscal_documents d set hash = c.hash
     from (select number, fiscal_chain(fiscal_block_start(3::smallint, 1), fiscal_content(series_id, number, transaction_id,
                                       issued_at, taxes, total, currency)) over (order by number) as hash
             from fiscal_documents where tenant_id = 1 and series_id = 3) c
    where d.tenant_id = 1 and d.series_id = 3 and d.number = c.number`,
  `update fiscal_blocks set last_hash = (select hash from fiscal_documents where tenant_id = 1 and number = 102)
    where tenant_id = 1 and series_id = 3 and block_no = 1`,
];
