import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss, type Job, type JobInsert } from 'pg-boss';
import { failpoints } from '../base/failpoint.ts';
import { GroupLane } from '../base/group-lane.ts';
import { limits } from '../base/limits.ts';
import { stepNames, type StepKey, type StepName } from '../base/step.ts';
import { createClient } from '../db/pool.ts';
import { isPassingError } from '../db/transaction.ts';

/** How steps of one name are worked on. */
export type WorkOptions = {
  /** The most steps handed to one call of the handler. */
  batchMax: number;
  /** How many calls run beside each other in this process. */
  concurrency: number;
  /** How many of them for one seller; only of names whose jobs are of one seller each. */
  sellerConcurrency?: number;
};

/**
 * Works on a batch of steps of one name, of any sellers.
 * @returns those that are to be tried again later. When it throws, all of them are.
 */
export type StepHandler = (steps: StepKey[]) => Promise<StepKey[]>;

/** Steps of one name that are waiting for their first attempt, for another one, or are worked on. */
export type StepDepth = {
  name: StepName;
  state: 'waiting' | 'retry' | 'active';
  steps: number;
  /** Of the oldest that could be worked on and is not. */
  oldestSeconds: number;
};

/**
 * Hands out steps. It forgets nothing it was given until a handler has taken it, but it is not the
 * truth: a queue that was lost is filled again from the steps themselves.
 */
export type Queue = {
  /**
   * Hands over steps; those that are confirmed or made ready meanwhile share a job. What could not be handed over
   * within two seconds is left to the sweep, which must never meet a late comer.
   */
  handOver(steps: readonly StepKey[]): Promise<void>;
  /** Of these steps, those that stand in no job: neither waiting, nor worked on, nor to be tried again. */
  missing(steps: readonly StepKey[]): Promise<StepKey[]>;
  /** How much there is to do, by name and state. */
  depths(): Promise<StepDepth[]>;
  work(name: StepName, options: WorkOptions, handler: StepHandler): Promise<void>;
  /** Waits for the handlers that run, up to the given time, and ends. */
  stop(timeoutSeconds: number): Promise<void>;
};

export type QueueOptions = {
  url: string;
  /** Whether this process works on steps, or only hands them over. */
  worker: boolean;
  connectionsMax: number;
  /** How often a worker looks for steps that no notice told it of; often, unless given. */
  pollSeconds?: number;
  /** Errors of the queue's own connections; it goes on by itself. */
  onError(error: Error): void;
};

/** Whose jobs are of one seller each, so that a seller whose receivers are slow has a lane of its own. */
const lanesOfSellers: ReadonlySet<StepName> = new Set(['email', 'sms', 'whatsapp']);

/** A job is many steps of one name (docs/decisions/0016). */
type JobData = { steps: [tenantId: number, transactionId: string][]; attempt: number };

// Heartbeats show within 15 s that a process died over its jobs; 10 s is the least the library takes.
const heartbeatSeconds = 10;
const supervisionSeconds = 5;
const retryDelaySecondsMax = 60;
const handOverGroupsMax = 1_000;
const gatherMilliseconds = 50;

const queueOptions = {
  notify: true,
  // The steps count their attempts themselves and say when one is the last.
  retryLimit: 1_000_000,
  retryDelay: 1,
  retryBackoff: true,
  retryDelayMax: retryDelaySecondsMax,
  heartbeatSeconds,
  // A worker that died is known by its heartbeat; one that waits for slow mail servers may take its time.
  expireInSeconds: 1_800,
  deleteAfterSeconds: 30,
  retentionSeconds: 30 * 86_400,
};

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
    queueCacheIntervalSeconds: supervisionSeconds,
    maintenanceIntervalSeconds: 30,
  });
  // The library's own errors are copies without a prototype, which a log does not take for errors.
  boss.on('error', (error) => options.onError(new Error(error.message)));
  return boss;
}

/** A job for each so many steps, of one seller where sellers have lanes of their own. */
function jobsOf(name: StepName, steps: readonly StepKey[], attempt: number): JobInsert<JobData>[] {
  const startAfter = attempt === 0 ? 0 : Math.min(retryDelaySecondsMax, 2 ** (attempt - 1));
  const hasLanes = lanesOfSellers.has(name);
  const size = limits.stepsPerJobMax[name];
  const jobs: JobInsert<JobData>[] = [];
  for (const [tenantId, some] of Map.groupBy(steps, (step) => (hasLanes ? step.tenantId : 0))) {
    const pairs = some.map((step): JobData['steps'][number] => [step.tenantId, step.transactionId]);
    const group = hasLanes ? { group: { id: String(tenantId) } } : {};
    for (let from = 0; from < pairs.length; from += size)
      jobs.push({ data: { steps: pairs.slice(from, from + size), attempt }, startAfter, ...group });
  }
  return jobs;
}

/** Puts steps into as few jobs as their names and sizes allow. @param attempt how often they were tried before. */
async function insertJobs(boss: PgBoss, steps: readonly StepKey[], attempt = 0): Promise<void> {
  for (const [name, some] of Map.groupBy(steps, (step) => step.name))
    await boss.insert(name, jobsOf(name, some, attempt));
}

