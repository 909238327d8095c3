import { readFileSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { node, root, run } from './command.ts';

/** How many tests passed and failed. */
export type Tally = { passed: number; failed: number };

// A file counts as a test, too, and may run on a machine that is several times slower.
const testLimitMilliseconds = 1_200_000;
const reporter = fileURLToPath(new URL('tally-reporter.mjs', import.meta.url));

/** The test files, without those of the browser, whose paths contain one of the filters. */
export function findTests(filters: readonly string[]): string[] {
  const all = globSync('test/**/*.test.ts', { cwd: root, exclude: ['test/browser/**'] });
  return matching(all, filters);
}

/** The browser's test files whose paths contain one of the filters. */
export function findBrowserTests(filters: readonly string[]): string[] {
  return matching(globSync('test/browser/**/*.test.ts', { cwd: root }), filters);
}

const readText = (file: string) => readFileSync(path.join(root, file), 'utf8');

/** Whether a test file, or a piece of test support that it imports, makes a database. */
function usesDatabase(file: string): boolean {
  if (path.basename(file).endsWith('database.ts')) return true;
  return [...readText(file).matchAll(/from '(\.[^']*)'/g)]
    .map(([, target = '']) => path.join(path.dirname(file), target))
    .some((target) => target.startsWith('test/support/') && usesDatabase(target));
}

/** Those that work in a database, and so must also hold on another version of PostgreSQL. */
export function findDatabaseTests(filters: readonly string[]): string[] {
  return findTests(filters).filter(usesDatabase);
}

function matching(files: readonly string[], filters: readonly string[]): string[] {
  return files
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .toSorted();
}

/** Runs test files under node's own runner, at most `concurrency` files at once. */
export async function runTests(
  files: readonly string[],
  options: { concurrency: number; environment: Record<string, string> },
): Promise<Tally> {
  const folder = mkdtempSync(path.join(tmpdir(), 'taquilla-tally-'));
  const tallyFile = path.join(folder, 'counts.json');
  const reporters = [
    ['spec', 'stdout'],
    [reporter, tallyFile],
  ].flatMap(([name, destination]) => [
    `--test-reporter=${name}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const limits = [`--test-concurrency=${options.concurrency}`, `--test-timeout=${testLimitMilliseconds}`];
  try {
    const ok = await run(node, ['--test', ...limits, ...reporters, ...files], {
      env: { ...process.env, ...options.environment },
    });
    const tally = readTally(tallyFile);
    // A run that ends badly without a failed test has at least not done all of its work.
    return ok ? tally : { ...tally, failed: Math.max(1, tally.failed) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(file: string): Tally {
  try {
    const counts = JSON.parse(readFileSync(file, 'utf8')) as { passed: number; tests: number };
    return { passed: counts.passed, failed: counts.tests - counts.passed };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
