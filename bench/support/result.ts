import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LoadResult } from '../load/job.ts';
import type { Machine } from './machine.ts';

/** One line of a scenario's results. */
export type ResultRow = {
  /** What sets this line apart, where neither clients nor offered load do. */
  case?: string;
  clients?: number;
  offered_per_second?: number;
  per_second: number;
  p50_ms: number;
  p95_ms: number;
  p99_ms: number;
  refused: number;
  failed: number;
};

/** What a scenario found; the single figures are of its best or last line, as bench/README.md says for each. */
export type Findings = {
  results: ResultRow[];
  limit_per_second: number | null;
  share_of_limit: number | null;
  statements_per_group: number | null;
  wal_bytes_per_order: number | null;
  transaction_p99_ms: number | null;
  rss_mb: number | null;
  /** What the scenario is about, where that is not how many orders a second. */
  figures?: Figure[];
};

/** A figure beside what it should be: at most `max`, at least `min`. */
export type Figure = { name: string; value: number; max?: number; min?: number };

/** Figures as a table. */
export function figureTable(figures: readonly Figure[]): string {
  return formatTable(
    figures.map(({ name, value, max = Infinity, min = -Infinity }) => ({
      figure: name,
      value,
      'at most': max === Infinity ? undefined : max,
      'at least': min === -Infinity ? undefined : min,
      '': value > max || value < min ? 'MISSED' : 'good',
    })),
  );
}

export type Audit = { checked: number; violations: number };

/** What is written to bench/results. */
export type Result = { scenario: string; machine: Machine; database: Record<string, string> } & Findings & {
    audit: Audit;
  };

/** Rounds to so many places after the point. */
export function round(value: number, places = 1): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}

/** The line of a load. */
export function rowOf(load: LoadResult, labels: Partial<ResultRow>): ResultRow {
  return {
    ...labels,
    per_second: round(load.completed / load.measuredSeconds),
    p50_ms: round(load.latency.p50, 2),
    p95_ms: round(load.latency.p95, 2),
    p99_ms: round(load.latency.p99, 2),
    refused: load.refused,
    failed: load.failed,
  };
}

/** Of several lines the one with the most orders a second. */
export function bestOf<R extends { per_second: number }>(rows: readonly R[]): R {
  return rows.reduce((best, row) => (row.per_second > best.per_second ? row : best));
}

/** A table with aligned columns; columns without any value are left out. */
export function formatTable(rows: readonly Record<string, string | number | undefined | null>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const used = names.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  const cells = [used, ...rows.map((row) => used.map((name) => String(row[name] ?? '')))];
  const widths = used.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) => `  ${line.map((cell, column) => cell.padStart(widths[column]!)).join('  ')}`)
    .join('\n');
}

/** Writes a result, and its plots by the ends of their names, to the folder. @returns the files. */
export function writeResult(folder: string, result: Result, plots: Record<string, string>): string[] {
  mkdirSync(folder, { recursive: true });
  const files: [string, string][] = [
    [`${result.scenario}.json`, `${JSON.stringify(result, null, 2)}\n`],
    ...Object.entries(plots).map(([end, svg]): [string, string] => [`${result.scenario}${end}.svg`, svg]),
  ];
  return files.map(([name, text]) => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  });
}
