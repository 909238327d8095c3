import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { isDay, type DayRange } from './report.ts';

/** A day of a calendar, as queries name it. */
export const reportDaySchema = Type.String({
  maxLength: 10,
  pattern: '^20\\d\\d-\\d\\d-\\d\\d$',
  description: "A day in the seller's time zone, included",
  examples: ['2026-11-24'],
});

/** A refusal of one parameter of the query. */
export function queryProblem(name: string, code: string, message: string): Problem {
  return new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
    errors: [{ path: `query/${name}`, code, message }],
  });
}

/**
 * Reads the days of a query.
 * @throws Problem `body_invalid` for a day that no calendar has, and for an end before the start.
 */
export function readDays(query: { from?: string; to?: string }): DayRange {
  const { from = null, to = null }: Partial<DayRange> = query;
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== null && !isDay(day))
      throw queryProblem(name, 'day_invalid', 'needs to be a day that there is');
  }
  if (from !== null && to !== null && to < from) {
    throw queryProblem('to', 'range_invalid', 'needs to be the same day as "from", or a later one');
  }
  return { from, to };
}
