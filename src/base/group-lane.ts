import { Problem } from './errors.ts';

/** What `run` answers for a request that must go into the next group: an earlier one of its group stood in its way. */
export const again = Symbol('again');

export type GroupLaneOptions<Request, Result> = {
  /** Does one group in one transaction; answers for each request, in order. */
  run(requests: Request[]): Promise<(Result | typeof again)[]>;
  /** Whether an error may pass by itself (a lost connection, a deadlock), so that the same group is sent again. */
  isPassing(error: unknown): boolean;
  /** Whether a passing error means that nobody can be served for a while, as in a fail-over of the database. */
  isAway?(error: unknown): boolean;
  groupMax: number;
  queueMax: number;
  /** How long a request may wait for its group; while the database is away, it is `retrySecondsMax`. Absent: no limit. */
  waitSecondsMax?: number;
  /** How long a group may be sent again, counted from the moment that its first request came. */
  retrySecondsMax: number;
  /** Monotonic milliseconds. */
  now?(): number;
};

/** How many requests wait in several lanes together, and how many may. */
export type LaneLoad = { waiting: number; readonly max: number };

type Waiting<Request, Result> = {
  request: Request;
  since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
};

const retryDelayMilliseconds = { first: 20, max: 1_000 };
const watchMilliseconds = 250;

const monotonicMilliseconds = () => performance.now();

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function overloaded(): Problem {
  const detail = 'Too many requests are waiting. Nothing was changed; try again in a moment.';
  return new Problem('overloaded', detail, { retryAfterSeconds: 1 });
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
  readonly #load: LaneLoad;
  readonly #now: () => number;
  readonly #waitMillisecondsMax: number;
  /** How long the last group took, and since when one is in flight. */
  #groupMilliseconds = 0;
  #startedAt: number | undefined;
  #away = false;
  #backAt = -Infinity;
  #watched = false;

  /**
   * @param onIdle called whenever nothing waits and nothing is in flight any more.
   * @param load what this lane shares with others; absent: it stands alone.
   */
  constructor(
    options: GroupLaneOptions<Request, Result>,
    onIdle: () => void = () => {},
    load: LaneLoad = { waiting: 0, max: Infinity },
  ) {
    this.#options = options;
    this.#onIdle = onIdle;
    this.#load = load;
    this.#now = options.now ?? monotonicMilliseconds;
    this.#waitMillisecondsMax = (options.waitSecondsMax ?? Infinity) * 1_000;
  }

  /** Requests that wait, without those of the group in flight. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Puts a request into the next group.
   * @throws Problem `overloaded` at once when more wait than will be served in time, or later when this one has
   * waited too long; whatever `run` throws for this request alone.
   */
  submit(request: Request): Promise<Result> {
    const since = this.#now();
    if (!this.#mayWait(since)) return Promise.reject(overloaded());
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, since, resolve, reject });
      this.#load.waiting++;
      if (this.#running) {
        this.#watch();
        return;
      }
      this.#running = true;
      setImmediate(() => void this.#drain());
    });
  }

  /** The queue takes as many groups as are served in time at the pace of the last one, or of the one in flight. */
  #mayWait(now: number): boolean {
    const { groupMax, queueMax } = this.#options;
    const waiting = this.#queue.length;
    if (waiting >= queueMax || this.#load.waiting >= this.#load.max) return false;
    const inFlight = this.#startedAt === undefined ? 0 : now - this.#startedAt;
    // Before anybody waits too long behind a group that does not end, nobody else is made to.
    if (inFlight >= this.#patience(now)) return false;
    const pace = Math.max(this.#groupMilliseconds, inFlight);
    return waiting < groupMax || waiting * pace < groupMax * this.#waitMillisecondsMax;
  }

  /** Whoever has waited while the database was away gets the usual time once it is back. */
  #patience(now: number): number {
    const spared = this.#away || now - this.#backAt < this.#waitMillisecondsMax;
    return spared
      ? Math.max(this.#waitMillisecondsMax, this.#options.retrySecondsMax * 1_000)
      : this.#waitMillisecondsMax;
  }

  #noteAway(away: boolean): void {
    if (this.#away && !away) this.#backAt = this.#now();
    this.#away = away;
  }

  /** Looks, one timer for the lane, whether those who wait behind a slow group have waited too long. */
  #watch(): void {
    if (this.#watched || this.#waitMillisecondsMax === Infinity) return;
    this.#watched = true;
    const look = () => {
      this.#watched = false;
      this.#refuseLate();
      if (this.#queue.length > 0) this.#watch();
    };
    setTimeout(look, Math.min(watchMilliseconds, this.#waitMillisecondsMax)).unref();
  }

  #refuseLate(): void {
    const now = this.#now();
    const late = now - this.#patience(now);
    const found = this.#queue.findIndex((waiting) => waiting.since > late);
    const refused = this.#queue.splice(0, found < 0 ? this.#queue.length : found);
    this.#load.waiting -= refused.length;
    for (const waiting of refused) waiting.reject(overloaded());
  }

  /** Answers a group only when the next one is on its way, so that the database works while this process answers. */
  async #drain(): Promise<void> {
    let answer = () => {};
    for (;;) {
      this.#refuseLate();
      if (this.#queue.length === 0) break;
      const group = this.#queue.splice(0, this.#options.groupMax);
      this.#load.waiting -= group.length;
      this.#startedAt = this.#now();
      const settled = this.#settle(group);
      await turnOfTheLoop();
      answer();
      answer = await settled;
      this.#groupMilliseconds = this.#now() - this.#startedAt;
      this.#startedAt = undefined;
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
      const results = await this.#runPatiently(
        group.map((waiting) => waiting.request),
        group[0]!.since,
      );
      const postponed = group.filter((_, i) => results[i] === again);
      this.#queue.unshift(...postponed);
      this.#load.waiting += postponed.length;
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

  /** @param since when the first of them came. */
  async #runPatiently(requests: Request[], since: number): Promise<(Result | typeof again)[]> {
    const { run, isPassing, isAway, retrySecondsMax } = this.#options;
    const deadline = since + retrySecondsMax * 1_000;
    let delay = retryDelayMilliseconds.first;
    for (;;) {
      try {
        const results = await run(requests);
        this.#noteAway(false);
        return results;
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#noteAway(isAway?.(error) ?? false);
        if (this.#now() + delay > deadline) {
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
  readonly #load: LaneLoad;

  /** @param waitingMax how many requests may wait in all lanes together. */
  constructor(options: (key: Key) => GroupLaneOptions<Request, Result>, waitingMax = Infinity) {
    this.#options = options;
    this.#load = { waiting: 0, max: waitingMax };
  }

  /** Requests that wait in all lanes. */
  get waiting(): number {
    return this.#load.waiting;
  }

  /** True when no lane has anything waiting or in flight. */
  get idle(): boolean {
    return this.#lanes.size === 0;
  }

  /** Submits to the key's lane; errors are those of `GroupLane.submit`. */
  submit(key: Key, request: Request): Promise<Result> {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new GroupLane(this.#options(key), () => this.#lanes.delete(key), this.#load);
      this.#lanes.set(key, lane);
    }
    return lane.submit(request);
  }
}
