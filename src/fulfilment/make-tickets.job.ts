import { signTicket } from '../admission/ticket-code.ts';
import { readSigningKey } from '../admission/ticket-key.store.ts';
import type { StepKey, StepReport } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import type { Tx } from '../db/transaction.ts';
import type { StepHandler } from '../queue/queue.ts';
import type { AnnounceSales } from '../webhooks/announce-sales.job.ts';
import { countInPassing } from './step.store.ts';
import { StepLanes, submitAll, type SaleWork, type StepLog } from './step-lanes.job.ts';
import { insertTickets, readTicketPlaces } from './ticket.store.ts';

async function signPlaces(tx: Tx, tenantId: number, works: SaleWork[]): Promise<StepReport[]> {
  const transactionIds = works.map((work) => work.transactionId);
  const places = await readTicketPlaces(tx, tenantId, transactionIds);
  const key = await readSigningKey(tx, tenantId);
  if (!key) {
    const detail = 'The seller has no key to sign tickets with.';
    return transactionIds.map((transactionId) => ({
      transactionId,
      name: 'tickets',
      state: 'retry',
      detail,
    }));
  }
  const tickets = places.map((place) => ({
    ...place,
    signature: signTicket({ tenantId, keyId: key.keyId, generation: 1, ...place }, key.privateKey),
  }));
  await insertTickets(tx, tenantId, key.keyId, tickets);
  return transactionIds.map((transactionId) => ({ transactionId, name: 'tickets', state: 'done' }));
}

/** Makes tickets and counts their sales, last since the sums are locked until the commit. */
async function makeTickets(tx: Tx, tenantId: number, works: SaleWork[]): Promise<StepReport[]> {
  const reports = await signPlaces(tx, tenantId, works);
  const counted = await countInPassing(
    tx,
    tenantId,
    works.map((work) => work.transactionId),
  );
  return [
    ...reports,
    ...counted.map((transactionId) => ({
      transactionId,
      name: 'statistics' as const,
      state: 'done' as const,
    })),
  ];
}

/**
 * Creates the handler of 'tickets': signs the tickets of sales and keeps them, and counts the sales in the same
 * transaction, whose steps and locks are as many for both. What can be done once tickets exist (e-mail, SMS) is then given
 * to `handOver`, which nobody waits for, and so are sales that could not be counted.
 */
export function createTicketMaker(deps: {
  pool: Pool;
  log: StepLog;
  announce: AnnounceSales;
  handOver(steps: StepKey[]): void;
}): StepHandler {
  const lanes = new StepLanes<SaleWork>({
    ...deps,
    name: 'tickets',
    run: makeTickets,
    onCommitted(pending) {
      const unmade = new Set(
        pending.filter((step) => step.name === 'tickets').map((step) => step.transactionId),
      );
      deps.handOver(pending.filter((step) => step.name === 'statistics' || !unmade.has(step.transactionId)));
    },
  });
  return (steps) =>
    submitAll(steps, ({ tenantId, transactionId }) => lanes.submit(tenantId, { transactionId }));
}
