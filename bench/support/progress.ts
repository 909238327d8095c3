const tellMilliseconds = 5_000;
const clearLine = '\r\x1b[2K';

/** The progress line: one line that is written over on a terminal, now and then a line elsewhere. */
export class Progress {
  readonly #terminal = process.stderr.isTTY;
  #phase = '';
  #since = performance.now();
  #counted = { at: 0, completed: 0 };
  #told = 0;

  /** What is being done now. */
  phase(text: string): void {
    this.#phase = text;
    this.#since = performance.now();
    this.#counted = { at: this.#since, completed: 0 };
    this.#told = 0;
    this.#show('', true);
  }

  /** How far a piece of preparation is. */
  part(done: number, of: number): void {
    this.#show(`${Math.floor((100 * done) / of)} %`);
  }

  /** How a load goes. */
  count(completed: number, refused: number, failed: number): void {
    const now = performance.now();
    const perSecond = ((completed - this.#counted.completed) * 1000) / Math.max(1, now - this.#counted.at);
    this.#counted = { at: now, completed };
    const others = [refused > 0 ? `${refused} refused` : '', failed > 0 ? `${failed} FAILED` : ''].filter(
      Boolean,
    );
    this.#show([`${Math.round(perSecond)}/s`, `${completed} done`, ...others].join(', '));
  }

  /** Writes lines that stay. */
  say(text: string): void {
    this.clear();
    console.log(text);
  }

  clear(): void {
    if (this.#terminal) process.stderr.write(clearLine);
  }

  #show(state: string, first = false): void {
    const now = performance.now();
    const line = `  … ${this.#phase} (${Math.round((now - this.#since) / 1000)} s) ${state}`;
    if (this.#terminal) process.stderr.write(clearLine + line.slice(0, (process.stderr.columns || 80) - 1));
    else if (first || now - this.#told > tellMilliseconds) {
      this.#told = now;
      process.stderr.write(`${line}\n`);
    }
  }
}
