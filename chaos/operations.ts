import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Progress } from '../bench/support/progress.ts';
import { openPostgres } from '../bench/support/postgres.ts';
import type { Scope } from '../bench/support/scope.ts';
import { freePort, startServer, type Role } from '../bench/support/server.ts';
import { createPool } from '../src/db/pool.ts';
import { startSmtpFake } from '../test/support/fakes/smtp.ts';
import { startStripeFake } from '../test/support/fakes/stripe.ts';
import { operate } from './support/market-operations.ts';
import { endMarket, judgeMarket } from './support/market-verdict.ts';
import { Market } from './support/market.ts';
import type { Check } from './support/verdict.ts';

const sellers = 20;
const clients = 50;
const seatsPerOperation = 1.5;

type Settings = { seed: number; operations: number; folder: string };

async function startProcesses(scope: Scope, { folder }: Settings) {
  const postgres = await openPostgres(undefined);
  scope.defer(() => postgres.stop());
  const databaseUrl = await postgres.createDatabase('operations');
  const pool = createPool({ url: databaseUrl, size: 6, name: 'taquilla operations' });
  scope.defer(() => pool.end());
  const [smtp, stripe] = await Promise.all([startSmtpFake(), startStripeFake()]);
  scope.defer(() => smtp.stop());
  scope.defer(() => stripe.stop());
  const ports = [await freePort(), await freePort()];
  const env = {
    ...stripe.env,
    PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
    TAQUILLA_SECRET: 's'.repeat(32),
    TRUST_PROXY: 'loopback',
    HOLDS_PER_CLIENT_MAX: '1000000',
    HOLDS_PER_ADDRESS_MAX: '1000000',
    PAYMENT_ASK_SECONDS: '2',
    LOG_LEVEL: 'warn',
  };
  const smtpPort = Number(new URL(smtp.url).port);
  const start = async (name: string, role: Role, port = 0) => {
    const server = await startServer({ databaseUrl, smtpPort, folder, name, role, port, env });
    scope.defer(() => server.stop());
    return `http://127.0.0.1:${server.port}`;
  };
  // One after the other: the first migrates what the queue needs.
  const urls = [await start('api1', 'api', ports[0]), await start('api2', 'api', ports[1])];
  await start('work1', 'work');
  stripe.sendTo(urls[0]!);
  return { pool, stripe, urls };
}

function write(folder: string, figures: unknown): void {
  writeFileSync(path.join(folder, 'operations.json'), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Has clients do all that can be done, in the order that the seed decides, and looks at what came of it. @returns whether all holds. */
export async function runOperations(scope: Scope, progress: Progress, settings: Settings): Promise<boolean> {
  const { seed, operations, folder } = settings;
  const replay = `npm run chaos -- operations --operations ${operations} --seed ${seed}`;
  progress.say(`seed ${seed}: ${operations} operations by ${clients} clients on ${sellers} sellers`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  progress.phase('the processes');
  const processes = await startProcesses(scope, settings);
  progress.phase('the sellers');
  const seats = Math.ceil((operations * seatsPerOperation) / sellers / 20) * 20 + 40;
  const market = await Market.open({ ...processes, seed, sellers, seats });
  scope.defer(() => market.close());
  const startedAt = performance.now();
  let shown = 0;
  await market.trade({ clients, operations, seed }, operate, (done) => {
    while (shown < market.faults.length) progress.say(`  ${market.faults[shown++]}`);
    if (done % 100 === 0) progress.phase(`${done} operations`);
  });
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  progress.phase('what is left is finished');
  const left = await endMarket(market);
  progress.phase('verdict');
  const checks: Check[] = await judgeMarket(market, left);
  const tally = Object.fromEntries([...market.tally].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  write(folder, { seed, operations, clients, sellers, seconds, tally, checks });
  progress.say(JSON.stringify({ seed, operations, seconds, tally }, null, 2));
  for (const { name, faults } of checks) {
    progress.say(
      `${faults.length === 0 ? '✔' : '✖'} ${name}${faults.length === 0 ? '' : `: ${faults.length}`}`,
    );
    for (const fault of faults.slice(0, 5)) progress.say(`    ${fault}`);
  }
  const holds = checks.every(({ faults }) => faults.length === 0);
  if (!holds) progress.say(`again by: ${replay}`);
  return holds;
}
