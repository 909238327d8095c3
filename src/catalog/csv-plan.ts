import { parse } from 'csv-parse/sync';
import { orderAlongRow } from './plan-rows.ts';
import {
  coordinateFault,
  fitCanvas,
  guidOf,
  PlanProblems,
  textFault,
  type Plan,
  type PlanCategory,
  type PlanSeat,
} from './plan.ts';

const columns = ['zone', 'row', 'seat', 'x', 'y', 'category'] as const;
type Column = (typeof columns)[number];

/** Room around the seats, in plan units. */
const margin = 40;

/** Colours that are told apart by people who see few colours (Okabe and Ito). */
const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#999999'];

type Line = { line: number; cells: string[] };

/** Spreadsheets write semicolons where the comma is the decimal sign. */
function delimiterOf(header: string): string {
  return [',', ';', '\t'].find((one) => header.includes(one)) ?? ',';
}

function readLines(text: string, delimiter: string, problems: PlanProblems): Line[] {
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    const { lines, message } = error as Error & { lines?: number };
    problems.add(lines === undefined ? 'the file' : `line ${lines}`, `this is not CSV: ${message}`);
    problems.throwIfAny();
    return [];
  }
}

/** Where each column stands; other columns may stand beside them, in any order. */
function readHeader(header: Line | undefined, problems: PlanProblems): Map<Column, number> {
  const names = (header?.cells ?? []).map((name) => name.toLowerCase());
  const places = new Map<Column, number>();
  for (const column of columns) {
    const place = names.indexOf(column);
    if (place >= 0) places.set(column, place);
    else
      problems.add(
        `line ${header?.line ?? 1}`,
        `the column "${column}" is missing; the columns are ${columns.join(',')}`,
      );
  }
  problems.throwIfAny();
  return places;
}

class CsvReader {
  readonly #problems: PlanProblems;
  readonly #decimalComma: boolean;
  readonly #categories = new Map<string, number>();
  readonly #zones = new Map<string, Map<string, PlanSeat[]>>();
  readonly #firstLines = new Map<string, number>();

  constructor(problems: PlanProblems, decimalComma: boolean) {
    this.#problems = problems;
    this.#decimalComma = decimalComma;
  }

  add(line: number, cell: (column: Column) => string): void {
    const at = `line ${line}`;
    const [zone, row, seat, category] = [
      this.#text(at, 'zone', cell, true),
      this.#text(at, 'row', cell, false),
      this.#text(at, 'seat', cell, true),
      this.#text(at, 'category', cell, true),
    ];
    const guid = guidOf(zone, row, seat);
    const before = this.#firstLines.get(guid);
    if (before !== undefined) {
      this.#problems.add(at, `zone "${zone}", row "${row}", seat "${seat}" stands on line ${before} too`);
    } else {
      this.#firstLines.set(guid, line);
    }
    const rows = this.#zones.get(zone) ?? new Map<string, PlanSeat[]>();
    this.#zones.set(zone, rows);
    const seats = rows.get(row) ?? [];
    rows.set(row, seats);
    if (!this.#categories.has(category)) this.#categories.set(category, this.#categories.size);
    seats.push({
      guid,
      label: seat,
      x: this.#number(at, 'x', cell),
      y: this.#number(at, 'y', cell),
      category: this.#categories.get(category)!,
    });
  }

  plan(): Plan {
    const categories = [...this.#categories.keys()].map((name, index): PlanCategory => ({
      name,
      color: palette[index % palette.length]!,
    }));
    const zones = [...this.#zones].map(([name, rows]) => ({
      kind: 'numbered' as const,
      name,
      rows: [...rows].map(([label, seats]) => ({ label, seats: orderAlongRow(seats) })),
    }));
    return fitCanvas({ name: '', size: { width: 0, height: 0 }, categories, zones, areas: [] }, margin);
  }

  #text(at: string, column: Column, cell: (column: Column) => string, needed: boolean): string {
    const value = cell(column);
    if (needed && value === '') this.#problems.add(at, `${column} is empty`);
    const fault = textFault(value);
    if (fault) this.#problems.add(at, `${column} ${fault}`);
    return value;
  }

  #number(at: string, column: Column, cell: (column: Column) => string): number {
    const text = this.#decimalComma ? cell(column).replace(',', '.') : cell(column);
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
      this.#problems.add(at, `${column} needs to be a number, not "${text.slice(0, 40)}"`);
      return 0;
    }
    const fault = coordinateFault(Number(text));
    if (fault) this.#problems.add(at, `${column} ${fault}`);
    return fault ? 0 : Number(text);
  }
}

/**
 * Reads a seating plan from CSV with the columns zone,row,seat,x,y,category: comma, semicolon or tab, quoted
 * or not, any line ends, with or without a byte order mark. Seats get guids made of zone, row and seat.
 * @throws PlanError whose problems name lines.
 */
export function parseCsvPlan(text: string): Plan {
  const problems = new PlanProblems();
  const delimiter = delimiterOf(text.split(/\r?\n|\r/, 1)[0] ?? '');
  const [header, ...lines] = readLines(text, delimiter, problems);
  const places = readHeader(header, problems);
  const reader = new CsvReader(problems, delimiter !== ',');
  for (const { line, cells } of lines) {
    if (cells.length < header!.cells.length) {
      problems.add(`line ${line}`, `has ${cells.length} of ${header!.cells.length} columns`);
      continue;
    }
    reader.add(line, (column) => cells[places.get(column)!]!);
  }
  if (lines.length === 0) problems.add('the file', 'has no seats');
  problems.throwIfAny();
  return reader.plan();
}
