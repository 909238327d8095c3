import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact, type Reader, type Row } from '../db/transaction.ts';
import { closeDay, openDay } from './fiscal-day.store.ts';

/** A shop whose day is to be opened, or, where one is open, to be followed by the next. */
type DueShop = { tenantId: number; pointNo: number; openDayNo: number | null };

async function findDueShops(at: Reader): Promise<DueShop[]> {
  return await at.query<DueShop & Row>({
    name: 'find-due-shops',
    text: `select p.tenant_id as "tenantId", p.point_no as "pointNo", d.day_no as "openDayNo"
             from fiscal_points p
             join sellers s on s.tenant_id = p.tenant_id
             join fiscal_series f on f.tenant_id = p.tenant_id and f.series_id = 2 * p.point_no - 1
             left join fiscal_days d on d.tenant_id = p.tenant_id and d.point_no = p.point_no and d.closed_at is null
            where p.kind = 'online'
              and case when d.day_no is not null then d.day < (clock_timestamp() at time zone s.timezone)::date
                       when f.day_closed then not exists (
                         select from fiscal_days l
                          where l.tenant_id = p.tenant_id and l.point_no = p.point_no
                            and l.day >= (clock_timestamp() at time zone s.timezone)::date)
                       else true end
            order by 1, 2 limit $1`,
    values: [limits.fiscalDaySweepPointsMax],
  });
}

/**
 * Opens the day of every shop by itself, and at the seller's midnight lets the next follow it: the Z is issued, and the shop
 * sells on. A shop that somebody closed opens again with the next day.
 * @param onError told of a shop whose day could not be rolled; the others go on.
 */
export async function rollDays(pool: Pool, onError: (error: unknown) => void): Promise<void> {
  for (const { tenantId, pointNo, openDayNo } of await findDueShops(reader(pool))) {
    await transact(pool, async (tx) => {
      if (openDayNo !== null)
        await closeDay(tx, { tenantId, pointNo, dayNo: openDayNo }, null, { goesOn: true });
      await openDay(tx, tenantId, pointNo, null);
    }).catch((error: unknown) => {
      // Another process, or a person, was first.
      if (!(error instanceof Problem)) onError(error);
    });
  }
}
