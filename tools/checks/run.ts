// `npm test`: every stage in order, up to the first that fails. `npm test -- unit tax` runs the stage
// `unit` with the test files whose path contains `tax`.
import { interrupted } from './command.ts';
import { stages, type Outcome, type Run, type Stage } from './stages.ts';

type Entry = { stage: Stage; outcome?: Outcome; milliseconds: number };

const args = process.argv.slice(2);
const filters = args.filter((arg) => !stages.some((stage) => stage.name === arg));
const entries = choose().map((stage): Entry => ({ stage, milliseconds: 0 }));
const context: Run = { filters, servers: [] };
try {
  await runStages();
} finally {
  await Promise.all(context.servers.map((server) => server.stop()));
}
report();

function choose(): readonly Stage[] {
  const named = stages.filter((stage) => args.includes(stage.name));
  if (named.length > 0 || filters.length === 0) return named.length > 0 ? named : stages;
  const inBrowser = filters.some((filter) => filter.includes('test/browser'));
  return stages.filter((stage) => stage.name === (inBrowser ? 'browser' : 'unit'));
}

async function runStages(): Promise<void> {
  for (const entry of entries) {
    console.log(`\n━━━ ${entry.stage.name}: ${entry.stage.title}`);
    const started = Date.now();
    entry.outcome = await attempt(entry.stage);
    entry.milliseconds = Date.now() - started;
    const note = entry.outcome.note ? ` (${entry.outcome.note})` : '';
    console.log(
      `━━━ ${entry.stage.name}: ${entry.outcome.ok ? 'good' : 'FAILED'} after ${seconds(entry)}${note}`,
    );
    if (!entry.outcome.ok || interrupted.aborted) return;
  }
}

async function attempt(stage: Stage): Promise<Outcome> {
  try {
    return await stage.check(context);
  } catch (error) {
    console.log(error);
    return { ok: false };
  }
}

/** The table, and as the very last line the tests' counts; a stage without tests that fails counts as one. */
function report(): void {
  let passed = 0;
  let failed = 0;
  const width = Math.max(...entries.map((entry) => entry.stage.name.length));
  console.log('\nstage'.padEnd(width + 3), 'result'.padEnd(8), 'time'.padStart(8), '  tests');
  for (const entry of entries) {
    const { outcome } = entry;
    const result = outcome ? (outcome.ok ? 'good' : 'FAILED') : 'not run';
    const tests = outcome?.tally ? `${outcome.tally.passed} passed, ${outcome.tally.failed} failed` : '';
    const columns = [
      entry.stage.name.padEnd(width + 2),
      result.padEnd(8),
      seconds(entry).padStart(8),
      ` ${tests}`,
    ];
    console.log([...columns, outcome?.note ?? ''].join(' ').trimEnd());
    passed += outcome?.tally?.passed ?? 0;
    failed += outcome?.tally?.failed ?? (outcome?.ok === false ? 1 : 0);
  }
  // A filter that meets no test is a slip of the pen, not a success.
  const nothingDone = filters.length > 0 && passed + failed === 0;
  if (nothingDone) console.log(`\nno test matches ${filters.join(' ')}`);
  if (failed > 0 || nothingDone || interrupted.aborted) process.exitCode = 1;
  console.log(`\n${passed} passed, ${failed} failed`);
}

function seconds(entry: Entry): string {
  return `${(entry.milliseconds / 1000).toFixed(1)} s`;
}
