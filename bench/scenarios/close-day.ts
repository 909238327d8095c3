import { transact, reader } from '../../src/db/transaction.ts';
import { closeDay, openDay, reportOpenDay } from '../../src/fiscal/fiscal-day.store.ts';
import type { Bench, Outcome, Scenario } from '../support/bench.ts';
import { createHistory } from '../support/history.ts';
import { figureTable, round, type Figure } from '../support/result.ts';
import { onStage } from '../support/stage.ts';

const defaultDocuments = 10_000;
const events = 10;
const closeMillisecondsMax = 2_000;

async function run(bench: Bench): Promise<Outcome> {
  const salesEach = Math.ceil((bench.options.past ?? defaultDocuments) / events);
  const documents = salesEach * events;
  const figures = await onStage(bench, 'close_day', async (stage): Promise<Figure[]> => {
    bench.progress.phase(`${documents} documents`);
    const [tenantId] = await createHistory(
      stage.url,
      { sellers: 1, eventsEach: events, salesEach },
      bench.progress,
    );
    stage.checkSeller(tenantId!);
    stage.expectSales(documents);
    await transact(stage.pool, (tx) => openDay(tx, tenantId!, 1, null));
    bench.progress.phase('an X, then the Z');
    const began = performance.now();
    await reportOpenDay(reader(stage.pool), tenantId!, 1);
    const between = performance.now();
    await transact(stage.pool, (tx) => closeDay(tx, { tenantId: tenantId!, pointNo: 1, dayNo: 1 }, null));
    const ended = performance.now();
    return [
      { name: `X of ${documents} documents, ms`, value: round(between - began) },
      { name: `Z of ${documents} documents, ms`, value: round(ended - between), max: closeMillisecondsMax },
    ];
  });
  bench.progress.say(figureTable(figures));
  const nothing = { limit_per_second: null, share_of_limit: null, statements_per_group: null };
  return {
    findings: {
      results: [],
      ...nothing,
      wal_bytes_per_order: null,
      transaction_p99_ms: null,
      rss_mb: null,
      figures,
    },
    plots: {},
  };
}

export const closeDayScenario: Scenario = {
  name: 'close-day',
  summary: 'how long the Z of a day takes: 10,000 documents, or --past',
  run,
};
