import { Problem } from '../base/errors.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { sumCashMoves } from './cash-move.store.ts';
import type { DayReport, DocumentRange } from './day-report.ts';
import { reportDocuments } from './day-report.store.ts';
import { lockPoint } from './fiscal-point.store.ts';

/** A point's day, numbered as its Z is. */
export type FiscalDay = {
  dayNo: number;
  /** In the seller's time zone: `2026-11-24`. */
  day: string;
  openedAt: Date;
  openedBy: string | null;
  closedAt: Date | null;
  closedBy: string | null;
};

const columns = `day_no as "dayNo", to_char(day, 'YYYY-MM-DD') as day, opened_at as "openedAt", opened_by as "openedBy",
  closed_at as "closedAt", closed_by as "closedBy"`;

/** A page of a point's days, the newest first. */
export async function listDays(
  reader: Reader,
  { tenantId, pointNo }: { tenantId: number; pointNo: number },
  page: { limit: number; startingAfter?: number },
): Promise<{ days: FiscalDay[]; hasMore: boolean }> {
  const rows = await reader.query<FiscalDay & Row>({
    text: `select ${columns} from fiscal_days
            where tenant_id = $1 and point_no = $2 and ($3::integer is null or day_no < $3)
            order by day_no desc limit $4`,
    values: [tenantId, pointNo, page.startingAfter ?? null, page.limit + 1],
  });
  return { days: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

async function findOpenDay(reader: Reader, tenantId: number, pointNo: number): Promise<FiscalDay | null> {
  const [day] = await reader.query<FiscalDay & Row>({
    text: `select ${columns} from fiscal_days where tenant_id = $1 and point_no = $2 and closed_at is null`,
    values: [tenantId, pointNo],
  });
  return day ?? null;
}

/**
 * The open day of a point.
 * @throws Problem `fiscal_day_closed` when none is open.
 */
export async function requireOpenDay(reader: Reader, tenantId: number, pointNo: number): Promise<FiscalDay> {
  const day = await findOpenDay(reader, tenantId, pointNo);
  if (!day) throw new Problem('fiscal_day_closed', `No day is open at point ${pointNo}.`);
  return day;
}

/**
 * Opens the next day of a point: from now on it sells.
 * @param by the member of staff; null for the house itself or a device.
 * @throws Problem `fiscal_point_not_found`, `fiscal_day_open` when one is open.
 */
export async function openDay(
  tx: Tx,
  tenantId: number,
  pointNo: number,
  by: string | null,
): Promise<FiscalDay> {
  await lockPoint(tx, tenantId, pointNo);
  const open = await findOpenDay(tx, tenantId, pointNo);
  if (open) throw new Problem('fiscal_day_open', `Day ${open.dayNo} of ${open.day} is open already.`);
  const [day] = await tx.query<FiscalDay & Row>({
    text: `insert into fiscal_days (tenant_id, point_no, day_no, day, opened_at, opened_by)
           select $1, $2, 1 + coalesce((select max(day_no) from fiscal_days where tenant_id = $1 and point_no = $2), 0),
                  (clock_timestamp() at time zone s.timezone)::date, clock_timestamp(), $3
             from sellers s where s.tenant_id = $1
           returning ${columns}`,
    values: [tenantId, pointNo, by],
  });
  await tx.query({
    text: 'update fiscal_series set day_closed = false where tenant_id = $1 and point_no = $2',
    values: [tenantId, pointNo],
  });
  return day!;
}

/** Whose report it is, as it is printed at its head. */
async function readHead(reader: Reader, tenantId: number, pointNo: number) {
  const [head] = await reader.query<{
    point: string;
    legalName: string;
    taxId: string;
    address: string | null;
    timezone: string;
    now: Date;
  }>({
    text: `select p.name as point, s.legal_name as "legalName", s.tax_id as "taxId", s.address, s.timezone,
                  clock_timestamp() as now
             from fiscal_points p join sellers s on s.tenant_id = p.tenant_id
            where p.tenant_id = $1 and p.point_no = $2`,
    values: [tenantId, pointNo],
  });
  const { point, legalName, taxId, address, timezone, now } = head!;
  const seller = { legal_name: legalName, tax_id: taxId, ...(address !== null && { address }) };
  return { point, seller, timezone, now };
}

async function report(reader: Reader, tenantId: number, pointNo: number, day: FiscalDay): Promise<DayReport> {
  const { now, ...head } = await readHead(reader, tenantId, pointNo);
  const ranges = await reader.query<DocumentRange & Row>({
    text: `select series_id, nullif(block_no, 0) as block_id, first_number, last_number
             from numbers_of_open_day($1, $2) order by 1, 3`,
    values: [tenantId, pointNo],
  });
  const documents = await reportDocuments(reader, { tenantId, pointNo, since: day.openedAt, ranges });
  return {
    kind: 'x',
    number: day.dayNo,
    point_id: pointNo,
    ...head,
    day: day.day,
    opened_at: day.openedAt.toISOString(),
    closed_at: now.toISOString(),
    cash_moves: await sumCashMoves(reader, { tenantId, pointNo, dayNo: day.dayNo }),
    ...documents,
  };
}

/**
 * An X: what the open day has so far. It has no number and changes nothing.
 * @param reader over one snapshot.
 * @throws Problem `fiscal_day_closed` when no day is open.
 */
export async function reportOpenDay(reader: Reader, tenantId: number, pointNo: number): Promise<DayReport> {
  return await report(reader, tenantId, pointNo, await requireOpenDay(reader, tenantId, pointNo));
}

/** The Z of a day as it was issued; null while the day is open. @throws Problem `fiscal_day_not_found`. */
export async function readZ(
  reader: Reader,
  tenantId: number,
  pointNo: number,
  dayNo: number,
): Promise<DayReport | null> {
  const [row] = await reader.query<{ report: DayReport | null }>({
    text: 'select report from fiscal_days where tenant_id = $1 and point_no = $2 and day_no = $3',
    values: [tenantId, pointNo, dayNo],
  });
  if (!row) throw dayNotFound(pointNo, dayNo);
  return row.report;
}

function dayNotFound(pointNo: number, dayNo: number): Problem {
  return new Problem('fiscal_day_not_found', `Point ${pointNo} has no day ${dayNo}.`);
}

async function requireNoShift(tx: Tx, tenantId: number, pointNo: number): Promise<void> {
  const [shift] = await tx.query<Row & { shift: number }>({
    text: 'select shift_no as shift from shifts where tenant_id = $1 and point_no = $2 and closed_at is null',
    values: [tenantId, pointNo],
  });
  if (shift)
    throw new Problem('shift_still_open', `Shift ${shift.shift} has to be counted and closed first.`);
}

/**
 * Closes a day: whatever has its number by now stands in its Z, and nothing gets one after it until the next day is opened.
 * @param options `goesOn`: the next day follows at once, in the same transaction, so that the point sells on.
 * @throws Problem `fiscal_point_not_found`, `fiscal_day_not_found`, `fiscal_day_closed`, `shift_still_open`.
 */
export async function closeDay(
  tx: Tx,
  { tenantId, pointNo, dayNo }: { tenantId: number; pointNo: number; dayNo: number },
  by: string | null,
  options: { goesOn?: boolean } = {},
): Promise<DayReport> {
  await lockPoint(tx, tenantId, pointNo);
  if (await readZ(tx, tenantId, pointNo, dayNo)) {
    throw new Problem('fiscal_day_closed', `Day ${dayNo} is closed already: its Z stands as it was issued.`);
  }
  const day = await requireOpenDay(tx, tenantId, pointNo);
  await requireNoShift(tx, tenantId, pointNo);
  await tx.query({ text: 'select lock_point_numbers($1, $2)', values: [tenantId, pointNo] });
  if (!options.goesOn) {
    await tx.query({
      text: 'update fiscal_series set day_closed = true where tenant_id = $1 and point_no = $2',
      values: [tenantId, pointNo],
    });
  }
  const z: DayReport = { ...(await report(tx, tenantId, pointNo, day)), kind: 'z' };
  await tx.query({
    text: `insert into fiscal_day_ranges (tenant_id, series_id, block_no, first_number, last_number, point_no, day_no)
           select $1, n.series_id, n.block_no, n.first_number, n.last_number, $2, $3 from numbers_of_open_day($1, $2) n`,
    values: [tenantId, pointNo, dayNo],
  });
  await tx.query({
    text: `update fiscal_days set closed_at = $4, closed_by = $5, report = $6
            where tenant_id = $1 and point_no = $2 and day_no = $3`,
    values: [tenantId, pointNo, dayNo, z.closed_at, by, JSON.stringify(z)],
  });
  return z;
}
