import { Worker } from 'node:worker_threads';
import type { WorkerNews, WorkerOrder, WorkerSettings } from './worker-thread.ts';

export type WorkerThread = {
  /** Bytes of its own heap and of what that refers to outside; 0 while it is not running. */
  memoryBytes(): Promise<number>;
  /** Lets what has begun finish, for at most so long, and ends the thread. */
  stop(timeoutSeconds: number): Promise<void>;
};

const entry = new URL('../cli/work-thread.ts', import.meta.url);
const restartMilliseconds = 1_000;

/**
 * Starts the thread that works on steps: drawing tickets takes milliseconds of computing at a time,
 * which on the server's own thread every confirm would wait for. A thread that ends by itself is
 * started again.
 * @returns once the thread works.
 * @throws when its first start fails.
 */
export async function startWorkerThread(
  settings: WorkerSettings,
  onNews: (news: WorkerNews) => void,
): Promise<WorkerThread> {
  let stopping = false;
  let current: Worker;
  let exited: Promise<void>;

  const start = () =>
    new Promise<void>((resolve, reject) => {
      current = new Worker(entry, {
        workerData: settings,
        name: 'taquilla-fulfilment',
        // Without limits the process took 397 to 430 MB over a stadium, with them 323 MB.
        resourceLimits: { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 160 },
      });
      const worker = current;
      let failure: Error | undefined;
      worker.on('message', (news: WorkerNews) => {
        if (news.kind === 'ready') resolve();
        else onNews(news);
      });
      worker.on('error', (error: Error) => (failure = error));
      exited = new Promise((ended) => {
        worker.on('exit', () => {
          ended();
          const error = failure ?? new Error('the thread ended');
          reject(error);
          if (stopping) return;
          onNews({ kind: 'trouble', message: 'the fulfilment thread ended', fields: {}, error });
          setTimeout(() => !stopping && void start().catch(() => {}), restartMilliseconds).unref();
        });
      });
    });

  try {
    await start();
  } catch (error) {
    stopping = true;
    throw error;
  }
  return {
    memoryBytes: () =>
      current.getHeapStatistics().then(
        (heap) => heap.total_heap_size + heap.external_memory,
        () => 0,
      ),
    async stop(timeoutSeconds) {
      stopping = true;
      current.postMessage({ kind: 'stop', timeoutSeconds } satisfies WorkerOrder, []);
      const timer = setTimeout(() => void current.terminate(), (timeoutSeconds + 2) * 1_000);
      await exited;
      clearTimeout(timer);
    },
  };
}
