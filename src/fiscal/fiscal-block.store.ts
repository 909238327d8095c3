import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';

/** A series of a seller. */
export type SeriesKey = { tenantId: number; seriesId: number };

/** A range of numbers that somebody was leased, and what became of them. */
export type FiscalBlock = {
  blockNo: number;
  purpose: 'process' | 'till';
  holderId: string;
  state: 'open' | 'used' | 'returned' | 'voided';
  firstNumber: number;
  lastNumber: number;
  /** All from the first up to here are documents of this block. */
  nextNumber: number;
  /** From here to the last they wait to be leased again, or are void; null while open and when all were used. */
  restNumber: number | null;
  /** The block whose rest this is; null for new numbers of the series. */
  fromBlockNo: number | null;
  leasedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
  /** Returned by the sweep, not by its holder. */
  expired: boolean;
  voidReason: string | null;
};

const blockColumns = `
  block_no as "blockNo", purpose, holder_id as "holderId", state, first_number as "firstNumber",
  last_number as "lastNumber", next_number as "nextNumber", rest_number as "restNumber",
  from_block_no as "fromBlockNo", leased_at as "leasedAt", expires_at as "expiresAt", ended_at as "endedAt", expired,
  void_reason as "voidReason"`;

/** Leases a process one more block of its series' size. @returns nothing when the series is strict. */
export async function leaseProcessBlocks(
  pool: Pool,
  { tenantId, seriesId }: SeriesKey,
  holderId: string,
): Promise<FiscalBlock[]> {
  return await transactOnce<FiscalBlock & Row>(pool, {
    text: `select ${blockColumns} from lease_fiscal_blocks($1, $2, 'process', $3, null, fiscal_lease())`,
    values: [tenantId, seriesId, holderId],
  });
}

/**
 * Leases a till the numbers that it may sell with until `expiresAt`, by default those of a shift: several ranges where
 * rests wait. They stay the till's after that, since only the till knows which it has printed.
 * @returns nothing when the series is strict.
 */
export async function leaseTillBlocks(
  tx: Tx,
  { tenantId, seriesId }: SeriesKey,
  till: { deviceNo: number; numbers?: number; seconds?: number },
): Promise<FiscalBlock[]> {
  const { deviceNo, numbers = limits.tillBlockNumbers, seconds = limits.tillBlockSeconds } = till;
  return await tx.query<FiscalBlock & Row>({
    text: `select ${blockColumns}
             from lease_fiscal_blocks($1, $2, 'till', $3, $4, make_interval(secs => $5)) order by first_number`,
    values: [tenantId, seriesId, String(deviceNo), numbers, seconds],
  });
}

/** Lets a process keep its blocks for another lease. @returns how many it has. */
export async function renewBlocks(pool: Pool, holderId: string): Promise<number> {
  const rows = await transactOnce(pool, {
    text: `with mine as (
             select tenant_id, series_id, block_no from fiscal_blocks
              where holder_id = $1 and purpose = 'process' and state = 'open' order by 1, 2, 3 for update)
           update fiscal_blocks b set expires_at = clock_timestamp() + fiscal_lease() from mine m
            where b.tenant_id = m.tenant_id and b.series_id = m.series_id and b.block_no = m.block_no
           returning b.block_no`,
    values: [holderId],
  });
  return rows.length;
}

const returnBlocks = (whose: string) => `
  with mine as (
    select tenant_id, series_id, block_no from fiscal_blocks where ${whose} and state = 'open' order by 1, 2, 3 for update)
  update fiscal_blocks b set state = 'returned', rest_number = b.next_number, ended_at = clock_timestamp() from mine m
   where b.tenant_id = m.tenant_id and b.series_id = m.series_id and b.block_no = m.block_no
  returning b.block_no`;

/** Gives back what a process has not used, at every seller. @returns how many blocks that were. */
export async function returnProcessBlocks(pool: Pool, holderId: string): Promise<number> {
  const text = returnBlocks("holder_id = $1 and purpose = 'process'");
  return (await transactOnce(pool, { text, values: [holderId] })).length;
}

/**
 * Gives back what a till has not used, once every sale that it made has its document: whatever has none by then is
 * issued to somebody else.
 * @param which the blocks of one lease; all of the till's unless given.
 * @returns how many blocks that were.
 */
export async function returnTillBlocks(
  tx: Tx,
  tenantId: number,
  deviceNo: number,
  which?: { seriesId: number; blockNos: number[] },
): Promise<number> {
  const text = returnBlocks(`tenant_id = $1 and holder_id = $2 and purpose = 'till'
      and ($3::smallint is null or (series_id = $3 and block_no = any ($4::integer[])))`);
  const values = [tenantId, String(deviceNo), which?.seriesId ?? null, which?.blockNos ?? []];
  return (await tx.query({ text, values })).length;
}

/**
 * Takes back the blocks of processes that have not renewed them. One that is being issued from is left for the next time.
 * @returns how many.
 */
export async function returnExpiredBlocks(pool: Pool): Promise<number> {
  const rows = await transactOnce(pool, {
    text: `with expired as (
             select tenant_id, series_id, block_no from fiscal_blocks
              where state = 'open' and purpose = 'process' and expires_at <= clock_timestamp()
              limit $1 for update skip locked)
           update fiscal_blocks b
              set state = 'returned', rest_number = b.next_number, ended_at = clock_timestamp(), expired = true
             from expired e
            where b.tenant_id = e.tenant_id and b.series_id = e.series_id and b.block_no = e.block_no
           returning b.block_no`,
    values: [limits.fiscalSweepRowsMax],
  });
  return rows.length;
}

/**
 * Closes a block whose rest shall never be issued: one that waits, or a till's that is lost. A process's open block is
 * not to be closed.
 * @returns the block as it is then; null when there is none whose rest could be voided.
 */
export async function voidBlock(
  tx: Tx,
  { tenantId, seriesId }: SeriesKey,
  blockNo: number,
  reason: string,
): Promise<FiscalBlock | null> {
  // Rests are leased and voided under the series' row alone.
  await tx.query({
    text: 'select from fiscal_series where tenant_id = $1 and series_id = $2 for update',
    values: [tenantId, seriesId],
  });
  const [row] = await tx.query<FiscalBlock & Row>({
    text: `update fiscal_blocks
              set state = 'voided', rest_number = coalesce(rest_number, next_number), void_reason = $4,
                  ended_at = coalesce(ended_at, clock_timestamp())
            where tenant_id = $1 and series_id = $2 and block_no = $3
              and ((state = 'returned' and rest_number <= last_number) or (state = 'open' and purpose = 'till'))
           returning ${blockColumns}`,
    values: [tenantId, seriesId, blockNo, reason],
  });
  return row ?? null;
}

/** A page of a series' blocks, in the order in which they were leased. */
export async function listBlocks(
  reader: Reader,
  { tenantId, seriesId }: SeriesKey,
  page: { limit: number; startingAfter?: number },
): Promise<{ blocks: FiscalBlock[]; hasMore: boolean }> {
  const rows = await reader.query<FiscalBlock & Row>({
    text: `select ${blockColumns} from fiscal_blocks
            where tenant_id = $1 and series_id = $2 and block_no > $3 order by block_no limit $4`,
    values: [tenantId, seriesId, page.startingAfter ?? 0, page.limit + 1],
  });
  return { blocks: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}
