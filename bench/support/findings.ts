import type { BareResult } from './bare-statement.ts';
import type { Bench } from './bench.ts';
import { tableRow, type Measured } from './measure.ts';
import { formatTable, round, type Findings } from './result.ts';

/**
 * Says the table of a scenario and puts its findings together.
 * @param headline the line that the single figures are of.
 */
export function findingsOf(
  bench: Bench,
  measured: readonly Measured[],
  headline: Measured,
  limit: BareResult | undefined,
): Findings {
  bench.progress.say(formatTable(measured.map(tableRow)));
  if (limit) {
    const groups = limit.runs
      .map((one) => `${Math.round(one.perSecond)}/s in groups of ${one.orders}`)
      .join(', ');
    bench.progress.say(`  bare statement, one connection: ${groups}`);
  }
  const statuses = measured.map((one) => JSON.stringify(one.load.statuses));
  if (measured.some((one) => one.row.refused + one.row.failed > 0)) {
    bench.progress.say(`  answers by status: ${statuses.join(' ')}`);
  }
  return {
    results: measured.map((one) => one.row),
    limit_per_second: limit ? round(limit.perSecond) : null,
    share_of_limit: limit ? round(headline.row.per_second / limit.perSecond, 3) : null,
    statements_per_group: limit?.statementsPerGroup ?? null,
    wal_bytes_per_order: headline.walBytesPerOrder,
    transaction_p99_ms: headline.transactionP99 ?? null,
    rss_mb: headline.rssMb,
  };
}
