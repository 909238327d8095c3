import { parse } from 'csv-parse/sync';
import { Problem } from '../base/errors.ts';

/** A payment that a bank's file names. `amount` is in minor units; `line` counts from 1, the header's. */
export type BankRow = { line: number; reference: string; amount: number };

/** What a row of a bank's file came to. */
export type BankRowOutcome = 'verified' | 'known' | 'amount_differs' | 'not_reported' | 'unreadable';

const headers = { reference: /^(referencia|reference)$/, amount: /^(monto|amount|importe)$/ };

/** An amount with a point or a comma before its two last digits, and the other between thousands; null for none. */
function parseAmount(text: string): number | null {
  const match = /^(\d{1,3}(?:([.,])\d{3})*|\d+)(?:([.,])(\d{1,2}))?$/.exec(text.trim());
  if (!match || (match[2] !== undefined && match[2] === match[3])) return null;
  const amount = Number(match[1]!.replaceAll(/\D/g, '')) * 100 + Number((match[4] ?? '').padEnd(2, '0'));
  return Number.isSafeInteger(amount) ? amount : null;
}

/** What parts the columns, told by the header: in the rows a comma may stand within a number. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split('\n', 1);
  return [';', '\t'].find((one) => header.includes(one)) ?? ',';
}

/**
 * Reads a bank's file: CSV by commas, semicolons or tabs, whose first line names a column `reference` (`referencia`) and one
 * `amount` (`monto`, `importe`).
 * @returns the rows, and the lines that cannot be read.
 * @throws Problem `bank_file_invalid`.
 */
export function readBankFile(text: string, rowsMax: number): { rows: BankRow[]; unreadable: number[] } {
  let table: string[][];
  try {
    table = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      relax_column_count: true,
      trim: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw new Problem('bank_file_invalid', `The file is no CSV: ${(error as Error).message}`);
  }
  const names = (table[0] ?? []).map((name) => name.toLowerCase());
  const columnOf = (pattern: RegExp) => names.findIndex((name) => pattern.test(name));
  const [reference, amount] = [columnOf(headers.reference), columnOf(headers.amount)];
  if (reference < 0 || amount < 0) {
    const detail =
      'The first line names no column "reference" (referencia) or none "amount" (monto, importe).';
    throw new Problem('bank_file_invalid', detail);
  }
  if (table.length - 1 > rowsMax) {
    throw new Problem('bank_file_invalid', `The file has more than ${rowsMax} rows; cut it.`);
  }
  const rows: BankRow[] = [];
  const unreadable: number[] = [];
  for (const [i, cells] of table.slice(1).entries()) {
    const money = parseAmount(cells[amount] ?? '');
    const name = (cells[reference] ?? '').replaceAll(/\s+/g, '').toUpperCase();
    if (money === null || name === '') unreadable.push(i + 2);
    else rows.push({ line: i + 2, reference: name, amount: money });
  }
  return { rows, unreadable };
}
