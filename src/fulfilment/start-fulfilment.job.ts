import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../base/limits.ts';
import type { StepKey } from '../base/step.ts';
import { openQueue, type Queue } from '../queue/queue.ts';
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
  /** How many steps wait, are to be tried again or are worked on. */
  stepsWaiting(this: void): Promise<number>;
  /** Lets what has begun finish, for at most so long. */
  stop(timeoutSeconds: number): Promise<void>;
};

type Options = Omit<WorkerSettings, 'pressureCell'> & {
  /** Whether this process works on steps itself. */
  work: boolean;
  metrics: Metrics;
  logger: Logger;
};

const handOverConnectionsMax = 2;
const readingMillisecondsMax = 1_000;

function listen({ metrics, logger }: Pick<Options, 'metrics' | 'logger'>): (news: WorkerNews) => void {
  return (news) => {
    switch (news.kind) {
      case 'batch': {
        const { name: step, steps, again, seconds, latencies } = news;
        for (const latency of latencies) metrics.stepLatency.observe({ step }, latency);
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
      case 'memory_released':
        metrics.memoryReleases.inc({ thread: 'worker' });
        return;
      case 'trouble':
        logger.error({ ...news.fields, err: news.error }, news.message);
        return;
      case 'ready':
    }
  };
}

/** Reads at most every few seconds, and waits for no database: what was read before is told meanwhile. */
function kept<T>(read: () => Promise<T[]>): () => Promise<T[]> {
  let last: T[] = [];
  let next = 0;
  let reading: Promise<void> | undefined;
  return async () => {
    if (performance.now() >= next) {
      next = performance.now() + limits.queueReadingSeconds * 1_000;
      reading = read().then(
        (value) => void (last = value),
        () => void (last = []),
      );
    }
    await Promise.race([reading, sleep(readingMillisecondsMax)]);
    return last;
  };
}

/** @returns how many steps are waiting, as it was read last. */
function measureQueue(metrics: Metrics, queue: Queue): () => Promise<number> {
  const depths = kept(() => queue.depths());
  metrics.gauges(
    'steps_queued',
    'Steps that are waiting, are to be tried again, or are worked on, by name and state',
    ['step', 'state'],
    async () =>
      (await depths()).map(({ name, state, steps }) => ({ labels: { step: name, state }, value: steps })),
  );
  metrics.gauges(
    'steps_oldest_seconds',
    'Age of the oldest step that could be worked on and is not, by name and state',
    ['step', 'state'],
    async () =>
      (await depths())
        .filter(({ state }) => state !== 'active')
        .map(({ name, state, oldestSeconds }) => ({ labels: { step: name, state }, value: oldestSeconds })),
  );
  return async () => (await depths()).reduce((sum, { steps }) => sum + steps, 0);
}

/**
 * Starts what follows sales.
 * @throws when the database cannot be reached.
 */
export async function startFulfilment(options: Options): Promise<Fulfilment> {
  const { databaseUrl, work, metrics, logger, ...rest } = options;
  const pressureCell = createPressureCell();
  const settings = { databaseUrl, ...rest, pressureCell };
  const onError = (err: unknown) => logger.warn({ err }, 'steps were not handed over; the sweep will');
  const queue = await openQueue({
    url: databaseUrl,
    worker: false,
    connectionsMax: handOverConnectionsMax,
    onError,
  });
  const thread = work ? await startWorkerThread(settings, listen({ metrics, logger })) : undefined;
  const stepsWaiting = measureQueue(metrics, queue);
  metrics.gauges(
    'worker_memory_bytes',
    'Memory of the thread that works on steps: its heap, and what that refers to outside',
    [],
    async () => [{ labels: {}, value: (await thread?.memoryBytes()) ?? 0 }],
  );
  return {
    pressure: openPressure(pressureCell),
    stepsWaiting,
    handOver(sales) {
      // The others wait for the tickets, whose worker hands them over; it counts the sales itself.
      const steps = sales.map((sale): StepKey => ({ ...sale, name: 'tickets' }));
      queue.handOver(steps).catch(onError);
    },
    async stop(timeoutSeconds) {
      await thread?.stop(timeoutSeconds);
      await queue.stop(timeoutSeconds);
    },
  };
}
