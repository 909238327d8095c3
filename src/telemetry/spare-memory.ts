import { Session } from 'node:inspector/promises';
import { getHeapStatistics } from 'node:v8';
import { limits } from '../base/limits.ts';

const sampleMilliseconds = 1_000;

/** A second: how busy somebody was in it, as a share of one core, and the memory that the heap of this thread has taken. */
export type BusySample = { busyShare: number; heapBytes: number };

/**
 * Tells of each sample, one a second, whether it is time to give memory back: somebody has been busy, has been calm for some
 * seconds since, and the heap is well above what it was when it was last small. True once for each such burst.
 */
export function calmAfterBurst(): (sample: BusySample) => boolean {
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

/** What a second is made of: how busy this thread's event loop was, and the whole process; and the heap of the thread. */
export type ThreadSample = { threadShare: number; processShare: number; heapBytes: number };

function sampler(): () => ThreadSample {
  let loop = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let at = performance.now();
  return () => {
    const [loopBefore, cpuBefore, before] = [loop, cpu, at];
    [loop, cpu, at] = [performance.eventLoopUtilization(), process.cpuUsage(), performance.now()];
    const cpuMicroseconds = cpu.user + cpu.system - cpuBefore.user - cpuBefore.system;
    const heap = getHeapStatistics();
    return {
      threadShare: performance.eventLoopUtilization(loop, loopBefore).utilization,
      processShare: cpuMicroseconds / 1_000 / (at - before),
      heapBytes: heap.total_heap_size + heap.external_memory,
    };
  };
}

/**
 * Gives the memory of a burst back once this thread is calm, and what has gathered since once the whole process is: what
 * another thread does makes garbage here, too.
 * @param onRelease told each time when it is done.
 * @param onError told when the memory could not be given back.
 * @param sample the last second; the true one when absent.
 * @returns what ends it.
 */
export function watchSpareMemory(
  onRelease: () => void,
  onError: (error: unknown) => void,
  sample = sampler(),
): () => void {
  const [isThreadDue, isProcessDue] = [calmAfterBurst(), calmAfterBurst()];
  const timer = setInterval(() => {
    const { threadShare, processShare, heapBytes } = sample();
    const due = [
      isThreadDue({ busyShare: threadShare, heapBytes }),
      isProcessDue({ busyShare: processShare, heapBytes }),
    ];
    if (due.includes(true)) releaseMemory().then(onRelease, onError);
  }, sampleMilliseconds).unref();
  return () => clearInterval(timer);
}
