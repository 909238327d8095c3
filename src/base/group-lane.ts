import { Problem } from './errors.ts';

/** What `run` answers for a request that must go into the next group: an earlier one of its group stood in its way. */
export const again = Symbol('again');

export type GroupLaneOptions<Request, Result> = {
  /** Does one group in one transaction; answers for each request, in order. */
  run(requests: Request[]): Promise<(Result | typeof again)[]>;
  /** Whether an error may pass by itself (a lost connection, a deadlock), so that the same group is sent again. */
  isPassing(error: unknown): boolean;
  groupMax: number;
  queueMax: number;
  retrySecondsMax: number;
};

type Waiting<Request, Result> = {
  request: Request;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

const retryDelayMilliseconds = { first: 20, max: 1_000 };

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Makes groups of requests that arrive while a group is being committed. One group is in flight. Nobody waits
 * for a timer: an idle lane starts with what one turn of the event loop brings, a busy one grows its groups by itself.
 */
export class GroupLane<Request, Result> {
  readonly #options: GroupLaneOptions<Request, Result>;
  readonly #onIdle: () => void;
  #queue: Waiting<Request, Result>[] = [];
  #running = false;

  /** @param onIdle called whenever nothing waits and nothing is in flight any more. */
  constructor(options: GroupLaneOptions<Request, Result>, onIdle: () => void = () => {}) {
    this.#options = options;
    this.#onIdle = onIdle;
  }

  /** Requests that wait, without those of the group in flight. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Puts a request into the next group.
   * @throws Problem `overloaded` at once when the queue is full; whatever `run` throws for this request alone.
   */
  submit(request: Request): Promise<Result> {
    if (this.#queue.length >= this.#options.queueMax) {
      const detail = 'Too many requests are waiting. Nothing was changed; try again in a moment.';
      return Promise.reject(new Problem('overloaded', detail, { retryAfterSeconds: 1 }));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      setImmediate(() => void this.#drain());
    });
  }

  /** Answers a group only when the next one is on its way, so that the database works while this process answers. */
  async #drain(): Promise<void> {
    let answer = () => {};
    while (this.#queue.length > 0) {
      const settled = this.#settle(this.#queue.splice(0, this.#options.groupMax));
      await turnOfTheLoop();
      answer();
      answer = await settled;
    }
    this.#running = false;
    answer();
    this.#onIdle();
  }

  /**
   * Runs a group; when its statement fails, halves of it, until whoever makes it fail stands alone.
   * @returns what answers its requests; those that must come again are in the queue before that.
   */
  async #settle(group: Waiting<Request, Result>[]): Promise<() => void> {
    try {
      const results = await this.#runPatiently(group.map((waiting) => waiting.request));
      this.#queue.unshift(...group.filter((_, i) => results[i] === again));
      return () =>
        group.forEach((waiting, i) => {
          const result = results[i]!;
          if (result !== again) waiting.resolve(result);
        });
    } catch (error) {
      if (group.length === 1 || error instanceof Problem)
        return () => group.forEach((waiting) => waiting.reject(error));
      const half = group.length >> 1;
      const answers = [await this.#settle(group.slice(0, half)), await this.#settle(group.slice(half))];
      return () => answers.forEach((answer) => answer());
    }
  }

  async #runPatiently(requests: Request[]): Promise<(Result | typeof again)[]> {
    const deadline = performance.now() + this.#options.retrySecondsMax * 1000;
    let delay = retryDelayMilliseconds.first;
    for (;;) {
      try {
        return await this.#options.run(requests);
      } catch (error) {
        if (!this.#options.isPassing(error)) throw error;
        if (performance.now() + delay > deadline) {
          const detail = 'The database does not answer. Try again with the same idempotency key.';
          throw new Problem('unavailable', detail, { retryAfterSeconds: 5 });
        }
        await sleep(delay);
        delay = Math.min(delay * 2, retryDelayMilliseconds.max);
      }
    }
  }
}

/** Lanes by key, made when first needed and forgotten when idle. */
export class GroupLanes<Key, Request, Result> {
  readonly #lanes = new Map<Key, GroupLane<Request, Result>>();
  readonly #options: (key: Key) => GroupLaneOptions<Request, Result>;

  constructor(options: (key: Key) => GroupLaneOptions<Request, Result>) {
    this.#options = options;
  }

  /** Requests that wait in all lanes. */
  get waiting(): number {
    let sum = 0;
    for (const lane of this.#lanes.values()) sum += lane.waiting;
    return sum;
  }

  /** True when no lane has anything waiting or in flight. */
  get idle(): boolean {
    return this.#lanes.size === 0;
  }

  /** Submits to the key's lane; errors are those of `GroupLane.submit`. */
  submit(key: Key, request: Request): Promise<Result> {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new GroupLane(this.#options(key), () => this.#lanes.delete(key));
      this.#lanes.set(key, lane);
    }
    return lane.submit(request);
  }
}
