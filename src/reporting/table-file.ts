import type { ReadableStream } from 'node:stream/web';
import { writeCsvStream } from 'hucre/csv';
import { writeXlsxStream } from 'hucre/xlsx';

export const tableFormats = ['csv', 'xlsx'] as const;
export type TableFormat = (typeof tableFormats)[number];

export const contentTypes: Record<TableFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export type TableCell = string | number;

/** A text that a spreadsheet would take for a formula gets an apostrophe before it. */
export function neutralise(value: TableCell): TableCell {
  return typeof value === 'string' ? value.replace(/^[=+\-@|\t\r]/, "'$&") : value;
}

async function* neutralised(rows: AsyncIterable<TableCell[]> | Iterable<TableCell[]>) {
  for await (const row of rows) yield row.map(neutralise);
}

/**
 * Writes rows as a file while they are read; what is not taken is not read. In XLSX every text is a cell of text, and still
 * cannot become a formula where somebody saves it as CSV.
 * @param name of the sheet.
 */
export function streamTable(
  rows: AsyncIterable<TableCell[]> | Iterable<TableCell[]>,
  { columns, format, name }: { columns: readonly string[]; format: TableFormat; name: string },
): ReadableStream<Uint8Array> {
  const cells = neutralised(rows);
  return format === 'csv'
    ? writeCsvStream(cells, { headers: [...columns], lineSeparator: '\r\n', bom: true })
    : writeXlsxStream(cells, {
        name,
        columns: columns.map((header) => ({ header })),
        freezePane: { rows: 1 },
      });
}
