/** Seconds left until a deadline, ticking once a second on the second. */
export class Countdown {
  secondsLeft = $state(0);
  readonly #onover: () => void;
  #deadline = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onover: () => void) {
    this.#onover = onover;
  }

  /**
   * Counts from how many seconds the server says are left, not from its clock time, because the
   * buyer's clock may be wrong by hours.
   * @returns how to stop.
   */
  start(seconds: number): () => void {
    this.#deadline = Date.now() + seconds * 1000;
    this.stop();
    this.#tick();
    return () => this.stop();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tick(): void {
    const left = this.#deadline - Date.now();
    this.secondsLeft = Math.max(0, Math.ceil(left / 1000));
    if (left <= 0) this.#onover();
    else this.#timer = setTimeout(() => this.#tick(), left % 1000 || 1000);
  }
}
