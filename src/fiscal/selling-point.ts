import { Problem } from '../base/errors.ts';

/** Where a sale is made, and in whose shift; the shop has none. */
export type SellingPoint = { pointNo: number; shiftNo: number | null };

/** The shop on line, every seller's first point. */
export const shop: SellingPoint = { pointNo: 1, shiftNo: null };

/** The series of a point's sales; that of its credit notes is the next (sql/0035_fiscal_days.sql). */
export function salesSeriesOf(pointNo: number): number {
  return 2 * pointNo - 1;
}

/** Why a point gives no number, in the outcomes of confirm_sales in SQL. */
export type PointRefusal = 'fiscal_day_closed' | 'shift_not_open';

const sentences = {
  fiscal_day_closed: 'The fiscal day is closed here. Nothing was sold; the next day has to be opened first.',
  shift_not_open: 'No shift of yours is open at this till. Nothing was sold; open one first.',
} as const;

/** The refusal of a sale at a point that gives no number. */
export function pointProblem(refusal: PointRefusal): Problem {
  return new Problem(refusal, sentences[refusal]);
}
