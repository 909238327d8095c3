import { runShortLimit, type BareResult } from './bare-statement.ts';
import type { Bench } from './bench.ts';
import { findingsOf } from './findings.ts';
import type { Measured } from './measure.ts';
import { bestOf, type Findings, type ResultRow } from './result.ts';

/** The numbers of connections that a closed loop is run with. */
export const defaultClients = [1, 16, 64, 256, 512];
const defaultSeconds = 5;

/** One closed loop of so many connections, on a database of its own. */
export type MeasureOne = (bench: Bench, clients: number, seconds: number) => Promise<Measured>;

/** Runs a closed loop once for each number of clients, after the bare statement; the best of them is the headline. */
export async function measureClientCounts(
  bench: Bench,
  measureOne: MeasureOne,
  clientsByDefault: readonly number[] = defaultClients,
): Promise<{ findings: Findings; rows: ResultRow[]; limit: BareResult }> {
  const { clients = clientsByDefault, seconds = defaultSeconds } = bench.options;
  const limit = await runShortLimit(bench);
  const measured: Measured[] = [];
  for (const count of clients) measured.push(await measureOne(bench, count, seconds));
  const rows = measured.map((one) => one.row);
  const best = measured.find((one) => one.row === bestOf(rows))!;
  return { findings: findingsOf(bench, measured, best, limit), rows, limit };
}
