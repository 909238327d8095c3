/** Words for screen readers only: what changed on the page without the reader asking. */
class Announcer {
  words = $state('');
  #isEven = false;

  say(words: string): void {
    // The same words twice are no change, and a live region speaks only of changes.
    this.#isEven = !this.#isEven;
    this.words = this.#isEven ? words : `${words}\u00a0`;
  }
}

export const announcer = new Announcer();
