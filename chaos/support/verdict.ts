import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findUnkept } from '../../bench/support/acknowledged.ts';
import { runAudit } from '../../src/audit/run-audit.ts';
import type { Pool } from '../../src/db/pool.ts';
import { findLedgerFaults } from '../../test/support/ledger.ts';
import { tallyCopies } from '../../test/support/mail-copies.ts';
import type { Buyers, Deal } from './buyers.ts';
import type { Seat, World } from './world.ts';

const drainSecondsMax = 240;
// What a process may have more than when it was new: kept connections to what it spoke to.
const descriptorsMoreMax = 60;
const memoryMegabytesMax = 600;

/** One thing that was looked at, and what was wrong with it. */
export type Check = { name: string; faults: string[] };

/** Liveness: once faults have stopped, everything comes to its end. @returns what did not. */
export async function untilQuiet({ pool }: World): Promise<string[]> {
  const until = performance.now() + drainSecondsMax * 1_000;
  const open = `
    select 'sales in the state processing' as what, count(*)::int as count from transactions where status = 'processing'
    union all select 'orders without an end', count(*)::int from payment_intents where state in ('awaiting', 'paid', 'refunding')
    union all select 'refunds not told of', count(*)::int from payment_intents
               where state = 'refunded' and told_at is null and customer_email is not null
    union all select 'messages without an end', count(*)::int from messages where state in ('queued', 'sending')
    union all select 'holds beyond their time', count(*)::int from holds where state = 'live' and expires_at < now() - interval '5 seconds'
    union all select 'holds alive', count(*)::int from holds where state = 'live'`;
  for (;;) {
    const { rows } = await pool.query<{ what: string; count: number }>(open);
    const left = rows.filter((row) => row.count > 0);
    if (left.length === 0) return [];
    if (performance.now() > until) return left.map(({ what, count }) => `${count} ${what}`);
    await sleep(500);
  }
}

/** What clients saw against what is there, both ways (I12). */
async function compareAnswers(pool: Pool, tenantId: number, deals: readonly Deal[]): Promise<string[]> {
  const own = deals.filter((deal) => deal.tenantId === tenantId);
  const told = own.filter((deal) => deal.outcome === 'confirmed');
  const unknown = own.filter((deal) => deal.outcome === 'unknown');
  const { rows } = await pool.query<{ hold_id: string; id: string; settled: boolean }>(
    `select t.hold_id, t.transaction_id as id, i.transaction_id is not null as settled
       from transactions t left join payment_intents i using (tenant_id, transaction_id) where t.tenant_id = $1`,
    [tenantId],
  );
  const faults = await findUnkept(pool, {
    tenantId,
    inDoubt: unknown.length,
    otherSales: rows.filter((row) => row.settled).length,
    acknowledged: [
      {
        transactionIds: told.map((deal) => deal.transactionId!),
        fiscalNumbers: told.map((deal) => deal.fiscalNumber!),
        totals: told.map((deal) => deal.total!),
        ticketsLinks: [],
        answeredAt: [],
      },
    ],
  });
  const dealOfHold = new Map(own.map((deal) => [deal.holdId, deal]));
  for (const { hold_id, id, settled } of rows) {
    const deal = dealOfHold.get(hold_id);
    // A rescued order has a hold of its own, so that orders are known by their ids.
    const known = settled ? own.find((one) => one.transactionId === id) : deal;
    if (!known) faults.push(`sale ${id} was asked for by nobody`);
    else if (known.outcome === 'refused')
      faults.push(`sale ${id} is there, and its buyer was refused: ${known.status} ${known.code}`);
  }
  return faults;
}

/** A sale that was answered before another was asked for has the lower number. */
export function findOutOfOrder(deals: readonly Deal[]): string[] {
  const sold = deals
    .filter((deal) => deal.outcome === 'confirmed' && deal.kind === 'cash')
    .map((deal) => ({ ...deal, number: Number(/\d+$/.exec(deal.fiscalNumber!)![0]) }))
    .toSorted((a, b) => b.number - a.number);
  const faults: string[] = [];
  let earliest: (typeof sold)[number] | undefined;
  for (const sale of sold) {
    if (earliest && earliest.endedAt < sale.startedAt)
      faults.push(`${earliest.fiscalNumber} was answered before ${sale.fiscalNumber} was asked for`);
    if (!earliest || sale.endedAt < earliest.endedAt) earliest = sale;
  }
  return faults;
}