async function findMissing(boss: PgBoss, steps: readonly StepKey[]): Promise<StepKey[]> {
  if (steps.length === 0) return [];
  const { rows } = await boss.getDb().executeSql(
    `select u.place from unnest($1::text[], $2::integer[], $3::text[]) with ordinality u (name, tenant_id, sale, place)
      where not exists (
        select from pgboss.job j cross join jsonb_array_elements(j.data -> 'steps') s
         where j.state < 'completed' and j.name = u.name and (s ->> 0)::integer = u.tenant_id and s ->> 1 = u.sale)
      order by u.place`,
    [
      steps.map((step) => step.name),
      steps.map((step) => step.tenantId),
      steps.map((step) => step.transactionId),
    ],
  );
  return rows.map((row: { place: number | string }) => steps[Number(row.place) - 1]!);
}

async function readDepths(boss: PgBoss): Promise<StepDepth[]> {
  const { rows } = await boss.getDb().executeSql(
    `select name, state, sum(steps)::integer as steps,
            coalesce(extract(epoch from now() - min(start_after) filter (where state <> 'active' and start_after <= now())),
                     0)::float8 as "oldestSeconds"
       from (select j.name, j.start_after, jsonb_array_length(j.data -> 'steps') as steps,
                    case when j.state = 'active' then 'active'
                         when j.state = 'retry' or (j.data ->> 'attempt')::integer > 0 then 'retry'
                         else 'waiting' end as state
               from pgboss.job j where j.state < 'completed' and j.name = any ($1)) j
      group by name, state`,
    [stepNames],
  );
  return rows as StepDepth[];
}

/** Works on the steps of a batch of jobs; those that are to be tried again make a job of their own. */
async function handle(
  boss: PgBoss,
  name: StepName,
  jobs: Job<JobData>[],
  work: WorkOptions,
  handler: StepHandler,
): Promise<void> {
  for (const [attempt, some] of Map.groupBy(jobs, (job) => job.data.attempt)) {
    const steps = some.flatMap((job) =>
      job.data.steps.map(([tenantId, transactionId]) => ({ tenantId, transactionId, name })),
    );
    for (let from = 0; from < steps.length; from += work.batchMax) {
      if (failpoints) await failpoints.reach(`taken ${name}`);
      const again = await handler(steps.slice(from, from + work.batchMax));
      if (failpoints) await failpoints.reach(`handled ${name}`);
      if (again.length > 0) await insertJobs(boss, again, attempt + 1);
    }
  }
}

/** The way into the queue: what is handed over while an insert is under way shares the next one. */
function createHandOver(boss: PgBoss): Queue['handOver'] {
  type Offer = { steps: readonly StepKey[]; at: number };
  const lane = new GroupLane<Offer, void>({
    groupMax: handOverGroupsMax,
    queueMax: limits.laneQueueMax,
    waitSecondsMax: limits.handOverLateSecondsMax,
    retrySecondsMax: limits.handOverLateSecondsMax,
    isPassing: isPassingError,
    run: async (offers) => {
      const since = performance.now() - limits.handOverLateSecondsMax * 1_000;
      if (failpoints) await failpoints.reach('handing over');
      await insertJobs(
        boss,
        offers.filter((offer) => offer.at >= since).flatMap((offer) => offer.steps),
      );
      // An idle queue takes steps at once; a busy one gathers them, since each batch of a worker costs as much.
      await sleep(gatherMilliseconds);
      return offers.map(() => undefined);
    },
  });
  return async (steps) => {
    if (steps.length > 0) await lane.submit({ steps, at: performance.now() });
  };
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
  return {
    handOver: createHandOver(boss),
    missing: (steps) => findMissing(boss, steps),
    depths: () => readDepths(boss),
    async work(name, work, handler) {
      await boss.work(
        name,
        {
          // Jobs of a quiet time have a step or two each, and share a batch.
          batchSize: Math.ceil(work.batchMax / limits.stepsPerJobMax[name]),
          localConcurrency: work.concurrency,
          ...(work.sellerConcurrency !== undefined && { localGroupConcurrency: work.sellerConcurrency }),
          // Who got all that was asked for asks again at once: the first for batches, the second for single jobs, for
          // as long as the counts of the last seconds say that more wait.
          burstWhenBatchFull: true,
          burstWhenReadyExceeds: 1,
          // Notices wake a worker at once; polling finds the steps whose next attempt is due.
          pollingIntervalSeconds: options.pollSeconds ?? 0.5,
          notifyPollingIntervalSeconds: options.pollSeconds ?? 1,
        },
        (jobs: Job<JobData>[]) => handle(boss, name, jobs, work, handler),
      );
    },
    async stop(timeoutSeconds) {
      await boss.stop({ graceful: true, timeout: timeoutSeconds * 1_000 });
    },
  };
}

/** What a job carries is longer than the rest of it and never changes: kept apart, a change of state need not repeat it. */
async function storeDataApart(url: string): Promise<void> {
  const client = createClient({ url, name: 'taquilla queue' });
  await client.connect();
  try {
    await client.query(`do $$ begin
      if 'toast_tuple_target=128' <> all (
           select unnest(reloptions) from pg_class where oid = 'pgboss.job_common'::regclass) then
        alter table pgboss.job_common set (toast_tuple_target = 128);
      end if;
    end $$`);
  } finally {
    await client.end();
  }
}

/** Makes the queue's tables, for `migrate`. */
export async function migrateQueue(url: string): Promise<void> {
  const queue = await openQueue({ url, worker: false, connectionsMax: 1, onError: () => {} });
  await queue.stop(1);
  await storeDataApart(url);
}
