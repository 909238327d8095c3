// `npm run bench -- SCENARIO`: measures, and ends with 1 when an invariant is violated. bench/README.md tells the rest.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { backlog } from './scenarios/backlog.ts';
import { before } from './scenarios/before.ts';
import { best } from './scenarios/best.ts';
import { buyer } from './scenarios/buyer.ts';
import { closeDayScenario } from './scenarios/close-day.ts';
import { confirm } from './scenarios/confirm.ts';
import { priced } from './scenarios/priced.ts';
import { crowd } from './scenarios/crowd.ts';
import { growth } from './scenarios/growth.ts';
import { kills } from './scenarios/kills.ts';
import { limit } from './scenarios/limit.ts';
import { mailDown } from './scenarios/mail-down.ts';
import { messages } from './scenarios/messages.ts';
import { processes } from './scenarios/processes.ts';
import { rate } from './scenarios/rate.ts';
import { sellers } from './scenarios/sellers.ts';
import { stadium } from './scenarios/stadium.ts';
import { createBench, type BenchOptions, type Scenario } from './support/bench.ts';
import { startMailServer } from './support/mail.ts';
import { describeMachine, type Machine } from './support/machine.ts';
import { openPostgres, type BenchServer } from './support/postgres.ts';
import { Progress } from './support/progress.ts';
import { writeResult, type Result } from './support/result.ts';
import { Scope } from './support/scope.ts';
import { statementSettings } from './support/statements.ts';

const scenarios: readonly Scenario[] = [
  limit,
  confirm,
  priced,
  buyer,
  best,
  rate,
  stadium,
  messages,
  backlog,
  kills,
  mailDown,
  sellers,
  crowd,
  processes,
  before,
  closeDayScenario,
  growth,
];
const resultsFolder = path.join(import.meta.dirname, 'results');
const profilesFolder = path.join(resultsFolder, 'profiles');

type Arguments = BenchOptions & {
  chosen: readonly Scenario[];
  jsonFile: string | undefined;
  databaseUrl: string | undefined;
};

function usage(): string {
  const width = Math.max(...scenarios.map((one) => one.name.length));
  return [
    'Usage: npm run bench -- SCENARIO [options]',
    '',
    ...scenarios.map((one) => `  ${one.name.padEnd(width)}  ${one.summary}`),
    `  ${'all'.padEnd(width)}  every one in turn`,
    '',
    '  --json FILE       write the result there as well (with `all`: a list)',
    '  --seconds N       measured seconds of each load',
    '  --clients A,B,…   numbers of connections',
    '  --past N          past sales that `growth` starts from (5000000)',
    '  --history NAME    a database beside that of --database where `growth` leaves its past sales for the next run',
    '  --database URL    a PostgreSQL 15 to 18 to make the databases in, instead of an embedded one',
    '  --profile         write profiles of the servers and of PostgreSQL to bench/results/profiles; slower',
  ].join('\n');
}

function positive(text: string, name: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} takes positive numbers, not "${text}"`);
}

/** A name that needs no quotes in SQL, of a server that outlives the run. */
function readHistory(name: string | undefined, databaseUrl: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (databaseUrl === undefined) throw new Error('--history needs --database: the embedded PostgreSQL goes');
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw new Error(`--history takes a name of a-z, 0-9 and _, not "${name}"`);
  return name;
}

function readArguments(argv: string[]): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      seconds: { type: 'string' },
      clients: { type: 'string' },
      past: { type: 'string' },
      history: { type: 'string' },
      database: { type: 'string' },
      profile: { type: 'boolean' },
    },
  });
  const [name, ...rest] = positionals;
  if (name === undefined) return undefined;
  const chosen = name === 'all' ? scenarios : scenarios.filter((one) => one.name === name);
  if (chosen.length === 0) throw new Error(`there is no scenario "${name}"; \`npm run bench\` lists them`);
  if (rest.length > 0) throw new Error(`one scenario at a time, not also "${rest.join(' ')}"`);
  return {
    chosen,
    jsonFile: values.json,
    databaseUrl: values.database,
    seconds: values.seconds === undefined ? undefined : positive(values.seconds, 'seconds'),
    clients: values.clients?.split(',').map((text) => Math.ceil(positive(text, 'clients'))),
    past: values.past === undefined ? undefined : Math.ceil(positive(values.past, 'past')),
    history: readHistory(values.history, values.database),
    profileDir: values.profile ? profilesFolder : undefined,
  };
}

function introduce(progress: Progress, machine: Machine, database: Record<string, string>): void {
  const { version, ...settings } = database;
  progress.say(
    `Machine:    ${machine.cores} cores of ${machine.cpu}, ${machine.memory_gb} GB, ${machine.system}, Node ${machine.node}`,
  );
  progress.say(
    `            ${machine.flush_ms} ms to flush 8 kB, load ${machine.load_average} before the run`,
  );
  const shown = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  progress.say(`PostgreSQL: ${version}, ${shown.join(', ')}`);
}

type Run = { args: Arguments; postgres: BenchServer; machine: Machine; scope: Scope; progress: Progress };

async function runScenario(scenario: Scenario, run: Run): Promise<Result> {
  const { args, postgres, machine, progress } = run;
  const mail = await startMailServer(postgres.folder);
  run.scope.defer(() => mail.stop());
  progress.say(`\n${scenario.name}: ${scenario.summary}`);
  const bench = createBench({ options: args, postgres, mail, progress });
  const { findings, plots } = await scenario.run(bench);
  const { audit } = bench;
  const result: Result = {
    scenario: scenario.name,
    machine,
    database: postgres.description,
    ...findings,
    audit,
  };
  const files = writeResult(resultsFolder, result, plots);
  if (result.share_of_limit !== null)
    progress.say(`  ${Math.round(result.share_of_limit * 100)} % of the bare statement`);
  progress.say(`  audit: ${audit.checked} invariants checked, ${audit.violations} violations`);
  progress.say(`  written: ${files.map((file) => path.relative(process.cwd(), file)).join(', ')}`);
  await mail.stop();
  return result;
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (!args) {
    console.log(usage());
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
    progress.phase('PostgreSQL');
    const postgres = await openPostgres(args.databaseUrl, args.profileDir ? statementSettings : {});
    scope.defer(() => postgres.stop());
    const machine = describeMachine(postgres.folder);
    introduce(progress, machine, postgres.description);
    if (args.profileDir) mkdirSync(args.profileDir, { recursive: true });
    const results: Result[] = [];
    for (const scenario of args.chosen) {
      results.push(await runScenario(scenario, { args, postgres, machine, scope, progress }));
    }
    if (args.jsonFile) {
      const first = path.join(resultsFolder, `${results[0]!.scenario}.json`);
      if (results.length === 1) copyFileSync(first, args.jsonFile);
      else writeFileSync(args.jsonFile, `${JSON.stringify(results, null, 2)}\n`);
    }
    return results.some((result) => result.audit.violations > 0) ? 1 : 0;
  } finally {
    await scope.close();
    progress.clear();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
