import { Problem } from '../base/errors.ts';
import { GroupLanes } from '../base/group-lane.ts';
import { limits } from '../base/limits.ts';
import type { StepKey, StepName, StepReport } from '../base/step.ts';
import { laneLimits } from '../db/lane-limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { AnnounceSales } from '../webhooks/announce-sales.job.ts';
import { finishSteps } from './step.store.ts';

/** What the steps' workers tell the log; it never gets names, addresses or texts of buyers. */
export type StepLog = {
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

/** One sale to be worked on, with whatever its work needs to know. */
export type SaleWork = { transactionId: string };

type Options<W extends SaleWork> = {
  pool: Pool;
  name: StepName;
  log: StepLog;
  /** Does the work of several sales of one seller in one transaction and reports how each went. */
  run(tx: Tx, tenantId: number, works: W[]): Promise<StepReport[]>;
  /** Tells other systems what has become of sales, in the transaction that makes it so. */
  announce: AnnounceSales;
  /** Called with what is still pending of the sales once that is committed. */
  onCommitted?(pending: StepKey[]): void;
};

// The queue tries again by itself, so a batch need not wait long for the database.
const retrySecondsMax = 5;

/**
 * Works on one kind of step in groups: a group is one transaction that does the work and ends the steps,
 * so a step is done exactly when its work is. A sale that makes the transaction fail is found by
 * halving its group, and its failure counts as an attempt of that sale alone.
 */
export class StepLanes<W extends SaleWork> {
  readonly #options: Options<W>;
  readonly #lanes: GroupLanes<number, W, StepName[]>;

  constructor(options: Options<W>) {
    this.#options = options;
    this.#lanes = new GroupLanes((tenantId) => ({
      ...laneLimits,
      waitSecondsMax: limits.stepWaitSecondsMax,
      retrySecondsMax,
      run: (works) => this.#runGroup(tenantId, works),
    }));
  }

  /**
   * Works on a sale's step.
   * @returns true when it has not ended and is to be tried again later.
   */
  async submit(tenantId: number, work: W): Promise<boolean> {
    const { name, log } = this.#options;
    const { transactionId } = work;
    try {
      return (await this.#lanes.submit(tenantId, work)).includes(name);
    } catch (error) {
      // The database is away: nothing was tried, so nothing counts as an attempt.
      if (error instanceof Problem) return true;
      log.error(
        { err: error, tenant_id: tenantId, transaction_id: transactionId, step: name },
        'a step failed',
      );
      const detail = `An error on our side: ${(error as Error).message}`;
      return await this.#record(tenantId, { transactionId, name, state: 'retry', detail });
    }
  }

  async #record(tenantId: number, report: StepReport): Promise<boolean> {
    const { pool, announce } = this.#options;
    const pending = await transact(pool, async (tx) => {
      const left = await finishSteps(tx, tenantId, [report], limits.stepAttemptsMax);
      await announce(tx, tenantId, [report.transactionId]);
      return left;
    });
    this.#tell(tenantId, pending);
    return pending.some((step) => step.name === report.name);
  }

  async #runGroup(tenantId: number, works: W[]): Promise<StepName[][]> {
    const { pool, run, announce } = this.#options;
    const pending = await transact(pool, async (tx) => {
      const reports = await run(tx, tenantId, works);
      const left = reports.length > 0 ? await finishSteps(tx, tenantId, reports, limits.stepAttemptsMax) : [];
      const ids = works.map((work) => work.transactionId);
      await announce(tx, tenantId, ids);
      return left;
    });
    this.#tell(tenantId, pending);
    const names = Map.groupBy(pending, (step) => step.transactionId);
    return works.map(({ transactionId }) => (names.get(transactionId) ?? []).map((step) => step.name));
  }

  #tell(tenantId: number, pending: { transactionId: string; name: StepName }[]): void {
    if (pending.length > 0) this.#options.onCommitted?.(pending.map((step) => ({ tenantId, ...step })));
  }
}

/** Hands a batch of steps to `submit` one by one; returns those that are to be tried again. */
export async function submitAll(
  steps: readonly StepKey[],
  submit: (step: StepKey) => Promise<boolean>,
): Promise<StepKey[]> {
  const again = await Promise.all(steps.map(submit));
  return steps.filter((_, i) => again[i]);
}
