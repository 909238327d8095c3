import { addFiscalPoint } from '../catalog/seller.store.ts';
import { Problem } from '../base/errors.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';

/** Where a seller issues documents: the shop, or a till at a window. */
export type FiscalPoint = {
  pointNo: number;
  kind: 'online' | 'till';
  name: string;
  /** The device that sells there; null for none. */
  deviceNo: number | null;
  prefix: string;
  creditNotePrefix: string;
  /** The day that is open; null when none was opened yet. */
  openDayNo: number | null;
  dayClosed: boolean;
  openShiftNo: number | null;
};

const points = `
select p.point_no as "pointNo", p.kind, p.name, p.device_no as "deviceNo", s.prefix, c.prefix as "creditNotePrefix",
       d.day_no as "openDayNo", s.day_closed as "dayClosed", s.shift_no as "openShiftNo"
  from fiscal_points p
  join fiscal_series s on s.tenant_id = p.tenant_id and s.series_id = 2 * p.point_no - 1
  join fiscal_series c on c.tenant_id = p.tenant_id and c.series_id = 2 * p.point_no
  left join fiscal_days d on d.tenant_id = p.tenant_id and d.point_no = p.point_no and d.closed_at is null`;

/** A page of a seller's points, in the order of their numbers. */
export async function listPoints(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: number },
): Promise<{ points: FiscalPoint[]; hasMore: boolean }> {
  const rows = await reader.query<FiscalPoint & Row>({
    text: `${points} where p.tenant_id = $1 and p.point_no > $2 order by p.point_no limit $3`,
    values: [tenantId, page.startingAfter ?? 0, page.limit + 1],
  });
  return { points: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** One point of a seller. @throws Problem `fiscal_point_not_found`. */
export async function readPoint(reader: Reader, tenantId: number, pointNo: number): Promise<FiscalPoint> {
  const [point] = await reader.query<FiscalPoint & Row>({
    text: `${points} where p.tenant_id = $1 and p.point_no = $2`,
    values: [tenantId, pointNo],
  });
  if (!point) throw pointNotFound(pointNo);
  return point;
}

/**
 * Locks a point: its days and shifts are opened and closed one after the other.
 * @throws Problem `fiscal_point_not_found`.
 */
export async function lockPoint(
  tx: Tx,
  tenantId: number,
  pointNo: number,
): Promise<{ kind: FiscalPoint['kind'] }> {
  const [point] = await tx.query<Row & { kind: FiscalPoint['kind'] }>({
    text: 'select kind from fiscal_points where tenant_id = $1 and point_no = $2 for update',
    values: [tenantId, pointNo],
  });
  if (!point) throw pointNotFound(pointNo);
  return point;
}

function pointNotFound(pointNo: number): Problem {
  return new Problem('fiscal_point_not_found', `The seller has no point ${pointNo}.`);
}

async function requireFreeDevice(tx: Tx, tenantId: number, deviceNo: number, pointNo: number): Promise<void> {
  const [device] = await tx.query<Row & { pointNo: number | null }>({
    text: `select p.point_no as "pointNo" from devices d
             left join fiscal_points p on p.tenant_id = d.tenant_id and p.device_no = d.device_no
            where d.tenant_id = $1 and d.device_no = $2 and d.kind = 'till' and d.cut_off_at is null`,
    values: [tenantId, deviceNo],
  });
  if (!device) throw new Problem('device_not_found', `The seller has no till device ${deviceNo} in use.`);
  if (device.pointNo !== null && device.pointNo !== pointNo) {
    throw new Problem('device_has_till', `Device ${deviceNo} stands at till ${device.pointNo}.`);
  }
}

/**
 * Adds a till with its two series; a day has to be opened before it sells.
 * @param till `prefix`: of its sales; `T2-` at point 2 unless given.
 * @throws Problem `device_not_found`, `device_has_till`, `fiscal_prefix_taken`.
 */
export async function addTill(
  tx: Tx,
  tenantId: number,
  till: { name: string; deviceNo?: number; prefix?: string; padding: number },
): Promise<FiscalPoint> {
  // The seller's row is the lock under which its points are numbered and their prefixes compared.
  await tx.query({
    text: 'select from sellers where tenant_id = $1 for no key update',
    values: [tenantId],
  });
  const [last] = await tx.query<Row & { pointNo: number; prefixes: string[] }>({
    text: `select coalesce(max(p.point_no), 0) + 1 as "pointNo",
                  (select coalesce(array_agg(s.prefix), '{}') from fiscal_series s where s.tenant_id = $1) as prefixes
             from fiscal_points p where p.tenant_id = $1`,
    values: [tenantId],
  });
  const { pointNo, prefixes } = last!;
  const { name, deviceNo, padding, prefix = `T${pointNo}-` } = till;
  if (prefixes.includes(prefix) || prefixes.includes(`NC-${prefix}`)) {
    throw new Problem(
      'fiscal_prefix_taken',
      `Another series of the seller writes its numbers with ${prefix}.`,
    );
  }
  if (deviceNo !== undefined) await requireFreeDevice(tx, tenantId, deviceNo, pointNo);
  await addFiscalPoint(tx, tenantId, {
    pointNo,
    kind: 'till',
    name,
    ...(deviceNo !== undefined && { deviceNo }),
    series: { prefix, padding, firstNumber: 1 },
  });
  await tx.query({
    text: 'update fiscal_series set day_closed = true where tenant_id = $1 and point_no = $2',
    values: [tenantId, pointNo],
  });
  return await readPoint(tx, tenantId, pointNo);
}

/**
 * Gives a point another name or device; what is absent stays, a null device is none.
 * @throws Problem `fiscal_point_not_found`, `point_not_a_till`, `device_not_found`, `device_has_till`.
 */
export async function changePoint(
  tx: Tx,
  tenantId: number,
  pointNo: number,
  to: { name?: string; deviceNo?: number | null },
): Promise<{ before: FiscalPoint; after: FiscalPoint }> {
  const { kind } = await lockPoint(tx, tenantId, pointNo);
  const before = await readPoint(tx, tenantId, pointNo);
  const deviceNo = to.deviceNo === undefined ? before.deviceNo : to.deviceNo;
  if (deviceNo !== null && kind !== 'till') throw notATill(pointNo);
  if (deviceNo !== null && deviceNo !== before.deviceNo) {
    await requireFreeDevice(tx, tenantId, deviceNo, pointNo);
  }
  await tx.query({
    text: 'update fiscal_points set name = $3, device_no = $4 where tenant_id = $1 and point_no = $2',
    values: [tenantId, pointNo, to.name ?? before.name, deviceNo],
  });
  return { before, after: await readPoint(tx, tenantId, pointNo) };
}

/** The refusal of what only a till has. */
export function notATill(pointNo: number): Problem {
  return new Problem(
    'point_not_a_till',
    `Point ${pointNo} is the shop, which has neither device nor shifts.`,
  );
}
