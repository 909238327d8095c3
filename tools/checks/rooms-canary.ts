import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { capture, node, root } from './command.ts';

type Rule = { name: string };
type Report = { summary: { violations: { from: string; rule: Rule }[] } };
type Breach = { file: string; imports: string };

/** For each rule a file that breaks it, and nothing else. */
const breaches: Record<string, Breach> = {
  'no-circles': { file: 'src/fiscal/series.ts', imports: `import './day.ts';` },
  'nothing-unresolved': { file: 'src/tax/lost.ts', imports: `import 'no-such-package';` },
  'src-runs-on-dependencies': { file: 'src/catalog/check.ts', imports: `import 'fast-check';` },
  'src-stands-alone': { file: 'src/catalog/spoiled.ts', imports: `import '../../test/support/helper.ts';` },
  'base-is-the-bottom': {
    file: 'src/base/money.ts',
    imports: `import type { Good } from '../catalog/good.ts';`,
  },
  'rules-are-pure': { file: 'src/catalog/event.ts', imports: `import '../catalog/good.store.ts';` },
  'rules-know-no-database': {
    file: 'src/catalog/query.ts',
    imports: `import { pool } from '../db/pool.ts';`,
  },
  'stores-look-down': { file: 'src/holds/hold.store.ts', imports: `import '../holds/good.job.ts';` },
  'checkout-and-jobs-look-down': {
    file: 'src/holds/expire-holds.job.ts',
    imports: `import '../http/server.ts';`,
  },
  'checkout-does-no-later-work': { file: 'src/checkout/group.ts', imports: `import '../holds/good.job.ts';` },
  'routes-look-down': { file: 'src/holds/place-hold.route.ts', imports: `import './good.route.ts';` },
  'routes-are-mounted-in-one-place': {
    file: 'src/http/server.ts',
    imports: `import '../holds/good.route.ts';`,
  },
  'the-database-is-below': { file: 'src/db/seed.ts', imports: `import '../catalog/good.ts';` },
  'main-is-the-top': { file: 'src/cli/serve.ts', imports: `import '../main.ts';` },
  'pg-only-in-db': { file: 'src/catalog/typed.store.ts', imports: `import type pg from 'pg';` },
  'pg-boss-only-in-queue': {
    file: 'src/fulfilment/deliver.job.ts',
    imports: `import { PgBoss } from 'pg-boss';`,
  },
  'the-world-only-in-adapters': {
    file: 'src/pricing/file.ts',
    imports: `import { readFile } from 'node:fs/promises';`,
  },
  'mail-only-in-adapters': { file: 'src/notifications/mail.ts', imports: `import mail from 'nodemailer';` },
  'sign-in-only-in-its-adapter': {
    file: 'src/identity/sign.adapter.ts',
    imports: `import { betterAuth } from 'better-auth';`,
  },
  'web-knows-the-contract-alone': {
    file: 'web/shop/src/app.ts',
    imports: `import '../../../src/catalog/good.ts';`,
  },
};

/** Files that keep every rule; one that is reported shows that a rule bites what it should not. */
const lawful: Record<string, string> = {
  'src/main.ts': `import './http/routes.ts'; import './queue/queue.ts'; import { readFile } from 'node:fs/promises';`,
  'src/base/good.ts': `import { randomBytes } from 'node:crypto';`,
  'src/catalog/good.ts': `import '../base/good.ts'; import type { Pool } from '../db/pool.ts';`,
  'src/catalog/good.store.ts': `import './good.ts'; import '../db/pool.ts';`,
  'src/fiscal/day.ts': `import './series.ts';`,
  'src/holds/good.job.ts': `import '../catalog/good.store.ts'; import './mail.adapter.ts';`,
  'src/holds/good.route.ts': `import '../catalog/good.store.ts'; import '../http/app.ts';`,
  'src/holds/mail.adapter.ts': `import mail from 'nodemailer'; import { connect } from 'node:net';`,
  'src/http/app.ts': `import { createServer } from 'node:http';`,
  'src/http/routes.ts': `import '../holds/good.route.ts';`,
  'src/db/pool.ts': `import pg from 'pg'; export const pool = pg;`,
  'src/queue/queue.ts': `import { PgBoss } from 'pg-boss';`,
  'test/support/helper.ts': `import '../../src/holds/good.job.ts'; import 'fast-check';`,
  'web/shop/src/page.ts': `import './app.ts';`,
};

/**
 * Breaks every rule of .dependency-cruiser.cjs once and names what was not reported, or was wrongly.
 * dependency-cruiser passes in silence when it cannot read TypeScript, so its word alone is not enough.
 */
export async function findBluntRules(): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const { forbidden } = require(path.join(root, '.dependency-cruiser.cjs')) as { forbidden: Rule[] };
  // Inside the project, so that its packages are found, where git and the other checks do not look.
  const data = path.join(root, 'data');
  mkdirSync(data, { recursive: true });
  const tree = mkdtempSync(path.join(data, 'rooms-'));
  try {
    writeTree(tree);
    const expected = Object.entries(breaches).map(([rule, breach]) => `${rule}: ${breach.file}`);
    const without = forbidden
      .filter((rule) => !breaches[rule.name])
      .map((rule) => `${rule.name}: has no breach here`);
    const found = await findViolations(tree);
    return [
      ...without,
      ...expected.filter((line) => !found.includes(line)).map((line) => `${line} was not reported`),
      ...found
        .filter((line) => !expected.includes(line))
        .map((line) => `${line} was reported though it is lawful`),
    ];
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function writeTree(tree: string): void {
  const files = Object.values(breaches).map((breach) => [breach.file, breach.imports] as const);
  for (const [file, text] of [...files, ...Object.entries(lawful)]) {
    mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(tree, file), `${text}\n`);
  }
  copyFileSync(path.join(root, 'package.json'), path.join(tree, 'package.json'));
}

async function findViolations(tree: string): Promise<string[]> {
  const cruiser = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = path.join(root, '.dependency-cruiser.cjs');
  const flags = ['--config', config, '--output-type', 'json', 'src', 'test', 'web'];
  const output = await capture(node, [cruiser, ...flags], { cwd: tree });
  const report = JSON.parse(output) as Report;
  // A circle is reported from each of its files; one of them is enough.
  const lines = report.summary.violations.map(({ rule, from }) =>
    rule.name === 'no-circles' ? `${rule.name}: src/fiscal/series.ts` : `${rule.name}: ${from}`,
  );
  return [...new Set(lines)];
}
