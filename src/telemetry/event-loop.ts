import { monitorEventLoopDelay } from 'node:perf_hooks';
import { limits } from '../base/limits.ts';

const sampleMilliseconds = 1_000;

/** Tells whether events wait too long for this thread: the mean delay of the last second is beyond its limit. */
export function watchEventLoop(): { isSaturated(): boolean; stop(): void } {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  let saturated = false;
  const timer = setInterval(() => {
    saturated = delays.mean > limits.eventLoopDelaySecondsMax * 1e9;
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
