/** A page of a list as the API answers it. */
export type ListPage<Row> = { data: Row[]; has_more: boolean };

/**
 * A list of any length, a page at a time: what is shown and kept is one page, so a million rows cost what fifty do.
 * It begins to load when it is made.
 */
export class CursorList<Row> {
  rows: Row[] = $state.raw([]);
  fault: unknown = $state.raw();
  isLoading = $state(false);
  hasNext = $state(false);
  /** From 1. */
  pageNo = $state(1);
  hasLoaded = $state(false);
  readonly #read: (after: string | undefined) => Promise<ListPage<Row>>;
  readonly #cursorOf: (row: Row) => string | number;
  /** The cursors of the pages from the first to this one; the first has none. */
  #cursors: (string | undefined)[] = [undefined];
  #turn = 0;

  /**
   * @param read a page of the API, from the row after this cursor.
   * @param cursorOf what `starting_after` takes.
   */
  constructor(
    read: (after: string | undefined) => Promise<ListPage<Row>>,
    cursorOf: (row: Row) => string | number,
  ) {
    this.#read = read;
    this.#cursorOf = cursorOf;
    void this.again();
  }

  get hasPrevious(): boolean {
    return this.pageNo > 1;
  }

  /** From the first page, as after another filter. */
  async restart(): Promise<void> {
    await this.#show([undefined]);
  }

  /** This page once more, as after a change. */
  async again(): Promise<void> {
    await this.#show(this.#cursors);
  }

  async next(): Promise<void> {
    const last = this.rows.at(-1);
    if (this.isLoading || !this.hasNext || last === undefined) return;
    await this.#show([...this.#cursors, String(this.#cursorOf(last))]);
  }

  async previous(): Promise<void> {
    if (!this.isLoading && this.hasPrevious) await this.#show(this.#cursors.slice(0, -1));
  }

  async #show(cursors: (string | undefined)[]): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.isLoading = true;
    try {
      const page = await this.#read(cursors.at(-1));
      if (turn !== this.#turn) return;
      this.rows = page.data;
      this.hasNext = page.has_more;
      this.#cursors = cursors;
      this.pageNo = cursors.length;
      this.fault = undefined;
      this.hasLoaded = true;
    } catch (error) {
      if (turn === this.#turn) this.fault = error;
    } finally {
      if (turn === this.#turn) this.isLoading = false;
    }
  }
}
