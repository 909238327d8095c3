type Waiting = { start(): void };

/**
 * Lets so much work run at once, and shares it out: whoever has work under way may begin more only while at least as
 * much room is left for others. So one alone gets half of the room, and work that hangs leaves some for everybody
 * else. Keys take turns.
 */
export class FairGate<Key> {
  readonly #roomMax: number;
  readonly #running = new Map<Key, number>();
  /** The keys in the order of their turns. */
  readonly #waiting = new Map<Key, Waiting[]>();
  #free: number;

  constructor(roomMax: number) {
    this.#roomMax = roomMax;
    this.#free = roomMax;
  }

  /** Work that runs or waits, of all keys. */
  get count(): number {
    let waiting = 0;
    for (const queue of this.#waiting.values()) waiting += queue.length;
    return waiting + this.#roomMax - this.#free;
  }

  /** Runs work once its key has a turn; its result and its errors are the work's own. */
  async run<T>(key: Key, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      const queue = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, queue);
      queue.push({ start: resolve });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#free += 1;
      const left = this.#running.get(key)! - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
      this.#next();
    }
  }

  #next(): void {
    for (let key = this.#pick(); key !== undefined; key = this.#pick()) {
      const queue = this.#waiting.get(key)!;
      const first = queue.shift()!;
      // Last in the order of turns, or out of it.
      this.#waiting.delete(key);
      if (queue.length > 0) this.#waiting.set(key, queue);
      this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
      this.#free -= 1;
      first.start();
    }
  }

  #pick(): Key | undefined {
    for (const key of this.#waiting.keys()) if ((this.#running.get(key) ?? 0) < this.#free) return key;
    return undefined;
  }
}
