type Waiting<I, R> = { item: I; resolve(result: R): void; reject(error: unknown): void };

/**
 * Makes a function that runs items in groups: an item that comes while a group runs waits for the next
 * one, so that an idle caller is served at once and a busy one grows its groups by itself.
 * @param run gets 1 to `itemsMax` items and answers with one result for each, in their order; when it
 *   throws, every item of that group fails with its error.
 */
export function createGrouper<I, R>(
  run: (items: I[]) => Promise<R[]>,
  itemsMax: number,
): (item: I) => Promise<R> {
  let queue: Waiting<I, R>[] = [];
  let running = false;

  async function runGroups(): Promise<void> {
    running = true;
    // Items of the same turn of the event loop go together.
    await Promise.resolve();
    while (queue.length > 0) {
      const group = queue.slice(0, itemsMax);
      queue = queue.slice(itemsMax);
      try {
        const results = await run(group.map((waiting) => waiting.item));
        for (const [i, waiting] of group.entries()) waiting.resolve(results[i]!);
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (!running) void runGroups();
    });
}
