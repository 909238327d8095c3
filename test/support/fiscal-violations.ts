import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { closeDay, openDay } from '../../src/fiscal/fiscal-day.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { confirmOrder, placeOrder, type Hall } from './hall.ts';

/** Point 20, whose series 39 goes from 1001 on: a sale in its first day, two in its second, and both are closed. */
export async function fillDays(pool: Pool, hall: Hall): Promise<void> {
  const { tenantId } = hall;
  await pool.query(`insert into fiscal_points values ($1, 20, 'online', 'Feria')`, [tenantId]);
  await pool.query(
    `insert into fiscal_series (tenant_id, series_id, kind, point_no, prefix, padding, first_number, next_number)
     values ($1, 39, 'sales', 20, 'F-', 8, 1001, 1001), ($1, 40, 'credit_notes', 20, 'NC-F-', 8, 1, 1)`,
    [tenantId],
  );
  const holds = [placeOrder([30]), placeOrder([31]), placeOrder([32])];
  await placeHolds(pool, hall, holds, 600);
  const sell = async (...nos: number[]) => {
    for (const no of nos) await confirmSales(pool, hall, 39, [confirmOrder(holds[no]!.holdId)]);
  };
  for (const [dayNo, nos] of [[0], [1, 2]].entries()) {
    await transact(pool, (tx) => openDay(tx, tenantId, 20, null));
    await sell(...nos);
    await transact(pool, (tx) => closeDay(tx, { tenantId, pointNo: 20, dayNo: dayNo + 1 }, null));
  }
}

const there = 'tenant_id = 1 and point_no = 20';
const thaw = [
  'drop trigger z_reports_stay on fiscal_days',
  'drop trigger z_ranges_stay on fiscal_day_ranges',
];
const sayNothing = (day: number) =>
  `update fiscal_days set report = report || '{"balance": [], "series": []}' where ${there} and day_no = ${day}`;
const reopen = `update fiscal_series set day_closed = false where ${there}`;

const notes = 'tenant_id = 1 and series_id = 2';

/** Ways in which I4 and I5 break by credit notes. */
export const noteViolations = {
  numbers: {
    'a number of credit notes that is missing': [
      `update fiscal_series set next_number = next_number + 1 where ${notes}`,
    ],
  },
  instants: {
    'a series of credit notes behind its last': [
      `update fiscal_series set last_issued_at = '-infinity' where ${notes}`,
    ],
  },
  chain: {
    'a credit note changed after its issue': [
      `update credit_notes set issued_at = issued_at - interval '1 second' where ${notes}`,
    ],
  },
};

/** Ways in which the lines of fiscal days break, by their lines. */
export const dayViolations: Record<string, Record<string, string[]>> = {
  'I14 ranges': {
    'a range of another point': [
      'update fiscal_series set point_no = 1 where tenant_id = 1 and series_id = 39',
    ],
    'a hole before a Z': [
      ...thaw,
      reopen,
      `delete from fiscal_day_ranges where ${there} and day_no = 1`,
      sayNothing(1),
    ],
  },
  'I14 documents': {
    'a document that no Z of a closed point has': [
      ...thaw,
      `delete from fiscal_day_ranges where ${there} and day_no = 2`,
      sayNothing(2),
    ],
  },
  'I14 totals': {
    'a Z of another total': [
      ...thaw,
      `update fiscal_days set report = jsonb_set(report, '{balance,0,total}', '1') where ${there} and day_no = 1`,
    ],
    'a Z of another number of documents': [
      ...thaw,
      `update fiscal_days set report = jsonb_set(report, '{series,0,count}', '7') where ${there} and day_no = 1`,
    ],
    'a Z that leaves its sums out': [
      ...thaw,
      `update fiscal_days set report = report || '{"balance": []}' where ${there} and day_no = 2`,
    ],
  },
  'I14 days': {
    'a day that was left out': [
      `insert into fiscal_days values (1, 20, 4, '2026-11-24', now(), null, now(), null, '{"number": 4, "balance": [], "series": []}')`,
    ],
    'a day that is open at a closed point': [
      `insert into fiscal_days values (1, 20, 3, '2026-11-24', now(), null, null, null, null)`,
    ],
    'a Z of another number': [
      ...thaw,
      `update fiscal_days set report = report || '{"number": 9}' where ${there} and day_no = 1`,
    ],
    'a shift that is open in a closed day': [
      `insert into shifts (tenant_id, point_no, shift_no, day_no, staff_id, opened_at, opening_float)
       values (1, 20, 1, 2, gen_random_uuid(), now(), '{}')`,
      `update fiscal_series set shift_no = 1 where ${there}`,
    ],
    'a shift that its series do not know': [`update fiscal_series set shift_no = 1 where ${there}`],
  },
};
