import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from './app.ts';
import type { Streams } from './sse.ts';

const pollMilliseconds = 20;
const quietMilliseconds = 300;

export type DrainLimits = {
  /** How long requests are still taken, so that a balancer sees that the process is not ready. */
  delaySeconds: number;
  /** How long what has begun may take to finish. */
  limitSeconds: number;
};

/** The end of a server, told to all who must know that it has begun. */
export type Drain = {
  readonly started: boolean;
  /** Begins to count the requests of a server that does not listen yet. */
  watch(app: App): void;
  /**
   * Turns readiness off, ends the streams, finishes the requests that have begun, and closes the server.
   * @returns false when requests had to be cut off at the limit.
   */
  run(app: App, streams: Streams, limits: DrainLimits): Promise<boolean>;
};

/** Counts the requests that are being served; the streams are among them until they end. */
function countRequests(app: App): () => number {
  let serving = 0;
  app.server.prependListener('request', (_request, answer) => {
    serving++;
    answer.once('close', () => serving--);
  });
  return () => serving;
}

/** Creates the drain of one server. */
export function createDrain(): Drain {
  let started = false;
  let serving = () => 0;
  return {
    watch(app) {
      serving = countRequests(app);
    },
    get started() {
      return started;
    },
    async run(app, streams, { delaySeconds, limitSeconds }) {
      started = true;
      streams.drain();
      await sleep(delaySeconds * 1000);
      const deadline = Date.now() + limitSeconds * 1000;
      const closed = app.close();
      // A connection that was just taken has a request on its way that nobody counts yet.
      for (let quiet = 0; quiet < quietMilliseconds && Date.now() < deadline; quiet += pollMilliseconds) {
        await sleep(pollMilliseconds);
        if (serving() > 0) quiet = 0;
      }
      const inTime = serving() === 0;
      // What is left are connections without a request, which would keep the server open, or late ones.
      app.server.closeAllConnections();
      await closed;
      return inTime;
    },
  };
}
