import type { Tx } from '../db/transaction.ts';
import type { StepName, StepReport } from '../base/step.ts';

/** A step that has not ended yet. */
export type PendingStep = { transactionId: string; name: StepName };

/**
 * Ends steps of one seller's sales, or records failed attempts; `attemptsMax` failed ones end a step as
 * failed. Steps that have ended already are left as they are.
 * @returns the steps of these sales that are still pending.
 */
export async function finishSteps(
  tx: Tx,
  tenantId: number,
  reports: readonly StepReport[],
  attemptsMax: number,
): Promise<PendingStep[]> {
  return await tx.query<PendingStep>({
    name: 'finish-steps',
    text: `select transaction_id as "transactionId", name
             from finish_steps($1, $2::uuid[], $3::step_name[], $4::step_state[], $5::text[], $6)`,
    values: [
      tenantId,
      reports.map((report) => report.transactionId),
      reports.map((report) => report.name),
      reports.map((report) => (report.state === 'retry' ? 'pending' : report.state)),
      reports.map((report) => report.detail ?? null),
      attemptsMax,
    ],
  });
}

/**
 * Adds one seller's sales to the statistics of their zones and ends their 'statistics' steps; a sale
 * that was counted before is left out.
 */
export async function countSales(tx: Tx, tenantId: number, transactionIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'count-sales',
    text: 'select count_sales($1, $2::uuid[])',
    values: [tenantId, transactionIds],
  });
}

/**
 * Adds one seller's sales, which the transaction has locked, to the statistics in passing.
 * @returns those that were added, whose 'statistics' steps are to end in the same transaction. A sale that was counted
 * before is left out, and so are all while statistics are made anew.
 */
export async function countInPassing(
  tx: Tx,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<string[]> {
  const [row] = await tx.query<{ counted: string[] }>({
    name: 'count-in-passing',
    text: 'select count_in_passing($1, $2::uuid[]) as counted',
    values: [tenantId, transactionIds],
  });
  return row!.counted;
}

/** Adds a step to those of one seller's sales whose step `beside` is pending. */
export async function addStep(
  tx: Tx,
  tenantId: number,
  transactionIds: readonly string[],
  { name, beside }: { name: StepName; beside: StepName },
): Promise<void> {
  await tx.query({
    name: 'add-step',
    text: 'select add_step($1, $2::uuid[], $3, $4)',
    values: [tenantId, transactionIds, name, beside],
  });
}
