import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import {
  leaseProcessBlocks,
  renewBlocks,
  returnExpiredBlocks,
  returnProcessBlocks,
  type SeriesKey,
} from '../fiscal/fiscal-block.store.ts';

type Deps = {
  pool: Pool;
  /** Who this process is among the holders of blocks: unique among all, running or gone. */
  holderId: string;
  onError(error: unknown): void;
  /** Told when a block was leased ahead of need. */
  onLease(): void;
};

/**
 * The blocks of fiscal numbers that this process leases in preallocated series. Confirming issues from them; this
 * leases the next ahead of need, renews them, and gives back what is left.
 */
export class NumberBlocks {
  readonly holderId: string;
  readonly #deps: Deps;
  readonly #refills = new Map<string, Promise<void>>();

  constructor(deps: Deps) {
    this.#deps = deps;
    this.holderId = deps.holderId;
  }

  /** Leases another block of a series, unless that is under way. */
  refill(key: SeriesKey): void {
    const id = `${key.tenantId}/${key.seriesId}`;
    if (this.#refills.has(id)) return;
    const { pool, onLease, onError } = this.#deps;
    const leased = leaseProcessBlocks(pool, key, this.holderId)
      .then(onLease, onError)
      .finally(() => this.#refills.delete(id));
    this.#refills.set(id, leased);
  }

  /** Renews the own blocks and takes back those of processes that no longer do. */
  async renewAndSweep(): Promise<void> {
    await renewBlocks(this.#deps.pool, this.holderId);
    while ((await returnExpiredBlocks(this.#deps.pool)) === limits.fiscalSweepRowsMax);
  }

  /** Gives back what was not used; nothing may be confirmed any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#refills.values());
    await returnProcessBlocks(this.#deps.pool, this.holderId).catch(this.#deps.onError);
  }
}
