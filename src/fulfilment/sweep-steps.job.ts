import { uuidv7Floor, uuidv7Milliseconds, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { readySteps, type StepKey } from '../base/step.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import type { Queue } from '../queue/queue.ts';
import {
  moveStepMarks,
  readStepMarks,
  readUnfinished,
  type SweepPlace,
  type UnfinishedSale,
} from './sweep.store.ts';

/** A walk over a seller's unfinished sales, in the order of their keys, a page a sweep. */
type Walk = SweepPlace & {
  /** The oldest unfinished sale that this walk has met. */
  oldest: string | null;
};

/** What a page of unfinished sales makes of a walk: it goes on after a full page, and ends with the last. */
export function nextWalk(
  walk: Walk,
  page: readonly { transactionId: string }[],
  pageMax: number,
): { walk: Walk; ended: boolean } {
  const oldest = walk.oldest ?? page[0]?.transactionId ?? null;
  const after = page.at(-1)?.transactionId ?? walk.after;
  return { walk: { tenantId: walk.tenantId, after, oldest }, ended: page.length < pageMax };
}

type Deps = {
  pool: Pool;
  queue: Pick<Queue, 'handOver' | 'missing'>;
  clock: Clock;
  /** Told of sales whose tickets are long in coming, again and again until they are made. */
  tellDelayed(sales: readonly SaleKey[]): Promise<void>;
  pageMax?: number;
};

/**
 * Gives the queue the steps that it does not have: of sales whose process died before it handed them
 * over, or all of them when the queue was lost. A step counts as lost when two sweeps in a row miss it: between
 * them, whoever was just handing it over has done so or given up.
 */
export class StepSweeper {
  readonly #deps: Deps;
  readonly #walks = new Map<number, Walk>();
  /** What the last sweep missed. */
  #suspects: StepKey[] = [];
  #deepAt = -Infinity;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Looks at the next page of each seller's unfinished sales; returns how many steps it handed over. */
  async sweep(): Promise<number> {
    const { pool, queue, pageMax = limits.stepSweepRowsMax } = this.#deps;
    const places = await this.#places();
    const sales = await readUnfinished(reader(pool), places, limits.stepSweepAgeSeconds, pageMax);
    // What has ended since counts as missing too, and does no harm: its worker finds nothing to do.
    const lost = await queue.missing(this.#suspects);
    const known = new Set(this.#suspects.map(formatStep));
    const steps = sales.flatMap(stepsOf).filter((step) => !known.has(formatStep(step)));
    this.#suspects = await queue.missing(steps);
    await queue.handOver(lost);
    const bySeller = Map.groupBy(sales, (sale) => sale.tenantId);
    const ended: Walk[] = [];
    for (const place of places) {
      const walk = this.#walks.get(place.tenantId) ?? { ...place, oldest: null };
      const next = nextWalk(walk, bySeller.get(place.tenantId) ?? [], pageMax);
      if (next.ended) this.#walks.delete(place.tenantId);
      else this.#walks.set(place.tenantId, next.walk);
      if (next.ended) ended.push(next.walk);
    }
    await transact(pool, (tx) => moveStepMarks(tx, ended, limits.stepSweepMarkLagSeconds));
    const delayed = sales.filter((sale) => this.#isDelayed(sale));
    if (delayed.length > 0) await this.#deps.tellDelayed(delayed);
    return lost.length;
  }

  #isDelayed({ transactionId, pending }: UnfinishedSale): boolean {
    const ageSeconds = (this.#deps.clock.now().getTime() - uuidv7Milliseconds(transactionId)) / 1_000;
    return pending.includes('tickets') && ageSeconds >= limits.ticketsDelayedSeconds;
  }

  /** Where each seller's walk goes on, or begins: at its mark, and from time to time well before it. */
  async #places(): Promise<SweepPlace[]> {
    const { pool, clock } = this.#deps;
    const now = clock.now().getTime();
    const deep = now >= this.#deepAt + limits.stepDeepSweepSeconds * 1_000;
    if (deep) this.#deepAt = now;
    // A key is made by a process's clock, which may have been wrong: then its sale lies before the mark.
    const reach = deep ? limits.stepDeepSweepReachSeconds * 1_000 : 0;
    const marks = await readStepMarks(reader(pool));
    return marks.map(({ tenantId, since }) => {
      const start = uuidv7Floor(new Date(Math.min(since.getTime(), now) - reach));
      return this.#walks.get(tenantId) ?? { tenantId, after: start };
    });
  }
}

function formatStep({ tenantId, transactionId, name }: StepKey): string {
  return `${tenantId} ${transactionId} ${name}`;
}

function stepsOf({ tenantId, transactionId, pending }: UnfinishedSale): StepKey[] {
  return readySteps(pending).map((name) => ({ tenantId, transactionId, name }));
}
