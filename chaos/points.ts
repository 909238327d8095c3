import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Progress } from '../bench/support/progress.ts';
import type { Scope } from '../bench/support/scope.ts';
import { runAudit } from '../src/audit/run-audit.ts';
import { findLedgerFaults } from '../test/support/ledger.ts';
import { Journey } from './support/journey.ts';
import { findMessageFaults, untilQuiet } from './support/verdict.ts';
import { createWorld, type Seat, type World } from './support/world.ts';

const seatsPerJourney = 40;

type Point = { seat: Seat; name: string };

/** The points that a process has passed since it was started. */
function passed(folder: string, seat: Seat): Point[] {
  const log = readFileSync(path.join(folder, `${seat.name}.log`), 'utf8');
  const names = [...log.matchAll(/^failpoint (.+)$/gm)].map((match) => match[1]!);
  return [...new Set(names)].map((name) => ({ seat, name }));
}

/** Goes the journey once. @returns what was wrong afterwards, a sentence each. */
async function goOnce(world: World, number: number): Promise<string[]> {
  const journey = new Journey(world, number);
  await journey.go();
  const left = await untilQuiet(world);
  const audit = await runAudit(world.pool);
  const { rows } = await world.pool.query<{ id: string; number: string }>(
    `select d.transaction_id as id, s.prefix || lpad(d.number::text, s.padding, '0') as number
       from fiscal_documents d join fiscal_series s using (tenant_id, series_id)`,
  );
  const numbers = new Map(rows.map((row) => [row.id, row.number]));
  return [
    ...journey.faults,
    ...left.map((what) => `not ended: ${what}`),
    ...audit.lines.filter((line) => line.count > 0).map((line) => `${line.id}: ${line.culprits.join('; ')}`),
    ...journey.sales
      .filter((sale) => numbers.get(sale.transactionId) !== sale.fiscalNumber)
      .map((sale) => `${sale.fiscalNumber} was answered, and ${numbers.get(sale.transactionId)} is there`),
    ...(await findLedgerFaults(world.pool, world.stripe)),
    ...(await findMessageFaults(world)),
  ];
}

/** Starts a process that dies at a point, and one in its place when it has. @returns whether it did. */
async function killAt({ seat, name }: Point, work: () => Promise<void>): Promise<boolean> {
  await seat.stop();
  let died = false;
  const revive = async () => {
    died = true;
    await seat.start();
  };
  let reviving: Promise<void> | undefined;
  try {
    await seat.start({ failpoints: `${name}=kill` });
    seat.server!.died.catch(() => (reviving ??= revive()));
  } catch {
    reviving = revive();
  }
  await work();
  await reviving;
  return died;
}

/**
 * Finds the points that an API and a worker pass, and kills at each of them, one after the other.
 * @param share which part of them, from above 0 to 1.
 * @returns the faults.
 */
export async function runPoints(
  scope: Scope,
  progress: Progress,
  folder: string,
  share: number,
): Promise<string[]> {
  const world = await createWorld(scope, 200 * seatsPerJourney, folder);
  const [api] = world.apis;
  const [worker] = world.workers;
  for (const seat of [api!, worker!]) await seat.start({ failpoints: 'note' });
  progress.phase('the points are looked for');
  const faults = await goOnce(world, 0);
  const points = [...passed(folder, api!), ...passed(folder, worker!)];
  const chosen = points.filter((_, i) => Math.floor(i * share) !== Math.floor((i - 1) * share));
  progress.say(`${points.length} points are passed; a process is killed at ${chosen.length} of them`);
  let kills = 0;
  for (const [i, point] of chosen.entries()) {
    const found: string[] = [];
    const isDead = await killAt(point, async () => void found.push(...(await goOnce(world, i + 1))));
    if (isDead) kills++;
    const mark = found.length > 0 ? '✖' : isDead ? '✔' : '–';
    progress.say(`  ${mark} ${point.seat.role} "${point.name}"${isDead ? '' : ' was not passed again'}`);
    for (const fault of found.slice(0, 5)) progress.say(`      ${fault}`);
    faults.push(...found.map((fault) => `${point.name}: ${fault}`));
  }
  for (const seat of [api!, worker!]) faults.push(...seat.deaths);
  progress.say(`${kills} kills, ${faults.length} faults`);
  return faults;
}
