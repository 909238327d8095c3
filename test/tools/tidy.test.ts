import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findFaults } from '../../tools/tidy.ts';

/** The faults of one file, without its name and line. */
function faultsOf(file: string, text: string): string[] {
  return findFaults([{ file, text }]).map((fault) => fault.replace(/^[^ ]+ /, ''));
}

const documented = '/** Does it. */\n';
const lines = (count: number) => '  count();\n'.repeat(count);

// Each rule with a file that breaks it and its neighbour that does not.
const cases: { says: RegExp; broken: [file: string, text: string]; kept: [file: string, text: string] }[] = [
  {
    says: /a function of 71 lines/,
    broken: ['tools/a.ts', `function f() {\n${lines(69)}}\n`],
    kept: ['tools/a.ts', `function f() {\n${lines(68)}}\n`],
  },
  {
    says: /a function of 72 lines/,
    broken: [
      'web/shop/src/A.svelte',
      `<p>x</p>\n<script lang="ts">\nconst f = () => {\n${lines(70)}};\n</script>`,
    ],
    kept: ['test/a.test.ts', `describe('a', () => {\n${lines(70)}});\n`],
  },
  {
    says: /501 lines/,
    broken: ['tools/a.ts', '\n'.repeat(501)],
    kept: ['docs/a.md', '\n'.repeat(501)],
  },
  {
    says: /not a name of this house/,
    broken: ['src/holds/holdStore.ts', ''],
    kept: ['src/holds/place-holds.store.ts', ''],
  },
  {
    says: /not a name of this house/,
    broken: ['src/cellar/wine.ts', ''],
    kept: ['src/catalog/event.ts', ''],
  },
  { says: /a verb-noun/, broken: ['src/holds/hold.job.ts', ''], kept: ['src/holds/expire-holds.job.ts', ''] },
  { says: /a migration is named/, broken: ['sql/1_a.sql', ''], kept: ['sql/0001_catalog.sql', ''] },
  { says: /no barrels/, broken: ['src/holds/index.ts', ''], kept: ['src/holds/hold.ts', ''] },
  {
    says: /no barrels/,
    broken: ['src/holds/all.ts', `export * from './hold.ts';`],
    kept: ['src/holds/hold.ts', `import './seat.ts';`],
  },
  {
    says: /the environment is read in/,
    broken: ['src/config.ts', 'const port = process.env.PORT;'],
    kept: ['src/main.ts', 'const port = process.env.PORT;'],
  },
  {
    says: /the driver pg/,
    broken: ['src/holds/hold.store.ts', `import type { Pool } from 'pg';`],
    kept: ['src/db/pool.ts', `import type { Pool } from 'pg';`],
  },
  {
    says: /the driver pg/,
    broken: ['src/holds/hold.store.ts', `type Pool = import('pg').Pool;`],
    kept: ['src/holds/hold.store.ts', `type Boss = import('pg-boss').PgBoss;`],
  },
  {
    says: /place has no doc comment/,
    broken: ['src/holds/hold.ts', 'export function place() {}'],
    kept: ['src/holds/hold.ts', `${documented}export function place() {}\nfunction own() {}`],
  },
  {
    says: /place has no doc comment/,
    broken: ['src/holds/hold.ts', 'export const place = () => 1;'],
    kept: ['src/holds/hold.ts', `export const limit = 1;\n${documented}export const place = () => 1;`],
  },
  {
    says: /exports one value, the function placeHoldRoute/,
    broken: ['src/holds/place-hold.route.ts', `${documented}export function placeHold() {}`],
    kept: [
      'src/holds/place-hold.route.ts',
      `export type Deps = {};\n${documented}export function placeHoldRoute() {}`,
    ],
  },
  {
    says: /finish it/,
    broken: ['src/holds/hold.ts', `// TO${'DO'}: later`],
    kept: ['web/shop/src/texts/es.ts', `const all = 'TO${'DO'} EL TEATRO';`],
  },
  {
    says: /a test that does not run/,
    broken: ['test/a.test.ts', `test.${'skip'}('a', () => {});`],
    kept: ['test/a.test.ts', `test('a', () => {});`],
  },
  {
    says: /a path of one machine/,
    broken: ['docs/a.md', 'see /home' + '/ana/notes'],
    kept: ['docs/a.md', 'see https://example.org/home' + '/ana and ./work' + '/a'],
  },
  {
    says: /the address of a registry/,
    broken: ['package-lock.json', `{"packages": {"a": {"resolved": "https:${'//'}r.example/a.tgz"}}}`],
    kept: ['package-lock.json', '{"packages": {"a": {"integrity": "sha512-abc"}}}'],
  },
  {
    says: /does not name node_modules\/b-linux-x64/,
    broken: [
      'package-lock.json',
      '{"packages": {"node_modules/b": {"optionalDependencies": {"b-linux-x64": "1"}}}}',
    ],
    kept: [
      'package-lock.json',
      '{"packages": {"node_modules/b": {"optionalDependencies": {"c": "1"}}, "node_modules/b/node_modules/c": {}}}',
    ],
  },
  {
    says: /the address of a registry/,
    broken: ['.npmrc', 'registry=http:' + '//r'],
    kept: ['.npmrc', 'fund=false'],
  },
  { says: /a secret/, broken: ['docs/a.md', `sk_${'live'}_1234`], kept: ['docs/a.md', 'sk_test_1234'] },
];

describe('tidy', () => {
  for (const { says, broken, kept } of cases) {
    test(`reports "${says.source}" in ${broken[0]}, and not in its neighbour`, () => {
      assert.deepEqual(faultsOf(...kept), []);
      const faults = faultsOf(...broken);
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', says);
    });
  }

  test('reports two migrations with one number', () => {
    const files = ['sql/0001_a.sql', 'sql/0001_b.sql'].map((file) => ({ file, text: '' }));
    assert.match(findFaults(files).join('\n'), /two migrations/);
  });

  test('names the line of a fault in a Svelte file', () => {
    const text = `<p>a</p>\n<script>\nconst a = 1;\nconst e = process.env.A;\n</script>\n`;
    assert.match(
      findFaults([{ file: 'web/shop/src/A.svelte', text }]).join('\n'),
      /^web\/shop\/src\/A\.svelte:4: /,
    );
  });
});
