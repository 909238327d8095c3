/** Days of the seller's calendar, `2026-11-24`, both included; null where open. */
export type DayRange = { from: string | null; to: string | null };

/** What was sold, and what of it was given back since; money in minor units of the event's currency. */
export type SalesSums = {
  ticketsSold: number;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
  ticketsReturned: number;
  taxesReturned: number;
  totalReturned: number;
};

/** By what the sales of an event are broken down. */
export const breakdowns = ['zone', 'tax', 'channel', 'price_stage', 'hour', 'day'] as const;
export type Breakdown = (typeof breakdowns)[number];

/** Whether a text is a day that the calendar has, between 2000 and 2099. */
export function isDay(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

type Cell = string | number | undefined;

// RFC 4180; a text that a spreadsheet would take for a formula gets an apostrophe before it.
function cell(value: Cell): string {
  if (typeof value !== 'string') return value === undefined ? '' : String(value);
  const text = value.replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes these columns of rows as CSV, their names in the first line; what a row lacks stays empty. */
export function writeCsv(rows: readonly Record<string, Cell>[], columns: readonly string[]): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}
