import { runAudit } from '../../src/audit/run-audit.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import type { LoadResult } from '../load/job.ts';
import { findUnkept, type Kept } from './acknowledged.ts';
import type { Bench } from './bench.ts';
import type { MailServer } from './mail.ts';
import { withScope, type Scope } from './scope.ts';
import { startServer, type Role, type Server } from './server.ts';

/** A database with what runs on it, from its making to its audit. */
export type Stage = {
  bench: Bench;
  name: string;
  url: string;
  pool: Pool;
  /** False when the database is one of an earlier run. */
  isNew: boolean;
  /** Starts a process of Taquilla, which ends with the stage if not before. */
  startServer(role?: Role): Promise<Server>;
  /** Lets the servers that are started from now on send their mails there. */
  sendMailsTo(mail: MailServer): void;
  /** Keeps what a load was promised, so that the end can compare it with the database. */
  keep(load: LoadResult): void;
  /** Tells of sales that are made without a load. */
  expectSales(count: number): void;
  /** Lets the check at the end be of one seller alone. */
  checkSeller(tenantId: number): void;
};

const names = new Map<string, number>();

/** Databases and logs are told apart by number where a scenario makes several of one name. */
function uniqueName(name: string): string {
  const number = (names.get(name) ?? 0) + 1;
  names.set(name, number);
  return `bench_${name}_${number}`;
}

/** Audits a database and compares it with what its clients were told (I12); faults are said and counted. */
async function check(bench: Bench, pool: Pool, kept: Kept): Promise<void> {
  bench.progress.phase('audit');
  // Tables that were filled a moment ago have no statistics yet, and joins of all of them would nest their loops.
  await pool.query('analyze');
  const audit = await runAudit(pool, kept.tenantId === undefined ? {} : { tenantId: kept.tenantId });
  const unkept = await findUnkept(pool, kept);
  bench.audit.checked = Math.max(bench.audit.checked, audit.checked + 1);
  bench.audit.violations += audit.violations + unkept.length;
  for (const line of audit.lines.filter((one) => one.count > 0)) {
    bench.progress.say(
      `  VIOLATED ${line.id}: ${line.sentence}: ${line.count}, such as ${line.culprits.join('; ')}`,
    );
  }
  for (const fault of unkept.slice(0, 5)) bench.progress.say(`  VIOLATED I12 answers: ${fault}`);
}

/** Says faults that a scenario has found itself, and counts them as violations. */
export function tellFaults({ audit, progress }: Bench, line: string, faults: readonly string[]): void {
  audit.checked++;
  audit.violations += faults.length;
  for (const fault of faults.slice(0, 5)) progress.say(`  VIOLATED ${line}: ${fault}`);
}

async function openDatabase(bench: Bench, name: string, scope: Scope, stays: boolean) {
  if (stays) return await bench.postgres.keepDatabase(name);
  const url = await bench.postgres.createDatabase(name);
  scope.defer(() => bench.postgres.dropDatabase(name));
  return { url, isNew: true };
}

async function play<T>(
  bench: Bench,
  database: string,
  scope: Scope,
  work: (stage: Stage) => Promise<T>,
  kept: string | undefined,
): Promise<T> {
  const { url, isNew } = await openDatabase(bench, kept ?? database, scope, kept !== undefined);
  const pool = createPool({ url, size: 4, name: 'taquilla bench' });
  scope.defer(() => pool.end());
  const promised: Kept = { acknowledged: [], inDoubt: 0, otherSales: 0 };
  const result = await withScope((servers) => {
    let started = 0;
    let { mail } = bench;
    return work({
      bench,
      name: database,
      url,
      pool,
      isNew,
      sendMailsTo: (other) => void (mail = other),
      keep: (load) => {
        promised.acknowledged.push(load.acknowledged);
        promised.inDoubt += load.inDoubt;
      },
      expectSales: (count) => void (promised.otherSales += count),
      checkSeller: (tenantId) => void (promised.tenantId = tenantId),
      async startServer(role = 'all') {
        const server = await startServer({
          databaseUrl: url,
          smtpPort: mail.port,
          folder: bench.postgres.folder,
          name: `${database}_${role}_${++started}`,
          role,
          profileDir: bench.options.profileDir,
        });
        servers.defer(() => server.stop());
        return server;
      },
    });
  });
  await check(bench, pool, promised);
  return result;
}

/**
 * Gives `work` a migrated database of its own; afterwards its servers are stopped, it is audited and goes.
 * @param kept the name of a database that stays instead, and may be there already.
 * @returns what `work` does.
 */
export async function onStage<T>(
  bench: Bench,
  name: string,
  work: (stage: Stage) => Promise<T>,
  kept?: string,
): Promise<T> {
  return await withScope((scope) => play(bench, uniqueName(name), scope, work, kept));
}
