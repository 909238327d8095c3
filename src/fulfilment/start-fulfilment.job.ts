import type { StepKey } from '../base/step.ts';
import { openQueue } from '../queue/queue.ts';
import { createPressureCell, openPressure, type Pressure } from './pressure.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { startWorkerThread } from './worker-thread.adapter.ts';
import type { WorkerNews, WorkerSettings } from './worker-thread.ts';

/** What follows sales: the way to the queue and, when this process works, the thread that works. */
export type Fulfilment = {
  /** Hands over the first steps of sales that are committed. Nobody waits: what fails is swept up later. */
  handOver(sales: readonly { tenantId: number; transactionId: string }[]): void;
  /** Told of each group of orders, so that the thread gives way while many wait. */
  pressure: Pick<Pressure, 'note'>;
  /** Lets what has begun finish, for at most so long. */
  stop(timeoutSeconds: number): Promise<void>;
};

type Options = Omit<WorkerSettings, 'pressureCell'> & {
  /** Whether this process works on steps itself. */
  work: boolean;
  metrics: Metrics;
  logger: Logger;
};

// The others wait for the tickets, whose worker hands them over.
const firstSteps = ['tickets', 'statistics'] as const;
const handOverConnectionsMax = 2;

function listen({ metrics, logger }: Options): (news: WorkerNews) => void {
  return (news) => {
    switch (news.kind) {
      case 'batch': {
        const { name: step, steps, again, seconds } = news;
        for (let i = 0; i < steps; i++) {
          const outcome = i < again ? 'postponed' : 'ended';
          metrics.stepSeconds.observe({ step, outcome }, seconds);
        }
        return;
      }
      case 'message': {
        const { channel, message: kind, state } = news;
        metrics.messages.inc({ channel, kind, state });
        return;
      }
      case 'trouble':
        logger.error({ ...news.fields, err: news.error }, news.message);
        return;
      case 'ready':
    }
  };
}

/**
 * Starts what follows sales.
 * @throws when the database cannot be reached.
 */
export async function startFulfilment(options: Options): Promise<Fulfilment> {
  const { databaseUrl, secret, publicUrl, smtpUrl, mailFrom, providers, logger } = options;
  const pressureCell = createPressureCell();
  const settings = { databaseUrl, secret, publicUrl, smtpUrl, mailFrom, providers, pressureCell };
  const onError = (err: unknown) => logger.warn({ err }, 'steps were not handed over; the sweep will');
  const queue = await openQueue({
    url: databaseUrl,
    worker: false,
    connectionsMax: handOverConnectionsMax,
    onError,
  });
  const thread = options.work ? await startWorkerThread(settings, listen(options)) : undefined;
  return {
    pressure: openPressure(pressureCell),
    handOver(sales) {
      const steps: StepKey[] = sales.flatMap(({ tenantId, transactionId }) =>
        firstSteps.map((name) => ({ tenantId, transactionId, name })),
      );
      queue.handOver(steps).catch(onError);
    },
    async stop(timeoutSeconds) {
      await thread?.stop(timeoutSeconds);
      await queue.stop(timeoutSeconds);
    },
  };
}
