// `npm run chaos`: two API and two worker processes sell under faults; ends with 1 on any violation.
// chaos/README.md tells the rest.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Progress } from '../bench/support/progress.ts';
import { Scope } from '../bench/support/scope.ts';
import { runOperations } from './operations.ts';
import { ClusterBreaker, createClusterWorld } from './failover.ts';
import { runPoints } from './points.ts';
import { Buyers } from './support/buyers.ts';
import { whyNoCluster } from './support/cluster.ts';
import { Breaker, planFaults, type Done } from './support/faults.ts';
import { Random } from './support/random.ts';
import { makeReport, writeReport, type Report } from './support/report.ts';
import { baseOf, judge, untilQuiet, type Base } from './support/verdict.ts';
import { createWorld, type Seat, type World } from './support/world.ts';

const resultsFolder = path.join(import.meta.dirname, 'results');
const warmUpSeconds = 3;
const journeysUnderWayMax = 400;

const modes = ['random', 'points', 'operations', 'failover'] as const;
// What one round of a cluster's faults takes at most.
const failoverRoundSeconds = 600;

type Settings = {
  mode: (typeof modes)[number];
  operations: number;
  rounds: number;
  asynchronous: boolean;
  share: number;
  seed: number;
  seconds: number;
  kills: number;
  orders: number;
  perSecond: number;
};

const usage = `Usage: npm run chaos -- [points | operations | failover] [options]

  points           kill at every failpoint in turn, instead of at random
  operations       no faults: all that clients can do to sales, money and fiscal days, and what came of it
  failover         break the cluster of deploy/ha, raised in network namespaces of this machine

  --seconds N      how long faults are done (300)
  --kills N        how many kills at least (30)
  --orders N       how many orders at least (0)
  --per-second N   journeys that begin each second (25)
  --operations N   with operations: how many (20000)
  --rounds N       with failover: how often each fault is done (1)
  --asynchronous   with failover: the control; commits wait for no standby, and the primary is cut off
  --share PERCENT  with points: how many of them (100)
  --seed N         decides the plan and the buyers (of the time)`;

function readSettings(argv: string[]): Settings | undefined {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seconds: text,
      kills: text,
      orders: text,
      'per-second': text,
      seed: text,
      share: text,
      operations: text,
      rounds: text,
      asynchronous: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const number = (
    name: 'seconds' | 'kills' | 'orders' | 'per-second' | 'seed' | 'share' | 'operations' | 'rounds',
    fallback: number,
  ) => {
    const given = values[name];
    if (given === undefined) return fallback;
    if (/^\d+$/.test(given)) return Number(given);
    throw new Error(`--${name} takes a whole number`);
  };
  const mode = modes.find((one) => one === (positionals[0] ?? 'random'));
  if (!mode || positionals.length > 1) throw new Error(`there is nothing called "${positionals.join(' ')}"`);
  return {
    mode,
    operations: number('operations', 20_000),
    rounds: number('rounds', 1),
    asynchronous: values.asynchronous ?? false,
    share: number('share', 100) / 100,
    seed: number('seed', Date.now() % 1_000_000),
    seconds: number('seconds', 300),
    kills: number('kills', 30),
    orders: number('orders', 0),
    perSecond: number('per-second', 25),
  };
}

/** Lets journeys begin at even instants until it is told to stop, and waits for those that have begun. */
function startLoad(buyers: Buyers, perSecond: number): () => Promise<void> {
  const timer = setInterval(() => {
    if (buyers.underWay < journeysUnderWayMax) buyers.begin();
  }, 1_000 / perSecond);
  return async () => {
    clearInterval(timer);
    while (buyers.underWay > 0) await sleep(100);
  };
}

type Breaking = { done: readonly Done[]; kills: number };

async function breakThings(
  breaker: Breaker,
  buyers: Buyers,
  settings: Settings,
  progress: Progress,
): Promise<Breaking> {
  const { seed, kills, seconds, orders } = settings;
  const random = new Random(seed);
  const startedAt = performance.now();
  let plan = planFaults(random, kills);
  const gap = (seconds * 1_000) / plan.length;
  for (let i = 0; ; i++) {
    const isEnough = breaker.kills >= kills && buyers.deals.length >= orders;
    if (i * gap >= seconds * 1_000 && isEnough) return breaker;
    if (i > 0 && i % plan.length === 0) plan = planFaults(random, kills);
    await sleep(Math.max(0, startedAt + i * gap - performance.now()));
    const kind = plan[i % plan.length]!;
    progress.phase(`fault ${i + 1}: ${kind}; ${buyers.deals.length} orders, ${breaker.kills} kills`);
    await breaker.do(kind);
  }
}

