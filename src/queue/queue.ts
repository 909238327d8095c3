import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss, type JobResult, type Job } from 'pg-boss';
import { GroupLane } from '../base/group-lane.ts';
import { formatUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { stepNames, type StepKey, type StepName } from '../base/step.ts';
import { isPassingError } from '../db/transaction.ts';

/** How steps of one name are worked on. */
export type WorkOptions = {
  /** The most steps handed to one call of the handler. */
  batchMax: number;
  /** How many calls run beside each other in this process. */
  concurrency: number;
};

/**
 * Works on a batch of steps of one name, of any sellers.
 * @returns those that are to be tried again later. When it throws, all of them are.
 */
export type StepHandler = (steps: StepKey[]) => Promise<StepKey[]>;

/**
 * Hands out steps. It forgets nothing it was given until a handler has taken it, but it is not the
 * truth: a queue that was lost is filled again from the steps themselves.
 */
export type Queue = {
  /** Hands over steps; one that was handed over before, and still stands in the queue, is left out. */
  handOver(steps: readonly StepKey[]): Promise<void>;
  work(name: StepName, options: WorkOptions, handler: StepHandler): Promise<void>;
  /** Waits for the handlers that run, up to the given time, and ends. */
  stop(timeoutSeconds: number): Promise<void>;
};

export type QueueOptions = {
  url: string;
  /** Whether this process works on steps, or only hands them over. */
  worker: boolean;
  connectionsMax: number;
  /** Errors of the queue's own connections; it goes on by itself. */
  onError(error: Error): void;
};

type JobData = { tenant: number; sale: string };

// Heartbeats show within 15 s that a process died over its jobs; 10 s is the least the library takes.
const heartbeatSeconds = 10;
const supervisionSeconds = 5;
const retryDelaySecondsMax = 60;
const handOverGroupsMax = 64;
const handOverRetrySecondsMax = 5;
const gatherMilliseconds = 50;

const queueOptions = {
  notify: true,
  // The steps count their attempts themselves and say when one is the last.
  retryLimit: 1_000_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: retryDelaySecondsMax,
  heartbeatSeconds,
  expireInSeconds: 300,
  deleteAfterSeconds: 30,
  retentionSeconds: 30 * 86_400,
};

/** The same step has the same job wherever it is made, so that the queue takes it once. */
function jobId(step: StepKey): string {
  const bytes = createHash('sha256')
    .update(`${step.tenantId}|${step.transactionId}|${step.name}`)
    .digest()
    .subarray(0, 16);
  // Version 8 of RFC 9562: bits of the application's own making.
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return formatUuid(bytes);
}

function createBoss(options: QueueOptions): PgBoss {
  const boss = new PgBoss({
    connectionString: options.url,
    application_name: 'taquilla queue',
    // A queue that a crash of the database sets back by a moment is filled again from the steps, so its
    // commits need not wait for the disk, where the sales' commits would wait behind them.
    options: '-c synchronous_commit=off -c jit=off',
    max: options.connectionsMax,
    useListenNotify: options.worker,
    supervise: options.worker,
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: supervisionSeconds,
    monitorIntervalSeconds: supervisionSeconds,
    maintenanceIntervalSeconds: 30,
  });
  // The library's own errors are copies without a prototype, which a log does not take for errors.
  boss.on('error', (error) => options.onError(new Error(error.message)));
  return boss;
}

async function insertJobs(boss: PgBoss, steps: readonly StepKey[]): Promise<void> {
  for (const name of stepNames) {
    const jobs = new Map<string, { id: string; data: JobData }>();
    for (const step of steps) {
      if (step.name !== name) continue;
      const id = jobId(step);
      jobs.set(id, { id, data: { tenant: step.tenantId, sale: step.transactionId } });
    }
    if (jobs.size > 0) await boss.insert(name, [...jobs.values()]);
  }
}

async function handle(name: StepName, jobs: Job<JobData>[], handler: StepHandler): Promise<JobResult[]> {
  const steps = jobs.map((job) => ({ tenantId: job.data.tenant, transactionId: job.data.sale, name }));
  const again = new Set((await handler(steps)).map(jobId));
  return jobs.map((job) => ({ id: job.id, status: again.has(job.id) ? 'failed' : 'completed' }));
}

/**
 * Opens the queue, making its tables when they are missing.
 * @throws when the database cannot be reached.
 */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const boss = createBoss(options);
  await boss.start();
  for (const name of stepNames) {
    await boss.createQueue(name, queueOptions);
    await boss.updateQueue(name, queueOptions);
  }
  // Groups of sales that are confirmed while an insert is under way share the next one.
  const lane = new GroupLane<readonly StepKey[], void>({
    groupMax: handOverGroupsMax,
    queueMax: limits.laneQueueMax,
    retrySecondsMax: handOverRetrySecondsMax,
    isPassing: isPassingError,
    run: async (groups) => {
      await insertJobs(boss, groups.flat());
      // An idle queue takes steps at once; a busy one gathers them, since each batch of a worker costs as much.
      await sleep(gatherMilliseconds);
      return groups.map(() => undefined);
    },
  });
  return {
    handOver: async (steps) => {
      if (steps.length > 0) await lane.submit(steps);
    },
    async work(name, { batchMax, concurrency }, handler) {
      await boss.work(
        name,
        {
          perJobResults: true,
          batchSize: batchMax,
          localConcurrency: concurrency,
          burstWhenBatchFull: true,
          // Notices wake a worker at once; polling finds the steps whose next attempt is due.
          pollingIntervalSeconds: 0.5,
          notifyPollingIntervalSeconds: 1,
        },
        (jobs: Job<JobData>[]) => handle(name, jobs, handler),
      );
    },
    async stop(timeoutSeconds) {
      await boss.stop({ graceful: true, timeout: timeoutSeconds * 1_000 });
    },
  };
}

/** Makes the queue's tables, for `migrate`. */
export async function migrateQueue(url: string): Promise<void> {
  const queue = await openQueue({ url, worker: false, connectionsMax: 1, onError: () => {} });
  await queue.stop(1);
}
