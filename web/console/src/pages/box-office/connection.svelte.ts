const askedMilliseconds = 4_000;
const answerMillisecondsMax = 3_000;

/** Whether the server answers: told by the browser at once, and asked for again and again. */
export class Connection {
  isUp = $state(navigator.onLine);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWatching = false;

  /** Watches until the returned function is called. */
  watch(): () => void {
    const ask = (): void => void this.ask();
    const lose = (): void => void (this.isUp = false);
    addEventListener('online', ask);
    addEventListener('offline', lose);
    this.#isWatching = true;
    ask();
    return () => {
      this.#isWatching = false;
      clearTimeout(this.#timer);
      removeEventListener('online', ask);
      removeEventListener('offline', lose);
    };
  }

  /** Something that was sent got no answer. */
  lost(): void {
    this.isUp = false;
  }

  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const signal = AbortSignal.timeout(answerMillisecondsMax);
      this.isUp = (await fetch('/healthz', { signal, cache: 'no-store' })).ok;
    } catch {
      this.isUp = false;
    }
    clearTimeout(this.#timer);
    if (this.#isWatching) this.#timer = setTimeout(() => void this.ask(), askedMilliseconds);
  }
}
