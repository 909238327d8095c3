// `npm run chaos`: two API and two worker processes sell under a seeded plan of faults; ends with 1 on any violation.
// chaos/README.md tells the rest.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Progress } from '../bench/support/progress.ts';
import { Scope } from '../bench/support/scope.ts';
import { runOperations } from './operations.ts';
import { runPoints } from './points.ts';
import { Buyers } from './support/buyers.ts';
import { Breaker, planFaults } from './support/faults.ts';
import { Random } from './support/random.ts';
import { makeReport, writeReport, type Report } from './support/report.ts';
import { baseOf, judge, untilQuiet, type Base } from './support/verdict.ts';
import { createWorld, type Seat, type World } from './support/world.ts';

const resultsFolder = path.join(import.meta.dirname, 'results');
const warmUpSeconds = 3;
const journeysUnderWayMax = 400;

const modes = ['points', 'operations'] as const;

type Settings = {
  mode: (typeof modes)[number] | 'faults';
  operations: number;
  share: number;
  seed: number;
  seconds: number;
  kills: number;
  orders: number;
  perSecond: number;
};

const usage = `Usage: npm run chaos -- [points] [options]

  points           kill at every failpoint in turn, instead of at random
  operations       no faults: all that clients can do to sales, money and fiscal days, and what came of it

  --seconds N      how long faults are done (300)
  --kills N        how many kills at least (30)
  --orders N       how many orders at least (0)
  --per-second N   journeys that begin each second (25)
  --operations N   with operations: how many (20000)
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
      help: { type: 'boolean' },
    },
  });
  if (values.help) return undefined;
  const number = (
    name: 'seconds' | 'kills' | 'orders' | 'per-second' | 'seed' | 'share' | 'operations',
    fallback: number,
  ) => {
    const given = values[name];
    if (given === undefined) return fallback;
    if (/^\d+$/.test(given)) return Number(given);
    throw new Error(`--${name} takes a whole number`);
  };
  const mode = modes.find((one) => one === positionals[0]);
  if (positionals.length > (mode ? 1 : 0))
    throw new Error(`there is nothing called "${positionals.join(' ')}"`);
  return {
    mode: mode ?? 'faults',
    operations: number('operations', 20_000),
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

async function breakThings(
  breaker: Breaker,
  buyers: Buyers,
  settings: Settings,
  progress: Progress,
): Promise<void> {
  const { seed, kills, seconds, orders } = settings;
  const random = new Random(seed);
  const startedAt = performance.now();
  let plan = planFaults(random, kills);
  const gap = (seconds * 1_000) / plan.length;
  for (let i = 0; ; i++) {
    const isEnough = breaker.kills >= kills && buyers.deals.length >= orders;
    if (i * gap >= seconds * 1_000 && isEnough) return;
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

async function run(settings: Settings, scope: Scope, progress: Progress): Promise<Report> {
  const { seed, seconds, perSecond, orders } = settings;
  progress.phase('the world');
  const world = await createWorld(
    scope,
    Math.max(seconds * perSecond, orders) * 4 + 2_000,
    path.join(resultsFolder, 'logs'),
  );
  await startAll(world);
  const buyers = new Buyers(world, new Random(seed + 1));
  scope.defer(() => buyers.close());
  const breaker = new Breaker(world, buyers, new Random(seed + 2));
  const startedAt = performance.now();
  const endLoad = startLoad(buyers, perSecond);
  await sleep(warmUpSeconds * 1_000);
  await breakThings(breaker, buyers, settings, progress);
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
  const { done, kills } = breaker;
  const report = makeReport({ seed, startedAt, endedAt, done, checks, kills }, buyers);
  if (!world.disk) progress.say('  a full disk was left out: it takes root to mount a small one');
  const files = writeReport(resultsFolder, report, buyers, startedAt);
  progress.say(`  written: ${files.map((file) => path.relative(process.cwd(), file)).join(', ')}`);
  return report;
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
    if (settings.mode === 'operations') {
      const folder = path.join(resultsFolder, 'operations');
      return (await runOperations(scope, progress, { ...settings, folder })) ? 0 : 1;
    }
    if (settings.mode === 'points') {
      const folder = path.join(resultsFolder, 'points');
      return (await runPoints(scope, progress, folder, settings.share)).length > 0 ? 1 : 0;
    }
    progress.say(`seed ${settings.seed}: ${settings.kills} kills in ${settings.seconds} s`);
    const report = await run(settings, scope, progress);
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
