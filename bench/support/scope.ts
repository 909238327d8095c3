/** What a run has to put away, newest first, whether it ends well or not. */
export class Scope {
  readonly #endings: (() => Promise<unknown> | void)[] = [];

  defer(ending: () => Promise<unknown> | void): void {
    this.#endings.push(ending);
  }

  /** Puts everything away; a failure does not keep the rest from it. */
  async close(): Promise<void> {
    for (let ending = this.#endings.pop(); ending; ending = this.#endings.pop()) {
      try {
        await ending();
      } catch (error) {
        console.error(`while cleaning up: ${(error as Error).message}`);
      }
    }
  }
}

/** Runs `work` with a scope that is closed at its end. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  try {
    return await work(scope);
  } finally {
    await scope.close();
  }
}
