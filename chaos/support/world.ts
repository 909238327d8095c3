import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPostgres, type BenchServer } from '../../bench/support/postgres.ts';
import type { Scope } from '../../bench/support/scope.ts';
import { freePort, startServer, type Role, type Server } from '../../bench/support/server.ts';
import { createHalls, createSellers, type Hall } from '../../bench/support/hall.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { setNumbering } from '../../src/fiscal/fiscal-series.store.ts';
import { startSmtpFake, type SmtpFake } from '../../test/support/fakes/smtp.ts';
import { startStripeFake, type StripeFake } from '../../test/support/fakes/stripe.ts';
import { startTwilioFake, type TwilioFake } from '../../test/support/fakes/twilio.ts';
import { createMailLog, type MailLog } from './mail-log.ts';
import { mountSmallDisk, type SmallDisk } from './disk.ts';
import { startProxy, type Proxy } from './proxy.ts';

const diskMegabytes = 1_500;
const startSecondsMax = 60;
const restartMilliseconds = 500;
const holdSeconds = 20;
export const cardPaymentSeconds = 15;

/** What a process is started with beside what all are. */
export type Extras = { failpoints?: string; clockSeconds?: number };

/** One process of Taquilla, which can be killed and started again. */
export class Seat {
  readonly name: string;
  readonly role: Role;
  /** Where its API listens. */
  readonly port: number;
  readonly proxy: Proxy;
  readonly #start: (seat: Seat, extras: Extras) => Promise<Server>;
  server: Server | undefined;
  /** Ends that nobody ordered, with the end of the log. */
  readonly deaths: string[] = [];

  constructor(
    name: string,
    role: Role,
    port: number,
    proxy: Proxy,
    start: (seat: Seat, extras: Extras) => Promise<Server>,
  ) {
    this.name = name;
    this.role = role;
    this.port = port;
    this.proxy = proxy;
    this.#start = start;
  }

  /** Starts it, again and again while the database is away, as whoever looks after processes does. */
  async start(extras: Extras = {}): Promise<void> {
    const late = performance.now() + startSecondsMax * 1_000;
    for (;;) {
      try {
        const server = await this.#start(this, extras);
        this.server = server;
        if (extras.failpoints === undefined)
          server.died.catch((error: unknown) => this.#revive(server, error));
        return;
      } catch (error) {
        if (extras.failpoints !== undefined || performance.now() > late) throw error;
        await sleep(restartMilliseconds);
      }
    }
  }

  #revive(server: Server, error: unknown): void {
    this.deaths.push(`${this.name}: ${(error as Error).message}`);
    if (this.server === server) void this.start().catch(() => {});
  }

  async kill(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await server?.kill();
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await server?.stop();
  }
}

/** A database that is migrated, and a pool of the run's own to it. */
type Database = { databaseUrl: string; pool: Pool };

/** Everything that a run looks at. */
export type World = Database & {
  apis: Seat[];
  workers: Seat[];
  smtp: SmtpFake;
  mails: MailLog;
  twilio: TwilioFake;
  stripe: StripeFake;
  /** The first seller numbers strictly, the second by blocks. */
  halls: Hall[];
};

/** A world whose PostgreSQL is a process of the run's own, on a small disk where there may be one. */
export type OwnWorld = World & { postgres: BenchServer; disk: SmallDisk | undefined };

/** The process id of the PostgreSQL whose data is somewhere under a folder; undefined while it is down. */
export function postmasterOf(folder: string): number | undefined {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (path.basename(entry) !== 'postmaster.pid') continue;
    try {
      return Number(readFileSync(path.join(folder, entry), 'utf8').split('\n', 1)[0]);
    } catch {
      return undefined;
    }
  }
  return undefined;
}

