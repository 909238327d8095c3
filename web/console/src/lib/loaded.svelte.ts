/**
 * Something that is read from the server, and read again when it may have changed: what was read stays visible
 * meanwhile. It begins to load when it is made.
 */
export class Loaded<T> {
  value: T | undefined = $state.raw();
  fault: unknown = $state.raw();
  isLoading = $state(false);
  readonly #read: () => Promise<T>;
  #turn = 0;

  constructor(read: () => Promise<T>) {
    this.#read = read;
    void this.again();
  }

  /** Reads once more; only the newest of several readings counts. */
  async again(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.isLoading = true;
    try {
      const value = await this.#read();
      if (turn !== this.#turn) return;
      this.value = value;
      this.fault = undefined;
    } catch (error) {
      if (turn === this.#turn) this.fault = error;
    } finally {
      if (turn === this.#turn) this.isLoading = false;
    }
  }
}
