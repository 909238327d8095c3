import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row } from '../db/transaction.ts';
import type { ServiceMeter, ServiceReading } from './service-reading.ts';

/** The readings are the platform's. */
const platform = 0;

async function writeReadings(
  pool: Pool,
  processId: string,
  readings: readonly ServiceReading[],
): Promise<void> {
  await transactOnce(pool, {
    name: 'write-service-readings',
    text: `insert into service_readings (tenant_id, minute, process_id, confirms, groups, requests, failures, orders_waiting_max,
                                         holds_waiting_max, connections_waiting_max, steps_waiting_max)
           select $1, x.minute, $2, x.confirms, x.groups, x.requests, x.failures, x.orders, x.holds, x.connections, x.steps
             from jsonb_to_recordset($3) as x (minute timestamptz, confirms bigint[], groups bigint[], requests bigint,
                    failures bigint, orders integer, holds integer, connections integer, steps integer)
           on conflict do nothing`,
    values: [
      platform,
      processId,
      JSON.stringify(
        readings.map((one) => ({
          minute: one.minute.toISOString(),
          confirms: one.confirms,
          groups: one.groups,
          requests: one.requests,
          failures: one.failures,
          orders: one.ordersWaitingMax,
          holds: one.holdsWaitingMax,
          connections: one.connectionsWaitingMax,
          steps: one.stepsWaitingMax,
        })),
      ),
    ],
  });
}

/** Writes the minutes that have ended in one statement, and forgets some of those that are too old. */
export async function keepReadings(
  pool: Pool,
  processId: string,
  meter: ServiceMeter,
  { now, all = false }: { now: Date; all?: boolean },
): Promise<void> {
  const readings = meter.take(all);
  if (readings.length === 0) return;
  try {
    await writeReadings(pool, processId, readings);
  } catch (error) {
    meter.putBack(readings);
    throw error;
  }
  await transactOnce(pool, {
    name: 'forget-service-readings',
    text: `delete from service_readings r using (
             select tenant_id, minute, process_id from service_readings
              where tenant_id = $1 and minute < $2 order by minute limit $3) old
            where r.tenant_id = $1 and r.minute = old.minute and r.process_id = old.process_id`,
    values: [
      platform,
      new Date(now.getTime() - limits.serviceReadingDays * 86_400_000),
      limits.serviceForgetRowsMax,
    ],
  });
}

/** What all processes read in a stretch of time. */
export type ServiceStretch = Omit<ServiceReading, 'minute'> & {
  at: Date;
  /** Minutes in which a process answered at all. */
  minutes: number;
};

const waiting = ['orders', 'holds', 'connections', 'steps']
  .map((name) => `max(${name}_waiting_max) as "${name}WaitingMax"`)
  .join(', ');

const buckets = (name: 'confirms' | 'groups') => `
  select at, array_agg(n order by place) as ${name}
    from (select r.at, u.place, sum(u.n)::bigint as n from readings r cross join unnest(r.${name}) with ordinality u (n, place)
           group by r.at, u.place) x group by at`;

/** What was read from one instant to another, in stretches of so many seconds, the first first. */
export async function readStretches(
  reader: Reader,
  range: { from: Date; until: Date; stepSeconds: number },
): Promise<ServiceStretch[]> {
  return await reader.query<Row & ServiceStretch>({
    text: `with readings as materialized (
             select date_bin(make_interval(secs => $4), minute, 'epoch') as at, r.* from service_readings r
              where r.tenant_id = $1 and r.minute >= $2 and r.minute < $3)
           select s.*, c.confirms, g.groups
             from (select at, count(distinct minute)::integer as minutes, sum(requests)::bigint as requests,
                          sum(failures)::bigint as failures, ${waiting} from readings group by at) s
             join (${buckets('confirms')}) c on c.at = s.at
             join (${buckets('groups')}) g on g.at = s.at
            order by s.at`,
    values: [platform, range.from, range.until, range.stepSeconds],
  });
}

/** The first minute that was ever read and is not forgotten; null before that. */
export async function readFirstMinute(reader: Reader): Promise<Date | null> {
  const [row] = await reader.query<{ first: Date }>({
    text: 'select minute as first from service_readings where tenant_id = $1 order by minute limit 1',
    values: [platform],
  });
  return row?.first ?? null;
}