/** What mailboxes and telephones got against what we say (I8). */
export async function findMessageFaults({ pool, mails, twilio }: World): Promise<string[]> {
  mails.drain();
  const { rows } = await pool.query<{
    id: string;
    channel: string;
    state: string;
    recipient: string;
    message_id: string | null;
  }>(`select transaction_id as id, channel, state, recipient, message_id from messages`);
  const faults: string[] = [];
  const arrived = new Set(mails.mails.map((mail) => `${mail.messageId} ${mail.to}`));
  for (const { id, channel, state, recipient, message_id } of rows.filter((row) => row.channel === 'email')) {
    const there = arrived.has(`${message_id} ${recipient}`);
    if (state === 'accepted' && !there) faults.push(`the mail of ${id} is ${state}, and never arrived`);
    if (state === 'failed') faults.push(`the ${channel} of ${id} failed`);
  }
  const known = new Set(rows.map((row) => `${row.message_id} ${row.recipient}`));
  for (const mail of mails.mails) {
    if (!known.has(`${mail.messageId} ${mail.to}`))
      faults.push(`${mail.messageId} arrived, and nobody knows of it`);
  }
  for (const id of tallyCopies(mails.mails).different) faults.push(`${id} came in different forms`);
  const texts = rows.filter((row) => row.channel === 'sms' && row.state === 'accepted').length;
  if (texts > twilio.accepted.length)
    faults.push(`${texts} texts are marked as accepted, and ${twilio.accepted.length} were`);
  return faults;
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** What a process holds: measured when it is new and when all is over (I18). */
export type Base = { pid: number; descriptors: number };

/** Measures a process. */
export function baseOf({ server }: Seat): Base {
  return { pid: server!.pid, descriptors: descriptorsOf(server!.pid) };
}

async function findLeaks({ apis, workers, pool }: World, bases: ReadonlyMap<Seat, Base>): Promise<string[]> {
  const faults: string[] = [];
  const idle = await pool.query(
    `select from pg_stat_activity where state like 'idle in transaction%' and pid <> pg_backend_pid()`,
  );
  if (idle.rows.length > 0) faults.push(`${idle.rows.length} sessions are idle in a transaction`);
  for (const seat of [...apis, ...workers]) {
    const { pid, memory } = seat.server!;
    const more = descriptorsOf(pid) - (bases.get(seat)?.descriptors ?? 0);
    if (more > descriptorsMoreMax)
      faults.push(`${seat.name} has ${more} descriptors more than when it was new`);
    if (memory().now > memoryMegabytesMax) faults.push(`${seat.name} takes ${Math.round(memory().now)} MB`);
    if (seat.role !== 'api') continue;
    const metrics = await seat.server!.metrics();
    for (const [name, value] of metrics) {
      if (
        /(orders_waiting|holds_waiting|lanes_blocked|streams_open|connections_waiting)$/.test(name) &&
        value > 0
      )
        faults.push(`${seat.name}: ${name} is ${value}`);
    }
  }
  return faults;
}

/** Looks at everything once all is over. */
export async function judge(world: World, buyers: Buyers, bases: ReadonlyMap<Seat, Base>): Promise<Check[]> {
  const { pool, halls } = world;
  await pool.query('analyze');
  const audit = await runAudit(pool);
  const broken = audit.lines.filter((line) => line.count > 0);
  const [strict, blocks] = halls.map((hall) => hall.tenantId);
  return [
    {
      name: `audit: ${audit.checked} invariants`,
      faults: broken.map(
        (line) => `${line.id}: ${line.sentence}: ${line.count}, such as ${line.culprits.join('; ')}`,
      ),
    },
    { name: 'I12 answers, strict numbers', faults: await compareAnswers(pool, strict!, buyers.deals) },
    { name: 'I12 answers, numbers in blocks', faults: await compareAnswers(pool, blocks!, buyers.deals) },
    {
      name: 'fiscal numbers in the order of real time',
      faults: findOutOfOrder(buyers.deals.filter((deal) => deal.tenantId === strict)),
    },
    { name: 'I8 mail server and SMS provider', faults: await findMessageFaults(world) },
    { name: 'I10 payment provider', faults: await findLedgerFaults(pool, world.stripe) },
    { name: 'I18 sessions, descriptors, memory', faults: await findLeaks(world, bases) },
    { name: 'what buyers were answered', faults: buyers.faults },
    {
      name: 'processes that ended by themselves',
      faults: [...world.apis, ...world.workers].flatMap((seat) => seat.deaths),
    },
  ];
}
