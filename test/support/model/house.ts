import assert from 'node:assert/strict';
import type { Scheduler } from 'fast-check';
import { runAudit } from '../../../src/audit/run-audit.ts';
import { Problem } from '../../../src/base/errors.ts';
import { systemIds, uuidv7, type EventKey } from '../../../src/base/ids.ts';
import { digestBody, digestKey } from '../../../src/checkout/idempotency.ts';
import { createPool, type Pool } from '../../../src/db/pool.ts';
import { LockWaits } from '../../../src/db/lock-waits.ts';
import { reader } from '../../../src/db/transaction.ts';
import { markTold, readIntent } from '../../../src/payments/intent.store.ts';
import { PaymentIntents } from '../../../src/payments/payment-intents.ts';
import { PaymentReconciler } from '../../../src/payments/reconcile-payments.job.ts';
import { PaymentSettler } from '../../../src/payments/settle-payments.job.ts';
import { createStripe } from '../../../src/payments/stripe.adapter.ts';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { startStripeFake, type StripeFake } from '../fakes/stripe.ts';
import { createHall, type Hall } from '../hall.ts';
import { startProcess, type TestProcess } from '../process.ts';
import { cardSeconds, type Op } from './spec.ts';

const connections = 6;

/** The database's own clock, which stands still until it is told to go on: `clock_timestamp()` of every session. */
const ownClock = (database: string) => [
  'create schema model',
  'create table model.clock (at timestamptz not null)',
  `insert into model.clock values (date_trunc('second', pg_catalog.now()))`,
  `create function model.clock_timestamp() returns timestamptz language plpgsql as 'begin return (select at from model.clock); end'`,
  `alter database ${database} set search_path = model, pg_catalog, public`,
];

/** A scheduler decides, while there is one, who gets the next connection. */
type Gate = { scheduler: Scheduler | undefined };

function gate(pool: Pool): Gate {
  const door: Gate = { scheduler: undefined };
  type Callback = Parameters<Pool['connect']>[0];
  const connect = pool.connect.bind(pool) as (callback?: Callback) => unknown;
  const enter = (callback?: Callback) => {
    if (!door.scheduler) return connect(callback);
    const turn = door.scheduler.schedule(Promise.resolve(), 'connection');
    return callback ? void turn.then(() => connect(callback)) : turn.then(() => connect());
  };
  pool.connect = enter as Pool['connect'];
  return door;
}

/** What the model does not tell apart. */
const endedCodes = new Set<string>(['hold_expired', 'hold_released']);

type Part = { process: TestProcess; intents: PaymentIntents; reconciler: PaymentReconciler };

/** What an answer was, in the words of the model, with what it made. */
export type Answered = { answer: string; holdId?: string; transactionId?: string };

const customer = { name: 'Ana Pérez', email: 'ana@example.com', locale: 'es' } as const;

/** The real thing: two processes on one database, and a provider of cards. */
export class House {
  readonly database: TestDatabase;
  readonly pool: Pool;
  readonly gate: Gate;
  readonly stripe: StripeFake;
  readonly parts: Part[] = [];
  hall!: Hall;
  /** What the model's indexes stand for. */
  holdIds: string[] = [];
  orderIds: string[] = [];
  #now = 0;
  #start = 0;
  #tenants = 0;

  private constructor(database: TestDatabase, stripe: StripeFake, pool: Pool, start: number) {
    this.database = database;
    this.stripe = stripe;
    this.pool = pool;
    this.gate = gate(pool);
    this.#start = start;
  }

