/** Units of a currency for one of the base currency, on a day of the seller's. */
export type ExchangeRate = { rateE8: number; day: string };

const scale = 100_000_000n;

/** How many digits of a currency stand behind the point (ISO 4217). */
function digitsOf(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/**
 * What an amount is in another currency, in its minor units, rounded half up: what is paid must not be less than what is
 * owed by more than half a unit.
 * @param amount minor units of `base`.
 * @param rateE8 units of `currency` for one of `base`, times 10^8.
 */
export function convert(amount: number, base: string, currency: string, rateE8: number): number {
  const shift = digitsOf(currency) - digitsOf(base);
  const factor = 10n ** BigInt(Math.abs(shift));
  const up = BigInt(amount) * BigInt(rateE8) * (shift > 0 ? factor : 1n);
  const by = scale * (shift < 0 ? factor : 1n);
  return Number((2n * up + by) / (2n * by));
}

/** Reads a rate written as a decimal number, or null: `245.6789` has at most 8 digits behind the point. */
export function parseRate(text: string): number | null {
  const match = /^(\d{1,7})(?:\.(\d{1,8}))?$/.exec(text);
  if (!match) return null;
  const rate = Number(match[1]! + (match[2] ?? '').padEnd(8, '0'));
  return rate > 0 && Number.isSafeInteger(rate) ? rate : null;
}

/** Writes a rate as a decimal number with 8 digits behind the point. */
export function formatRate(rateE8: number): string {
  const digits = String(rateE8).padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
