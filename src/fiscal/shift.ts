import { Problem } from '../base/errors.ts';

/** Cash by currency, in minor units. */
export type Cash = Record<string, number>;

/** What should be in the drawer, of which currencies there is a float or cash was moved. */
export function expectedCash(float: Cash, moves: { currency: string; amount: number }[]): Cash {
  const expected: Cash = { ...float };
  for (const { currency, amount } of moves) expected[currency] = (expected[currency] ?? 0) + amount;
  return expected;
}

/** What was counted less what should be there, by currency. */
export function cashDifference(expected: Cash, counted: Cash): Cash {
  const currencies = new Set([...Object.keys(expected), ...Object.keys(counted)]);
  return Object.fromEntries([...currencies].map((one) => [one, (counted[one] ?? 0) - (expected[one] ?? 0)]));
}

/** @throws Problem `count_missing` that names each currency which was not counted. */
export function requireWholeCount(expected: Cash, counted: Cash): void {
  const missing = Object.keys(expected).filter((currency) => counted[currency] === undefined);
  if (missing.length === 0) return;
  const detail = `The cash in ${missing.join(', ')} was not counted. The shift stays open; 0 is a count, too.`;
  throw new Problem('count_missing', detail, {
    errors: [{ path: '/counted', code: 'count_missing', message: detail }],
  });
}
