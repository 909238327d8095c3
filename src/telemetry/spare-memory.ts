import { Session } from 'node:inspector/promises';
import { getHeapStatistics } from 'node:v8';
import { limits } from '../base/limits.ts';

const sampleMilliseconds = 1_000;

/** A second of a thread: the share of it that its event loop was busy, and the memory that its heap has taken. */
export type ThreadSample = { busyShare: number; heapBytes: number };

/**
 * Tells of each sample, one a second, whether it is time to give memory back: the thread has been busy, has been calm for
 * some seconds since, and its heap is well above what it was when it was last small. True once for each such burst.
 */
export function calmAfterBurst(): (sample: ThreadSample) => boolean {
  let hadBurst = false;
  let calmSeconds = 0;
  let smallestBytes: number | undefined;
  return ({ busyShare, heapBytes }) => {
    smallestBytes = Math.min(smallestBytes ?? heapBytes, heapBytes);
    if (busyShare > limits.calmBusyShareMax) {
      hadBurst = true;
      calmSeconds = 0;
      return false;
    }
    calmSeconds++;
    const isDue =
      hadBurst &&
      calmSeconds >= limits.calmSecondsMin &&
      heapBytes - smallestBytes >= limits.spareHeapBytesMin;
    if (isDue) {
      hadBurst = false;
      // What stays after this is in use; the next sample is what later ones are compared with.
      smallestBytes = undefined;
    }
    return isDue;
  };
}

/**
 * Collects the garbage of this thread and gives the pages to the system, which `gc()` does not and V8 does by itself only
 * when memory is short. The thread stands still meanwhile.
 */
export async function releaseMemory(): Promise<void> {
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}

function sampler(): () => ThreadSample {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    const heap = getHeapStatistics();
    return { busyShare: utilization, heapBytes: heap.total_heap_size + heap.external_memory };
  };
}

/**
 * Gives the memory of a burst back once this thread is calm.
 * @param onRelease told each time when it is done.
 * @param onError told when the memory could not be given back.
 * @param sample what this thread did in the last second; its own when absent.
 * @returns what ends it.
 */
export function watchSpareMemory(
  onRelease: () => void,
  onError: (error: unknown) => void,
  sample = sampler(),
): () => void {
  const isDue = calmAfterBurst();
  const timer = setInterval(() => {
    if (isDue(sample())) releaseMemory().then(onRelease, onError);
  }, sampleMilliseconds).unref();
  return () => clearInterval(timer);
}
