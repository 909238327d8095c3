import { setTimeout as sleep } from 'node:timers/promises';
import type { Buyers } from './buyers.ts';
import type { Random } from './random.ts';
import { postmasterOf, type OwnWorld, type Seat } from './world.ts';

/** A fault as it was done. */
export type Done = {
  at: number;
  kind: string;
  detail: string;
  kills: number;
  /** Whether nothing can be written for a while. */
  stopsWrites: boolean;
};

const killKinds = [
  'kill api',
  'kill worker',
  'kill at a failpoint',
  'kill postgres',
  'kill a backend',
] as const;
const otherKinds = [
  'cut',
  'delay',
  'stall',
  'disk full',
  'clock',
  'mail',
  'sms',
  'payments',
  'slow clients',
] as const;
export type FaultKind = (typeof killKinds)[number] | (typeof otherKinds)[number];

const diskFullMax = 3;
const failpointWaitSeconds = 8;

/** Points at which a process is killed in mid-work; `npm run chaos -- points` goes through all of them. */
const apiPoints = [
  'before confirm_sales',
  'uncommitted confirm_sales',
  'committed confirm_sales',
  'answer POST /sales/checkout/confirm/',
  'uncommitted place_holds',
  'committed place_holds',
  'uncommitted end_holds',
  'committed open_intent',
  'page opened',
  'committed note_tender',
  'committed settle-intent',
  'given back',
  'handing over',
];
const workerPoints = [
  'taken tickets',
  'handled tickets',
  'taken email',
  'delivered email',
  'delivered sms',
  'handled email',
];

/** Decides the order of faults: so many kills, and about as many others between them. */
export function planFaults(random: Random, kills: number): FaultKind[] {
  const plan: FaultKind[] = [];
  for (let i = 0; i < kills; i++) {
    // Each kind once before any comes twice, in an order that the seed decides.
    plan.push(i < killKinds.length ? killKinds[i]! : random.pick(killKinds));
    plan.push(i < otherKinds.length ? otherKinds[i]! : random.pick(otherKinds));
  }
  for (let i = plan.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [plan[i], plan[j]] = [plan[j]!, plan[i]!];
  }
  return plan;
}

/** Does faults to a world, and mends it. */
export class Breaker {
  readonly done: Done[] = [];
  readonly #world: OwnWorld;
  readonly #buyers: Buyers;
  readonly #random: Random;
  #diskFull = 0;

  constructor(world: OwnWorld, buyers: Buyers, random: Random) {
    this.#world = world;
    this.#buyers = buyers;
    this.#random = random;
  }

  get kills(): number {
    return this.done.reduce((sum, one) => sum + one.kills, 0);
  }

  /** Does one fault; what it broke works again when this resolves. */
  async do(kind: FaultKind): Promise<void> {
    const { apis, workers, smtp, twilio } = this.#world;
    const random = this.#random;
    const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
    switch (kind) {
      case 'kill api':
        return this.#restart(kind, random.pick(apis));
      case 'kill worker':
        return this.#restart(kind, random.pick(workers));
      case 'kill at a failpoint':
        return this.#killAtPoint();
      case 'kill postgres':
        return this.#killPostgres();
      case 'kill a backend':
        return this.#killBackend();
      case 'cut':
      case 'delay':
      case 'stall':
        return this.#disturb(kind);
      case 'disk full':
        return this.#fillDisk();
      case 'clock':
        return this.#shiftClock();
      case 'mail':
        this.#note(kind, 'the mail server misbehaves');
        smtp.next(
          ...times(30, () =>
            random.pick(['greylist', 'drop_after_250', 'lose_250', { slowMilliseconds: 2_000 }] as const),
          ),
        );
        return;
      case 'sms':
        this.#note(kind, 'the SMS provider misbehaves');
        twilio.next(
          ...times(10, () => random.pick(['break', 'accept_in_silence', { rateLimitSeconds: 1 }] as const)),
        );
        return;
      case 'payments':
        return this.#disturbPayments();
      case 'slow clients':
        this.#note(kind, '40 connections that send a byte a second');
        return this.#buyers.dawdle(40, 5);
    }
  }

