/** Words for screen readers only: what changed on the page without the reader asking. */
class Announcer {
  words = $state('');

  say(words: string): void {
    // The same words twice are no change, and a live region speaks only of changes.
    this.words = words === this.words ? `${words}\u00a0` : words;
  }
}

export const announcer = new Announcer();
