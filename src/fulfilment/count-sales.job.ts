import type { Pool } from '../db/pool.ts';
import type { StepHandler } from '../queue/queue.ts';
import type { AnnounceSales } from '../webhooks/announce-sales.job.ts';
import { StepLanes, submitAll, type SaleWork, type StepLog } from './step-lanes.job.ts';
import { countSales } from './step.store.ts';

/** Creates the handler of 'statistics': adds sales to the sums of their zones, each exactly once. */
export function createSalesCounter(deps: { pool: Pool; log: StepLog; announce: AnnounceSales }): StepHandler {
  const lanes = new StepLanes<SaleWork>({
    ...deps,
    name: 'statistics',
    async run(tx, tenantId, works) {
      await countSales(
        tx,
        tenantId,
        works.map((work) => work.transactionId),
      );
      // Counting ends the step itself, under the sale's lock.
      return [];
    },
  });
  return (steps) =>
    submitAll(steps, ({ tenantId, transactionId }) => lanes.submit(tenantId, { transactionId }));
}