  #note(kind: FaultKind, detail: string, kills = 0): void {
    const stopsWrites = kind === 'kill postgres' || kind === 'kill a backend';
    this.done.push({ at: performance.now(), kind, detail, kills, stopsWrites });
  }

  async #restart(kind: FaultKind, seat: Seat): Promise<void> {
    this.#note(kind, seat.name, 1);
    await seat.kill();
    await sleep(this.#random.int(100, 1_500));
    await seat.start();
  }

  /** The process is started with its order, and dies of it under load. */
  async #killAtPoint(): Promise<void> {
    const [seats, points] = this.#random.chance(0.6)
      ? [this.#world.apis, apiPoints]
      : [this.#world.workers, workerPoints];
    const seat = this.#random.pick(seats);
    const point = this.#random.pick(points);
    await seat.stop();
    const started = await seat.start({ failpoints: `${point}=kill@${this.#random.int(1, 5)}` }).then(
      () => true,
      // It came to its point while it started.
      () => false,
    );
    const dies = async () => await seat.server!.died.catch(() => true);
    const isDead = !started || (await Promise.race([dies(), sleep(failpointWaitSeconds * 1_000, false)]));
    this.#note(
      'kill at a failpoint',
      `${seat.name} ${isDead ? 'at' : 'never came to'} "${point}"`,
      isDead ? 1 : 0,
    );
    await seat.kill();
    await seat.start();
  }

  /** PostgreSQL comes back by itself: whoever uses the embedded one starts it again. */
  async #killPostgres(): Promise<void> {
    const pid = postmasterOf(this.#world.postgres.folder);
    this.#note('kill postgres', `postmaster ${pid}`, 1);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await this.#untilDatabase();
  }

  async #killBackend(): Promise<void> {
    const { rows } = await this.#world.pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where application_name = 'taquilla' order by state = 'active' desc limit 1`,
    );
    const pid = rows[0]?.pid;
    this.#note(
      'kill a backend',
      pid === undefined ? 'there was none' : `backend ${pid}`,
      pid === undefined ? 0 : 1,
    );
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await this.#untilDatabase();
  }

  async #untilDatabase(): Promise<void> {
    const late = performance.now() + 60_000;
    for (;;) {
      await sleep(100);
      const isBack = await this.#world.pool.query('select 1').then(
        () => true,
        () => false,
      );
      if (isBack) return;
      if (performance.now() > late) throw new Error('PostgreSQL did not come back within 60 s');
    }
  }

  async #disturb(kind: 'cut' | 'delay' | 'stall'): Promise<void> {
    const { name, proxy } = this.#random.pick([...this.#world.apis, ...this.#world.workers]);
    this.#note(kind, `between ${name} and PostgreSQL`);
    if (kind === 'cut') return proxy.cut();
    if (kind === 'delay') proxy.delay(this.#random.int(50, 300));
    else proxy.stall(true);
    await sleep(this.#random.int(1_000, 4_000));
    proxy.delay(0);
    proxy.stall(false);
  }

  async #fillDisk(): Promise<void> {
    const { disk } = this.#world;
    if (!disk || ++this.#diskFull > diskFullMax) return;
    this.#note('disk full', 'for 2 s');
    disk.fill();
    await sleep(2_000);
    disk.free();
    await this.#untilDatabase();
  }

  async #shiftClock(): Promise<void> {
    const seat = this.#random.pick([...this.#world.apis, ...this.#world.workers]);
    const clockSeconds = this.#random.pick([-90, 90]);
    this.#note('clock', `${seat.name} by ${clockSeconds} s`);
    await seat.stop();
    await seat.start({ clockSeconds });
  }

  async #disturbPayments(): Promise<void> {
    const { stripe, apis } = this.#world;
    this.#note('payments', 'Stripe breaks, is silent, loses and repeats webhooks');
    stripe.next(
      ...Array.from({ length: 8 }, () => this.#random.pick(['break', 'accept_in_silence'] as const)),
    );
    stripe.setWebhooks('keep');
    await sleep(3_000);
    stripe.setWebhooks('send');
    stripe.sendTo(`http://127.0.0.1:${this.#random.pick(apis).port}`);
    // Some are lost for good; the others come twice, the last first.
    const kept = stripe.kept.splice(0).toReversed();
    for (const event of kept.filter(() => this.#random.chance(0.7))) {
      for (let times = 0; times < 2; times++) await stripe.deliver(event).catch(() => undefined);
    }
  }
}
