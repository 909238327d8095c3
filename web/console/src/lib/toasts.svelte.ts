const shownMilliseconds = 6_000;

type Toast = { id: number; words: string; kind: 'good' | 'bad' };

/** Short words about what was just done; screen readers say them. What must not be missed stands in the page. */
class Toasts {
  shown: Toast[] = $state([]);
  #last = 0;

  say(words: string, kind: Toast['kind'] = 'good'): void {
    this.#last += 1;
    const id = this.#last;
    this.shown.push({ id, words, kind });
    setTimeout(() => this.close(id), shownMilliseconds);
  }

  close(id: number): void {
    this.shown = this.shown.filter((one) => one.id !== id);
  }
}

export const toasts = new Toasts();
