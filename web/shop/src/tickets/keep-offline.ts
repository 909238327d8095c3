/**
 * Lets this page be opened again without a connection, as in a cellar or in a crowd: a worker keeps it with what it is
 * made of and what it read from `address`. Where the browser has none, or refuses, the page is as any other.
 */
export async function keepOffline(address: string): Promise<void> {
  try {
    await navigator.serviceWorker.register('/tickets-worker.js', { scope: '/tickets/' });
    const { active } = await navigator.serviceWorker.ready;
    const parts = performance.getEntriesByType('resource').map((entry) => entry.name);
    active?.postMessage(
      [location.href, address, ...parts.filter((url) => url.startsWith(location.origin))],
      [],
    );
  } catch {
    // Over plain http there are no workers.
  }
}

/** Keeps the screen on while this page is looked at; returns how to stop. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isOver = false;
  const take = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    try {
      lock = await navigator.wakeLock.request('screen');
      if (isOver) void lock.release();
    } catch {
      // A telephone that is short of battery refuses, and older ones know no such thing.
    }
  };
  const look = (): void => void take();
  look();
  document.addEventListener('visibilitychange', look);
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', look);
    void lock?.release();
  };
}
