import { Problem } from '../base/errors.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { listCashMoves, type CashMove } from './cash-move.store.ts';
import type { DocumentRange, DocumentReport } from './day-report.ts';
import { reportDocuments } from './day-report.store.ts';
import { requireOpenDay } from './fiscal-day.store.ts';
import { lockPoint, notATill } from './fiscal-point.store.ts';
import { expectedCash, requireWholeCount, type Cash } from './shift.ts';

type Till = { tenantId: number; pointNo: number };

/** A cashier's time at a till, from float to count. */
export type Shift = {
  shiftNo: number;
  dayNo: number;
  staffId: string;
  openedAt: Date;
  openingFloat: Cash;
  closedAt: Date | null;
  expected: Cash | null;
  counted: Cash | null;
  note: string | null;
};

const columns = `shift_no as "shiftNo", day_no as "dayNo", staff_id as "staffId", opened_at as "openedAt",
  opening_float as "openingFloat", closed_at as "closedAt", expected, counted, note`;

/** A page of a till's shifts, the newest first. */
export async function listShifts(
  reader: Reader,
  { tenantId, pointNo }: Till,
  page: { limit: number; startingAfter?: number },
): Promise<{ shifts: Shift[]; hasMore: boolean }> {
  const rows = await reader.query<Shift & Row>({
    text: `select ${columns} from shifts
            where tenant_id = $1 and point_no = $2 and ($3::integer is null or shift_no < $3)
            order by shift_no desc limit $4`,
    values: [tenantId, pointNo, page.startingAfter ?? null, page.limit + 1],
  });
  return { shifts: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** One shift of a till. @throws Problem `shift_not_found`. */
export async function readShift(
  reader: Reader,
  { tenantId, pointNo }: Till,
  shiftNo: number,
): Promise<Shift> {
  const [shift] = await reader.query<Shift & Row>({
    text: `select ${columns} from shifts where tenant_id = $1 and point_no = $2 and shift_no = $3`,
    values: [tenantId, pointNo, shiftNo],
  });
  if (!shift) throw new Problem('shift_not_found', `Point ${pointNo} has no shift ${shiftNo}.`);
  return shift;
}

async function requireFree(tx: Tx, { tenantId, pointNo }: Till, staffId: string): Promise<void> {
  const open = await tx.query<Row & { pointNo: number; shiftNo: number }>({
    text: `select point_no as "pointNo", shift_no as "shiftNo" from shifts
            where tenant_id = $1 and closed_at is null and (point_no = $2 or staff_id = $3)`,
    values: [tenantId, pointNo, staffId],
  });
  const here = open.find((shift) => shift.pointNo === pointNo);
  if (here) throw new Problem('shift_already_open', `Shift ${here.shiftNo} is open at this till.`);
  const [there] = open;
  if (there) {
    throw new Problem(
      'cashier_has_shift',
      `The cashier has shift ${there.shiftNo} open at till ${there.pointNo}.`,
    );
  }
}

/**
 * Opens a cashier's shift at a till, with the cash that is in its drawer.
 * @throws Problem `fiscal_point_not_found`, `point_not_a_till`, `fiscal_day_closed`, `staff_not_found`, `shift_already_open`,
 *   `cashier_has_shift`.
 */
export async function openShift(tx: Tx, till: Till, staffId: string, float: Cash): Promise<Shift> {
  const { tenantId, pointNo } = till;
  const { kind } = await lockPoint(tx, tenantId, pointNo);
  if (kind !== 'till') throw notATill(pointNo);
  const { dayNo } = await requireOpenDay(tx, tenantId, pointNo);
  // Who opens a shift for the same cashier elsewhere waits here.
  const staff = await tx.query({
    text: `select from staff where tenant_id in (0, $1) and user_id = $2 and deactivated_at is null
            order by tenant_id for no key update`,
    values: [tenantId, staffId],
  });
  if (staff.length === 0) throw new Problem('staff_not_found', 'The seller has no such member of staff.');
  await requireFree(tx, till, staffId);
  await tx.query({ text: 'select lock_point_numbers($1, $2)', values: [tenantId, pointNo] });
  const [shift] = await tx.query<Shift & Row>({
    text: `insert into shifts (tenant_id, point_no, shift_no, day_no, staff_id, opened_at, opening_float)
           select $1, $2, 1 + coalesce(max(s.shift_no), 0), $3, $4, clock_timestamp(), $5
             from shifts s where s.tenant_id = $1 and s.point_no = $2
           returning ${columns}`,
    values: [tenantId, pointNo, dayNo, staffId, JSON.stringify(float)],
  });
  const values = [tenantId, pointNo, shift!.shiftNo];
  await tx.query({
    text: `insert into shift_ranges (tenant_id, series_id, block_no, first_number, point_no, shift_no)
           select s.tenant_id, s.series_id, 0, s.next_number, $2::smallint, $3::integer from fiscal_series s
            where s.tenant_id = $1 and s.point_no = $2
           union all
           select s.tenant_id, s.series_id, b.block_no, b.next_number, $2::smallint, $3::integer
             from fiscal_series s join fiscal_blocks b on b.tenant_id = s.tenant_id and b.series_id = s.series_id
            where s.tenant_id = $1 and s.point_no = $2 and b.state = 'open'`,
    values,
  });
  await tx.query({
    text: 'update fiscal_series set shift_no = $3 where tenant_id = $1 and point_no = $2',
    values,
  });
  return shift!;
}

async function readRanges(
  reader: Reader,
  { tenantId, pointNo }: Till,
  shift: Shift,
): Promise<DocumentRange[]> {
  const ranges = 'series_id, nullif(block_no, 0) as block_id, first_number, last_number';
  const text = shift.closedAt
    ? `select ${ranges} from shift_ranges where tenant_id = $1 and point_no = $2 and shift_no = $3 order by 1, 3`
    : `select ${ranges} from numbers_of_open_shift($1, $2, $3) order by 1, 3`;
  return await reader.query<DocumentRange & Row>({ text, values: [tenantId, pointNo, shift.shiftNo] });
}

/**
 * Cash that came in by the sales of a shift and by payments of plans, whose sales are the shop's, less what went back with its
 * credit notes of sales that were paid in cash.
 */
async function readCashMoves(
  reader: Reader,
  { tenantId, pointNo }: Till,
  shiftNo: number,
  ranges: DocumentRange[],
): Promise<{ currency: string; amount: number }[]> {
  return await reader.query<Row & { currency: string; amount: number }>({
    text: `with r as (select * from unnest($2::smallint[], $3::bigint[], $4::bigint[]) r (series_id, first_number, last_number))
           select coalesce(n.paid_currency, p.currency) as currency, sum(coalesce(n.paid_amount, p.amount))::bigint as amount
             from r
             join fiscal_documents d on d.tenant_id = $1 and d.series_id = r.series_id
              and d.number between r.first_number and r.last_number
             join payments p on p.tenant_id = $1 and p.transaction_id = d.transaction_id
             left join tenders n on n.tenant_id = $1 and n.transaction_id = d.transaction_id and n.captured > 0
              and p.payment_no = 1 and p.method <> 'exchange'
            where coalesce(n.method, p.method) = 'cash'
            group by 1
           union all
           select c.currency, -sum(f.paid_back)::bigint
             from r
             join credit_notes c on c.tenant_id = $1 and c.series_id = r.series_id
              and c.number between r.first_number and r.last_number
             join refunds f on f.tenant_id = $1 and f.transaction_id = c.transaction_id and f.refund_no = c.refund_no
             join payments p on p.tenant_id = $1 and p.transaction_id = c.transaction_id and p.payment_no = 1
            where p.method = 'cash'
            group by 1
           union all
           select n.paid_currency, sum(n.paid_amount)::bigint
             from tenders n
            where n.tenant_id = $1 and n.point_no = $5 and n.shift_no = $6 and n.method = 'cash' and n.captured > 0
            group by 1`,
    values: [
      tenantId,
      ranges.map((range) => range.series_id),
      ranges.map((range) => range.first_number),
      ranges.map((range) => range.last_number),
      pointNo,
      shiftNo,
    ],
  });
}

/**
 * What a shift has sold, and the cash that should be in the drawer: of an open one so far (an X), of a closed one as it was
 * counted against.
 * @param reader over one snapshot.
 */
export async function reportShift(
  reader: Reader,
  till: Till,
  shift: Shift,
): Promise<{ expected: Cash; documents: DocumentReport; cashMoves: CashMove[] }> {
  const ranges = await readRanges(reader, till, shift);
  const cashMoves = await listCashMoves(reader, { ...till, shiftNo: shift.shiftNo });
  const byHand = cashMoves.map(({ direction, currency, amount }) => ({
    currency,
    amount: direction === 'in' ? amount : -amount,
  }));
  const moves = shift.expected
    ? []
    : [...byHand, ...(await readCashMoves(reader, till, shift.shiftNo, ranges))];
  const documents = await reportDocuments(reader, { ...till, since: shift.openedAt, ranges });
  return { expected: shift.expected ?? expectedCash(shift.openingFloat, moves), documents, cashMoves };
}

/** The refusal of who is neither the cashier of a shift nor a manager. */
export function anothersShift(): Problem {
  return new Problem('till_of_another', 'This shift is of another cashier; a manager may close it.');
}

/**
 * Closes a shift: nothing is numbered in it any more.
 * @param by `staffId` counts, null for a device; whoever `manages` may close anybody's.
 * @throws Problem `fiscal_point_not_found`, `shift_not_found`, `shift_closed`, `till_of_another`, `count_missing`.
 */
export async function closeShift(
  tx: Tx,
  till: Till,
  shiftNo: number,
  close: { by: string | null; manages: boolean; counted: Cash; note: string | null },
): Promise<{ shift: Shift; documents: DocumentReport }> {
  const { tenantId, pointNo } = till;
  await lockPoint(tx, tenantId, pointNo);
  const open = await readShift(tx, till, shiftNo);
  if (open.closedAt) throw new Problem('shift_closed', `Shift ${shiftNo} was counted and closed already.`);
  if (!close.manages && open.staffId !== close.by) {
    throw anothersShift();
  }
  await tx.query({ text: 'select lock_point_numbers($1, $2)', values: [tenantId, pointNo] });
  const { expected, documents } = await reportShift(tx, till, open);
  requireWholeCount(expected, close.counted);
  const values = [tenantId, pointNo, shiftNo];
  await tx.query({
    text: `delete from shift_ranges
            where tenant_id = $1 and point_no = $2 and shift_no = $3 and last_number is null`,
    values,
  });
  await tx.query({
    text: `insert into shift_ranges (tenant_id, series_id, block_no, first_number, last_number, point_no, shift_no)
           select $1, r.series_id, r.block_no, r.first_number, r.last_number, $2, $3
             from unnest($4::smallint[], $5::integer[], $6::bigint[], $7::bigint[])
                  r (series_id, block_no, first_number, last_number)`,
    values: [
      ...values,
      documents.ranges.map((range) => range.series_id),
      documents.ranges.map((range) => range.block_id ?? 0),
      documents.ranges.map((range) => range.first_number),
      documents.ranges.map((range) => range.last_number),
    ],
  });
  await tx.query({
    text: 'update fiscal_series set shift_no = null where tenant_id = $1 and point_no = $2',
    values: [tenantId, pointNo],
  });
  const [shift] = await tx.query<Shift & Row>({
    text: `update shifts set closed_at = clock_timestamp(), closed_by = $4, expected = $5, counted = $6, note = $7
            where tenant_id = $1 and point_no = $2 and shift_no = $3 returning ${columns}`,
    values: [...values, close.by, JSON.stringify(expected), JSON.stringify(close.counted), close.note],
  });
  return { shift: shift!, documents };
}