  static async start(): Promise<House> {
    const database = await createTestDatabase();
    const setUp = createPool({ url: database.url, size: 1, name: 'model' });
    for (const text of ownClock(new URL(database.url).pathname.slice(1))) await setUp.query(text);
    const { rows } = await setUp.query<{ at: Date }>('select at from model.clock');
    const pool = createPool({
      url: database.url,
      size: connections,
      name: 'model',
      lockSecondsMax: 1,
    });
    await setUp.end();
    const house = new House(database, await startStripeFake(), pool, rows[0]!.at.getTime());
    for (let i = 0; i < 2; i++) house.parts.push(await house.#startPart());
    return house;
  }

  async #startPart(): Promise<Part> {
    const { pool, stripe } = this;
    const clock = { now: () => new Date(this.#now) };
    const ids = { uuid: () => uuidv7(this.#now) };
    const process = await startProcess(this.database.url, pool, new LockWaits(connections), undefined, {
      clock,
      ids,
    });
    const { events, holds, checkout } = process;
    const provider = createStripe({
      secretKey: stripe.env.STRIPE_SECRET_KEY,
      webhookSecret: stripe.env.STRIPE_WEBHOOK_SECRET,
      apiUrl: stripe.url,
    });
    const log = { warn: (fields: Record<string, unknown>) => assert.fail(String(fields['err'])) };
    const settler = new PaymentSettler({ pool, events, holds, checkout, provider, log });
    const intents = new PaymentIntents({
      ...{ pool, events, holds, checkout, provider, clock, ids },
      cardSeconds,
      reportedSeconds: 86_400,
      pursue: (key) => settler.pursue(key),
    });
    const tell = (key: { tenantId: number; transactionId: string }) => markTold(pool, key);
    const reconciler = new PaymentReconciler({
      ...{ pool, clock, provider, intents, settler, tell, log },
      askSeconds: 86_400,
    });
    return { process, intents, reconciler };
  }

  /** A seller and a hall that no run has used, at the beginning of the model's time. */
  async renew(seats: number, standing: number): Promise<void> {
    this.hall = await createHall(this.pool, { tenantId: ++this.#tenants, seats, standing });
    this.holdIds = [];
    this.orderIds = [];
    await this.setNow(0);
    // What earlier runs left ends, and the sweeps look from here on.
    for (const { process } of this.parts) await process.holds.sweepExpired();
  }

  /** Sets the clocks of the database and of all processes. */
  async setNow(seconds: number): Promise<void> {
    this.#now = this.#start + seconds * 1_000;
    await this.pool.query('update model.clock set at = $1', [new Date(this.#now)]);
  }

  #order(part: Part, op: Extract<Op, { kind: 'confirm' | 'open' }>) {
    const { hall } = this;
    const keyDigest = digestKey(`seller ${hall.tenantId}`, 'confirm', `key ${op.key}`);
    const bodyDigest = digestBody({ kind: op.kind, body: op.body });
    const key: EventKey = hall;
    const holdId = this.holdIds[op.hold] ?? systemIds.uuid();
    return { part, key, holdId, keyDigest, bodyDigest, customer, expectedTotal: null };
  }

  async #do(part: Part, op: Op): Promise<Answered> {
    const { holds, checkout, events } = part.process;
    if (op.kind === 'sweep') {
      await holds.sweepExpired();
      return { answer: 'swept' };
    }
    const live = (await events.get(this.hall))!;
    if (op.kind === 'hold') {
      const zones = op.standing > 0 ? [{ zoneNo: 2, quantity: op.standing }] : [];
      const { hold } = await holds.place(live, { seatNos: op.seats, zones });
      return { answer: 'placed', holdId: hold.holdId };
    }
    const holdId = this.holdIds[op.hold] ?? systemIds.uuid();
    if (op.kind === 'extend') return holds.extend(live, holdId).then(() => ({ answer: 'extended' }));
    if (op.kind === 'release') return holds.release(live, holdId).then(() => ({ answer: 'released' }));
    const { part: _, ...order } = this.#order(part, op);
    if (op.kind === 'confirm') {
      const { sale } = await checkout.confirm({ ...order, payment: { method: 'cash' } });
      return { answer: `sold ${Number(/\d+$/.exec(sale.fiscalNumber)![0])}` };
    }
    const whole = { method: 'card_online' } as Parameters<PaymentIntents['open']>[0]['whole'];
    const intent = await part.intents.open({ ...order, whole, parts: [], substitutes: false });
    const known = this.orderIds.indexOf(intent.transactionId);
    return { answer: known < 0 ? 'order' : `order ${known}`, transactionId: intent.transactionId };
  }

  /** Asks one process for something. A refusal is its code. */
  async ask(process: number, op: Op): Promise<Answered> {
    try {
      return await this.#do(this.parts[process]!, op);
    } catch (error) {
      if (error instanceof Problem) return { answer: endedCodes.has(error.code) ? 'hold_ended' : error.code };
      throw error;
    }
  }

  /** The buyer of an order pays on the provider's page, which tells one process. @returns what the order has become. */
  async pay(process: number, transactionId: string): Promise<string> {
    const { intents } = this.parts[process]!;
    const { tenantId } = this.hall;
    const key = { tenantId, transactionId };
    const intent = (await this.readIntent(transactionId))!;
    const url = await intents.openPage(intent, 'https://shop.example/').catch((error: unknown) => {
      if (error instanceof Problem) return null;
      throw error;
    });
    if (url !== null) {
      this.stripe.act(await this.stripe.sessionOf(transactionId), 'pay');
      await intents.ask({ ...key, tenderNo: 1 });
    }
    return (await this.readIntent(transactionId))!.state;
  }

  async readIntent(transactionId: string) {
    return readIntent(reader(this.pool), { tenantId: this.hall.tenantId, transactionId });
  }

  /** How the places stand, as the database has it. */
  async places(): Promise<{ free: number[]; standingLeft: number; sales: number }> {
    const { tenantId, eventId } = this.hall;
    const { rows } = await this.pool.query<{ free: number[]; left: number; sales: number }>(
      `select array(select seat_no from seat_states where tenant_id = $1 and event_id = $2 and state = 'free' order by 1) as free,
              (select capacity - held - sold from zone_counters where tenant_id = $1 and event_id = $2) as left,
              (select count(*)::int from fiscal_documents where tenant_id = $1) as sales`,
      [tenantId, eventId],
    );
    return { free: rows[0]!.free, standingLeft: rows[0]!.left, sales: rows[0]!.sales };
  }

  /** What is violated, of all runs so far. */
  async violations(): Promise<string[]> {
    const { lines } = await runAudit(this.pool);
    return lines.filter((line) => line.count > 0).map((line) => `${line.id}: ${line.culprits.join('; ')}`);
  }

  async stop(): Promise<void> {
    for (const { process } of this.parts) await process.stop();
    await this.stripe.stop();
    await this.pool.end();
    await this.database.drop();
  }
}
