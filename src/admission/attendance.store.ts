import type { EventKey } from '../base/ids.ts';
import type { Reader, Row } from '../db/transaction.ts';

/** How many are in, by zone and by gate. */
export type Attendance = {
  /** The number of the last scan it counts. */
  scanNo: number;
  /** Scans that let somebody through who should not have been. */
  conflicts: number;
  zones: { zoneNo: number; name: string; sold: number; arrived: number; inside: number }[];
  gates: { gateNo: number; entries: number; exits: number; refused: number }[];
};

/** The number of the last scan of an event; 0 before the first. */
export async function readLastScanNo(reader: Reader, { tenantId, eventId }: EventKey): Promise<number> {
  const [row] = await reader.query<{ lastNo: number }>({
    name: 'read-last-scan-no',
    text: 'select last_no as "lastNo" from door_counters where tenant_id = $1 and event_id = $2',
    values: [tenantId, eventId],
  });
  return row?.lastNo ?? 0;
}

/** Reads how many are in. What was sold is as the statistics have it, so a sale of this moment may be missing. */
export async function readAttendance(reader: Reader, key: EventKey): Promise<Attendance> {
  const values = [key.tenantId, key.eventId];
  const scanNo = await readLastScanNo(reader, key);
  const zones = await reader.query<Attendance['zones'][number] & Row>({
    name: 'read-attendance-zones',
    text: `select z.zone_no as "zoneNo", z.name, coalesce(s.sold, 0)::integer as sold, coalesce(c.arrived, 0)::integer as arrived,
                  coalesce(c.inside, 0)::integer as inside
             from zones z
             left join (select zone_no, sum(tickets_sold - tickets_returned) as sold from sales_statistics
                         where tenant_id = $1 and event_id = $2 group by zone_no) s on s.zone_no = z.zone_no
             left join (select zone_no, sum(arrived) as arrived, sum(entries - exits) as inside from gate_counts
                         where tenant_id = $1 and event_id = $2 group by zone_no) c on c.zone_no = z.zone_no
            where z.tenant_id = $1 and z.event_id = $2 order by z.zone_no`,
    values,
  });
  const gates = await reader.query<Attendance['gates'][number] & Row>({
    name: 'read-attendance-gates',
    text: `select gate_no as "gateNo", sum(entries)::integer as entries, sum(exits)::integer as exits,
                  sum(refused)::integer as refused
             from gate_counts where tenant_id = $1 and event_id = $2 group by gate_no order by gate_no`,
    values,
  });
  const [conflicts] = await reader.query<{ count: number }>({
    name: 'count-scan-conflicts',
    text: 'select count(*)::integer as count from scans where tenant_id = $1 and event_id = $2 and conflict',
    values,
  });
  return { scanNo, conflicts: conflicts!.count, zones, gates };
}
