/** Repeats work for as long as the process lives, one run at a time. @returns what ends it, after the last run. */
export function repeat(
  seconds: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = work()
      .then(() => undefined, onError)
      .finally(() => (busy = false));
  }, seconds * 1000);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
