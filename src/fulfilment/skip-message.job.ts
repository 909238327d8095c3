import type { StepName } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import type { StepHandler } from '../queue/queue.ts';
import { StepLanes, submitAll, type SaleWork, type StepLog } from './step-lanes.job.ts';

/** Creates the handler of a channel without a provider: its steps end as skipped and say so. */
export function createMessageSkipper(deps: {
  pool: Pool;
  log: StepLog;
  name: StepName;
  reason: string;
}): StepHandler {
  const { name, reason: detail } = deps;
  const lanes = new StepLanes<SaleWork>({
    ...deps,
    run: async (_tx, _tenantId, works) =>
      works.map(({ transactionId }) => ({ transactionId, name, state: 'skipped', detail })),
  });
  return (steps) =>
    submitAll(steps, ({ tenantId, transactionId }) => lanes.submit(tenantId, { transactionId }));
}
