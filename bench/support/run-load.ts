import type { LoadJob, LoadNews, LoadResult } from '../load/job.ts';
import { startChild } from './process.ts';
import type { Progress } from './progress.ts';

const defaults = { path: '/sales/checkout/confirm/', warmUpSeconds: 1 };
let loads = 0;

/** What a load may leave out: the path of the confirm, the warm-up, the name of its keys. */
export type LoadOrder = Omit<LoadJob, 'path' | 'warmUpSeconds' | 'name'> &
  Partial<Pick<LoadJob, 'path' | 'warmUpSeconds'>>;

/**
 * Puts a load on the servers from a process of its own and waits for its end.
 * @param logFile gets what that process has to say of its own faults.
 */
export async function runLoad(order: LoadOrder, logFile: string, progress: Progress): Promise<LoadResult> {
  const job: LoadJob = { ...defaults, ...order, name: `load-${process.pid}-${++loads}` };
  const child = startChild('bench/load.ts', [], { env: {}, logFile });
  const ended = new Promise<LoadResult>((resolve, reject) => {
    child.process.on('message', (news: LoadNews) => {
      switch (news.kind) {
        case 'ready':
          child.process.send(job);
          break;
        case 'progress':
          progress.count(news.completed, news.refused, news.failed);
          break;
        case 'result':
          resolve(news.result);
          break;
        case 'failure':
          reject(new Error(`the load generator failed: ${news.message}`));
      }
    });
  });
  try {
    return await Promise.race([ended, child.died]);
  } finally {
    await child.stop();
  }
}