/** The processes that a run starts with; those that were started again are measured when they are. */
async function startAll(world: World): Promise<void> {
  // One after the other: the first migrates what the queue needs.
  for (const seat of [...world.apis, ...world.workers]) await seat.start();
}

/** Sells while `breakIt` does its faults, lets everything come to its end, and judges. */
async function sellUnder(
  world: World,
  { settings, scope, progress, folder }: Run,
  breakIt: (buyers: Buyers) => Promise<Breaking>,
): Promise<Report> {
  const { seed, perSecond } = settings;
  await startAll(world);
  const buyers = new Buyers(world, new Random(seed + 1));
  scope.defer(() => buyers.close());
  const startedAt = performance.now();
  const endLoad = startLoad(buyers, perSecond);
  await sleep(warmUpSeconds * 1_000);
  const { done, kills } = await breakIt(buyers);
  const endedAt = performance.now();
  progress.phase('buyers end their journeys');
  await endLoad();
  progress.phase('the processes are started anew, and what is left is finished');
  const bases = new Map<Seat, Base>();
  for (const seat of [...world.apis, ...world.workers]) {
    if (!seat.server) await seat.start();
    bases.set(seat, baseOf(seat));
  }
  const left = await untilQuiet(world);
  progress.phase('verdict');
  const checks = [
    { name: 'everything came to its end', faults: left },
    ...(await judge(world, buyers, bases)),
  ];
  const report = makeReport({ seed, startedAt, endedAt, done, checks, kills }, buyers);
  const files = writeReport(folder, report, buyers, startedAt);
  progress.say(`  written: ${files.map((file) => path.relative(process.cwd(), file)).join(', ')}`);
  return report;
}

type Run = { settings: Settings; scope: Scope; progress: Progress; folder: string };

async function runRandom(run: Run): Promise<Report> {
  const { settings, scope, progress, folder } = run;
  const { seed, seconds, perSecond, orders, kills } = settings;
  progress.say(`seed ${seed}: ${kills} kills in ${seconds} s`);
  progress.phase('the world');
  const seats = Math.max(seconds * perSecond, orders) * 4 + 2_000;
  const world = await createWorld(scope, seats, path.join(folder, 'logs'));
  if (!world.disk) progress.say('  a full disk is left out: it takes root to mount a small one');
  return await sellUnder(world, run, (buyers) => {
    const breaker = new Breaker(world, buyers, new Random(seed + 2));
    return breakThings(breaker, buyers, settings, progress);
  });
}

async function runFailover(run: Run): Promise<Report> {
  const { settings, scope, progress, folder } = run;
  const { rounds, perSecond, seed, asynchronous } = settings;
  const why = whyNoCluster();
  if (why !== undefined) throw new Error(why);
  progress.say(`seed ${seed}: each fault of a cluster ${rounds} times`);
  progress.phase('three database machines and a balancer');
  const seats = rounds * failoverRoundSeconds * perSecond * 4;
  const { world, cluster } = await createClusterWorld(scope, !asynchronous, seats, path.join(folder, 'logs'));
  return await sellUnder(world, run, async () => {
    const breaker = new ClusterBreaker(cluster, progress);
    // The control needs the one fault in which a primary goes on that nobody follows.
    for (let round = 0; round < rounds; round++)
      await (asynchronous ? breaker.isolatePrimary() : breaker.goThrough());
    return breaker;
  });
}

function tell(report: Report, progress: Progress): void {
  const { checks, done: _, ...figures } = report;
  progress.say(JSON.stringify(figures, null, 2));
  for (const { name, faults } of checks) {
    progress.say(
      `${faults.length === 0 ? '✔' : '✖'} ${name}${faults.length === 0 ? '' : `: ${faults.length}`}`,
    );
    for (const fault of faults.slice(0, 5)) progress.say(`    ${fault}`);
  }
}

async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2));
  if (!settings) {
    console.log(usage);
    return 0;
  }
  const scope = new Scope();
  const progress = new Progress();
  const end = () => void scope.close().finally(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  // Under npm this process is a child; when its parent is killed, it ends too.
  process.once('disconnect', end);
  process.channel?.unref();
  try {
    const folder = path.join(resultsFolder, settings.mode);
    if (settings.mode === 'operations')
      return (await runOperations(scope, progress, { ...settings, folder })) ? 0 : 1;
    if (settings.mode === 'points')
      return (await runPoints(scope, progress, folder, settings.share)).length > 0 ? 1 : 0;
    const run = settings.mode === 'failover' ? runFailover : runRandom;
    const report = await run({ settings, scope, progress, folder });
    tell(report, progress);
    return report.violations > 0 ? 1 : 0;
  } finally {
    await scope.close();
    progress.clear();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`chaos: ${(error as Error).stack}`);
  process.exitCode = 1;
}
