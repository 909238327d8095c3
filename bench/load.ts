// The load generator, a process of its own: it is given a LoadJob over its IPC channel, runs it, tells how it goes and
// answers with the LoadResult.
import { Load } from './load/drive.ts';
import type { LoadJob, LoadNews } from './load/job.ts';

const progressMilliseconds = 250;

function tell(news: LoadNews): Promise<void> {
  return new Promise((resolve) => process.send!(news, () => resolve()));
}

process.once('message', (job: LoadJob) => {
  const load = new Load(job);
  const timer = setInterval(() => void tell({ kind: 'progress', ...load.counts }), progressMilliseconds);
  void load
    .run()
    .then(
      (result): LoadNews => ({ kind: 'result', result }),
      (error: unknown): LoadNews => ({ kind: 'failure', message: (error as Error).stack ?? String(error) }),
    )
    .then(tell)
    .finally(() => {
      clearInterval(timer);
      process.disconnect();
    });
});
// Whoever started this process is gone.
process.once('disconnect', () => process.exit());
void tell({ kind: 'ready' });
