// The rules of the house that no linter knows, as a check: `npm test -- tidy`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './checks/command.ts';
import { findCodeFaults } from './checks/tidy-code.ts';
import { findTextFaults } from './checks/tidy-text.ts';
import { findMissing } from './complete-lock.ts';

const checkedKinds =
  /\.(ts|mts|cts|mjs|cjs|js|svelte|css|html|sql|json|md|ya?ml|sh)$|^(taquilla|\.ci\/run|\.npmrc|\.env\.example)$/;
const passedOver = new Set(['node_modules', 'dist', 'data', '.git', 'results']);
// Input that others made, or that is wrong on purpose.
const fixtures = 'test/fixtures/';

/** What is wrong in the given files, a sentence each, in the order of the files. */
export function findFaults(files: readonly { file: string; text: string }[]): string[] {
  const numbers = files.flatMap(({ file }) => /^sql\/(\d{4})_/.exec(file)?.[1] ?? []);
  const twice = numbers.filter((number, index) => numbers.indexOf(number) !== index);
  return [
    ...files.flatMap(({ file, text }) => [...findTextFaults(file, text), ...findCodeFaults(file, text)]),
    ...twice.map((number) => `sql/${number}_…: two migrations have this number`),
    ...files.flatMap(({ file, text }) => (file === 'package-lock.json' ? findLockFaults(text) : [])),
  ];
}

/** `npm ci`, and with it every fresh clone, refuses a lock file that leaves a package out. */
function findLockFaults(text: string): string[] {
  const missing = Object.keys(findMissing(JSON.parse(text) as Parameters<typeof findMissing>[0]));
  return missing.map((name) => `package-lock.json: does not name ${name}; \`npm run lock\` adds it`);
}

function readProject(): { file: string; text: string }[] {
  const files: string[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory() && !passedOver.has(entry.name)) visit(file);
      if (entry.isFile() && checkedKinds.test(file) && !file.startsWith(fixtures)) files.push(file);
    }
  };
  visit('');
  return files.toSorted().map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}

if (import.meta.main) {
  const files = readProject();
  const faults = findFaults(files);
  for (const fault of faults) console.log(fault);
  console.log(`${files.length} files, ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
