import { monitorEventLoopDelay } from 'node:perf_hooks';
import { limits } from '../base/limits.ts';

const sampleMilliseconds = 1_000;

/** Tells of each value whether it and those just before it, so many in a row, are all beyond a limit. */
export function beyondInARow(limit: number, times: number): (value: number) => boolean {
  let row = 0;
  return (value) => {
    row = value > limit ? row + 1 : 0;
    return row >= times;
  };
}

/**
 * Tells whether events wait too long for this thread. One long moment, as when code is loaded or the machine was
 * away, is not what is looked for: the mean delay must be beyond its limit in several samples in a row.
 */
export function watchEventLoop(): { isSaturated(): boolean; stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  const isBeyond = beyondInARow(limits.eventLoopDelaySecondsMax * 1e9, limits.eventLoopLateSamplesMin);
  let saturated = false;
  const timer = setInterval(() => {
    saturated = isBeyond(delays.mean);
    delays.reset();
  }, sampleMilliseconds).unref();
  return {
    isSaturated: () => saturated,
    stop() {
      clearInterval(timer);
      delays.disable();
    },
  };
}