async function openDatabase(scope: Scope) {
  const disk = mountSmallDisk(diskMegabytes);
  if (disk) {
    scope.defer(() => disk.remove());
    process.env['TMPDIR'] = disk.folder;
  }
  // A small log, so that the disk of the run may be small.
  const postgres = await openPostgres(undefined, { min_wal_size: '64MB', max_wal_size: '256MB' });
  scope.defer(() => postgres.stop());
  const databaseUrl = await postgres.createDatabase('chaos');
  const pool = createPool({ url: databaseUrl, size: 6, name: 'taquilla chaos' });
  scope.defer(() => pool.end());
  return { disk, postgres, databaseUrl, pool };
}

async function openFakes(scope: Scope) {
  const [smtp, twilio, stripe] = await Promise.all([startSmtpFake(), startTwilioFake(), startStripeFake()]);
  scope.defer(() => stripe.stop());
  scope.defer(() => twilio.stop());
  scope.defer(() => smtp.stop());
  const mails = createMailLog(smtp);
  scope.defer(() => mails.stop());
  return { smtp, mails, twilio, stripe };
}

async function sell(pool: Pool, seats: number): Promise<Hall[]> {
  const sellers = await createSellers(pool, 2);
  await transact(pool, (tx) =>
    setNumbering(tx, { tenantId: sellers[1]!, seriesId: 1 }, { numbering: 'preallocated', blockSize: 20 }),
  );
  const halls = [];
  for (const tenantId of sellers) halls.push(...(await createHalls(pool, tenantId, { seats })));
  return halls;
}

/** Raises the system on a PostgreSQL of its own, with its outer world, and starts nothing of ours yet. */
export async function createWorld(scope: Scope, seats: number, logFolder: string): Promise<OwnWorld> {
  const database = await openDatabase(scope);
  return { ...database, ...(await createWorldOn(database, scope, seats, logFolder)) };
}

/** The same on a database that is there. */
export async function createWorldOn(
  database: Database,
  scope: Scope,
  seats: number,
  logFolder: string,
): Promise<World> {
  rmSync(logFolder, { recursive: true, force: true });
  mkdirSync(logFolder, { recursive: true });
  const { databaseUrl, pool } = database;
  const fakes = await openFakes(scope);
  const { smtp, twilio, stripe } = fakes;
  const databasePort = Number(new URL(databaseUrl).port);
  const ports = [await freePort(), await freePort()];
  const env = {
    ...stripe.env,
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_SMS_FROM: '+15005550006',
    TWILIO_API_URL: twilio.url,
    PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
    TAQUILLA_SECRET: 's'.repeat(32),
    HOLD_TTL_SECONDS: String(holdSeconds),
    HOLDS_PER_CLIENT_MAX: '1000000',
    HOLDS_PER_ADDRESS_MAX: '1000000',
    CARD_PAYMENT_SECONDS: String(cardPaymentSeconds),
    PAYMENT_ASK_SECONDS: '2',
    LOG_LEVEL: 'warn',
  };
  const start = (seat: Seat, { failpoints, clockSeconds }: Extras) => {
    const url = new URL(databaseUrl);
    url.port = String(seat.proxy.port);
    return startServer({
      databaseUrl: url.href,
      smtpPort: Number(new URL(smtp.url).port),
      folder: logFolder,
      name: seat.name,
      role: seat.role,
      port: seat.port,
      preload: path.join(import.meta.dirname, 'shifted-clock.ts'),
      env: {
        ...env,
        ...(failpoints !== undefined && { TAQUILLA_FAILPOINTS: failpoints }),
        ...(clockSeconds !== undefined && { CHAOS_CLOCK_SECONDS: String(clockSeconds) }),
      },
    });
  };
  const seatOf = async (name: string, role: Role, port: number) => {
    const proxy = await startProxy(databasePort);
    scope.defer(() => proxy.stop());
    const seat = new Seat(name, role, port, proxy, start);
    scope.defer(() => seat.stop());
    return seat;
  };
  stripe.sendTo(`http://127.0.0.1:${ports[0]}`);
  return {
    databaseUrl,
    pool,
    ...fakes,
    apis: [await seatOf('api1', 'api', ports[0]!), await seatOf('api2', 'api', ports[1]!)],
    workers: [await seatOf('work1', 'work', 0), await seatOf('work2', 'work', 0)],
    halls: await sell(pool, seats),
  };
}
