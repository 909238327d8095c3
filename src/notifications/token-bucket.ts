/** How often something may be done: so many a second on average, and so many at once after a rest. */
export type Rate = { perSecond: number; burst: number };

/** A token bucket over a clock in milliseconds. It gives turns in the order of asking. */
export class TokenBucket {
  readonly #rate: Rate;
  /** May be below zero: turns that were given for later. */
  #tokens: number;
  #at: number;

  constructor(rate: Rate, nowMilliseconds: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#at = nowMilliseconds;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    const earned = ((now - this.#at) / 1_000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + earned);
    this.#at = now;
  }

  #waitSeconds(now: number): number {
    const paused = Math.max(0, (this.#at - now) / 1_000);
    return paused + Math.max(0, (1 - this.#tokens) / this.#rate.perSecond);
  }

  /**
   * Takes a turn, unless it would come later than the caller may wait.
   * @returns `granted` and the seconds until the turn; when it is not granted, until one is to be had.
   */
  take(nowMilliseconds: number, waitSecondsMax: number): { granted: boolean; waitSeconds: number } {
    this.#refill(nowMilliseconds);
    const waitSeconds = this.#waitSeconds(nowMilliseconds);
    const granted = waitSeconds <= waitSecondsMax;
    if (granted) this.#tokens -= 1;
    return { granted, waitSeconds };
  }

  /** Gives no turn for so long: the other side has asked for a rest. */
  pause(nowMilliseconds: number, seconds: number): void {
    this.#refill(nowMilliseconds);
    this.#tokens = Math.min(this.#tokens, 1);
    this.#at = Math.max(this.#at, nowMilliseconds + seconds * 1_000);
  }
}
