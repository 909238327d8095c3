type Live = {
  url: string;
  /** The names of the events to listen for. */
  names: readonly string[];
  onEvent: (name: string, data: unknown) => void;
  /** Asked again and again while the stream is down. */
  poll: () => Promise<void>;
  pollMilliseconds: number;
};

const openWaitMilliseconds = 5_000;
const reopenMilliseconds = 30_000;

/**
 * Follows a server-sent stream, and polls while there is none: some proxies and company networks
 * hold streams back without an error, so a stream that does not open in time counts as down.
 * Returns the function that ends it.
 */
export function follow(live: Live): () => void {
  let source: EventSource | undefined;
  let pollTimer: ReturnType<typeof setInterval> | undefined;
  let openTimer: ReturnType<typeof setTimeout> | undefined;
  let reopenTimer: ReturnType<typeof setTimeout> | undefined;

  const poll = (): void => {
    live.poll().catch(() => undefined); // The next turn asks again.
  };
  const stopPolling = (): void => {
    clearInterval(pollTimer);
    pollTimer = undefined;
  };
  const startPolling = (): void => {
    if (pollTimer !== undefined) return;
    poll();
    pollTimer = setInterval(poll, live.pollMilliseconds);
  };
  const open = (): void => {
    source = new EventSource(live.url);
    openTimer = setTimeout(startPolling, openWaitMilliseconds);
    source.onopen = () => {
      clearTimeout(openTimer);
      stopPolling();
    };
    source.onerror = () => {
      startPolling();
      // The browser reopens a stream that broke, but gives up for good on a refusal.
      if (source?.readyState === EventSource.CLOSED) {
        clearTimeout(openTimer);
        reopenTimer = setTimeout(open, reopenMilliseconds);
      }
    };
    for (const name of live.names) {
      source.addEventListener(name, (event) => {
        live.onEvent(name, JSON.parse((event as MessageEvent<string>).data));
      });
    }
  };
  open();

  return () => {
    source?.close();
    stopPolling();
    clearTimeout(openTimer);
    clearTimeout(reopenTimer);
  };
}
