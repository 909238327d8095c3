/**
 * An amount that somebody typed ("12,50", "1.234,5", "12.5"), in minor units; null for what is none.
 * @param digits how many digits of the currency's amounts are minor units.
 */
export function parseAmount(typed: string, digits: number): number | null {
  const text = typed.replaceAll(/[\s\u00a0]/g, '');
  const match = /^(\d{1,3}(?:([.,])\d{3})*|\d+)(?:([.,])(\d+))?$/.exec(text);
  if (!match) return null;
  const [, whole = '', grouping, mark, fraction = ''] = match;
  // The mark of thousands and that of the fraction are never the same.
  if (fraction.length > digits || (grouping !== undefined && grouping === mark)) return null;
  const minor = Number(whole.replaceAll(/[.,]/g, '') + fraction.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : null;
}
