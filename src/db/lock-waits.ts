import { isLockTimeout } from './transaction.ts';

// Of four connections, lanes that are known to wait for locks get one.
const poolShare = 0.25;
// Each takes as long as `lock_timeout`, so a turn comes well before a group has been tried for long enough.
const turnsPerPlaceMax = 8;

/**
 * Keeps lanes that wait for locks from taking the pool. Who has met a lock that stayed (`lock_timeout`) tries again
 * only in one of a few places, for which all such lanes take turns, until it has got through.
 */
export class LockWaits {
  readonly #placesMax: number;
  /** By key, the error that its last work met. */
  readonly #blocked = new Map<string, unknown>();
  readonly #turns: (() => void)[] = [];
  #taken = 0;

  /** @param poolSize how many connections the lanes share. */
  constructor(poolSize: number) {
    this.#placesMax = Math.max(1, Math.floor(poolSize * poolShare));
  }

  /** Keys whose last work met a lock. */
  get blocked(): number {
    return this.#blocked.size;
  }

  /**
   * Does work that takes a connection.
   * @param key whose locks it takes, such as a seller's confirmations.
   * @throws whatever the work throws; without a try what it threw the last time, when too many wait for their turn.
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const waits = this.#blocked.has(key);
    if (waits) await this.#enter(key);
    try {
      const result = await work();
      this.#blocked.delete(key);
      return result;
    } catch (error) {
      if (isLockTimeout(error)) this.#blocked.set(key, error);
      throw error;
    } finally {
      if (waits) this.#leave();
    }
  }

  async #enter(key: string): Promise<void> {
    if (this.#turns.length >= this.#placesMax * turnsPerPlaceMax) throw this.#blocked.get(key);
    if (this.#taken < this.#placesMax) this.#taken++;
    // Whoever leaves hands over its place.
    else await new Promise<void>((resolve) => this.#turns.push(resolve));
  }

  #leave(): void {
    const next = this.#turns.shift();
    if (next) next();
    else this.#taken--;
  }
}
