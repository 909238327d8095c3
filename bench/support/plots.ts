import os from 'node:os';
import { drawPlot, type Series } from './plot.ts';
import type { ResultRow } from './result.ts';

/** What stands under every title: where it was measured. */
export function measuredOn(): string {
  const cores = os.availableParallelism();
  const day = new Date().toISOString().slice(0, 10);
  return `${cores} cores of ${os.cpus()[0]?.model.trim()}, shared by API, worker, PostgreSQL and load generator; durable commits; ${day}`;
}

/** Throughput against clients. `limit` draws what the bare statement does. */
export function throughputPlot(
  title: string,
  rows: readonly ResultRow[],
  { unit = 'orders', limit }: { unit?: string; limit?: number | null } = {},
): string {
  const clients = rows.map((row) => row.clients!);
  const series: Series[] = [
    { name: `${unit} a second`, points: rows.map((row) => [row.clients!, row.per_second] as const) },
  ];
  if (limit) {
    const points = [Math.min(...clients), Math.max(...clients)].map((x) => [x, Math.round(limit)] as const);
    series.push({ name: 'bare statement, one connection', points, kind: 'reference' });
  }
  return drawPlot({
    title,
    subtitle: measuredOn(),
    x: { label: 'clients (connections, each with one request under way)', scale: 'log' },
    y: { label: `${unit} a second`, min: 0 },
    series,
  });
}

/** Latency against what `x` reads of a line: offered load, clients. */
export function latencyPlot(
  title: string,
  rows: readonly ResultRow[],
  { label, x }: { label: string; x: (row: ResultRow) => number },
): string {
  const line = (name: 'p50_ms' | 'p95_ms' | 'p99_ms') => rows.map((row) => [x(row), row[name]] as const);
  return drawPlot({
    title,
    subtitle: measuredOn(),
    x: { label, scale: 'log' },
    y: { label: 'milliseconds', scale: 'log' },
    series: [
      { name: 'median', points: line('p50_ms') },
      { name: '95th percentile', points: line('p95_ms') },
      { name: '99th percentile', points: line('p99_ms') },
    ],
  });
}
