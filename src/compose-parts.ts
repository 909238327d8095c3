import type { Clock, IdSource } from './base/ids.ts';
import { limits } from './base/limits.ts';
import { EventCache } from './catalog/event-cache.ts';
import { Checkout } from './checkout/checkout.ts';
import { NumberBlocks } from './checkout/number-blocks.ts';
import { sampleSeriesHeld } from './checkout/series-held.store.ts';
import type { Config } from './config.ts';
import { LockWaits } from './db/lock-waits.ts';
import { createNotices } from './db/notices.ts';
import { createPool, type Pool } from './db/pool.ts';
import { sharedSecret } from './db/server-secret.store.ts';
import { reader, transact } from './db/transaction.ts';
import type { PassKeys } from './fulfilment/apple-pass.ts';
import { startFulfilment } from './fulfilment/start-fulfilment.job.ts';
import { TicketLooks } from './fulfilment/ticket-look.store.ts';
import { makeTestPassKeys } from './fulfilment/test-pass-keys.ts';
import { readGoogleWallet, readPassKeys } from './fulfilment/wallet-keys.adapter.ts';
import { ClientHolds } from './holds/client-holds.ts';
import type { HoldPolicy } from './holds/hold.ts';
import { Holds } from './holds/holds.ts';
import { createDrain } from './http/drain.ts';
import { createStreams } from './http/sse.ts';
import { ChangeHub } from './progress/change-hub.ts';
import { createProgressHub } from './progress/progress-hub.ts';
import { watchEventLoop } from './telemetry/event-loop.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { watchSpareMemory } from './telemetry/spare-memory.ts';
import { ServiceMeter } from './telemetry/service-reading.ts';

/** Which parts this process runs. */
export type Roles = { api: boolean; worker: boolean };

export type TaquillaOptions = {
  config: Config;
  databaseUrl: string;
  roles: Roles;
  clock: Clock;
  ids: IdSource;
  logger: Logger;
  version: string;
  shopDir: string | undefined;
  doorDir: string | undefined;
  consoleDir: string | undefined;
};

/** Where this machine reaches the shop, when no public address is configured and the port is known. */
export function localUrl({ host, port }: Config): string | undefined {
  return port === 0 ? undefined : `http://${host}:${port}`;
}

/** What a process is made of. */
export type Parts = Awaited<ReturnType<typeof createParts>>;

/**
 * What wallet passes are signed with. Without Apple's keys there are some to try with, made when they are first used.
 * @throws Error that names the setting of a file that cannot be used.
 */
async function openWallets({ config, clock }: TaquillaOptions) {
  const { applePass, googleWallet: google } = config;
  const apple = applePass && (await readPassKeys(applePass));
  let trial: PassKeys | undefined;
  return {
    passKeys: () => apple ?? (trial ??= makeTestPassKeys(clock.now())),
    googleWallet: google && (await readGoogleWallet(google.issuerId, google.keyFile)),
    wallets: { apple: apple !== undefined, google: google !== undefined },
  };
}

type Ground = {
  pool: Pool;
  lockWaits: LockWaits;
  secret: string;
  metrics: Metrics;
  events: EventCache;
  blocks: NumberBlocks;
  meter: ServiceMeter;
};

/** What holds places, sells them, and does what follows. */
async function createSelling(options: TaquillaOptions, ground: Ground) {
  const { config, databaseUrl, roles, clock, ids, logger } = options;
  const { pool, lockWaits, secret, metrics, events, blocks, meter } = ground;
  const policy: HoldPolicy = {
    ttlSeconds: config.holdTtlSeconds,
    extensionSeconds: limits.holdExtensionSeconds,
    extensionsMax: limits.holdExtensionsMax,
  };
  const clientHolds = new ClientHolds();
  const holds = new Holds({
    pool,
    lockWaits,
    events,
    clock,
    ids,
    policy,
    onGroup(kind, requests, milliseconds) {
      metrics.groupOrders.observe({ kind }, requests);
      metrics.groupSeconds.observe({ kind }, milliseconds / 1000);
    },
  });
  const fulfilment = await startFulfilment({
    databaseUrl,
    logger,
    metrics,
    secret,
    smtpUrl: config.smtpUrl,
    mailFrom: config.mailFrom,
    bounceDomain: config.bounces?.domain,
    providers: { twilio: config.twilio, meta: config.meta, callbacksUrl: config.publicUrl },
    wallets: {
      applePass: config.applePass,
      googleWallet: config.googleWallet,
      services: config.walletServices,
    },
    publicUrl: config.publicUrl ?? localUrl(config),
    webhooksToLoopback: config.webhooksToLoopback,
    failOrders: config.failOrders,
    work: roles.worker,
  });
  const sampleSeries = sampleSeriesHeld(reader(pool), (seconds) =>
    metrics.seriesHeldSeconds.observe(seconds),
  );
  const checkout = new Checkout({
    pool,
    lockWaits,
    events,
    clientHolds,
    clock,
    ids,
    blocks,
    handOver(sales) {
      sampleSeries(sales[0]!);
      fulfilment.handOver(sales);
    },
    onGroup: (outcomes, milliseconds) => {
      fulfilment.pressure.note(outcomes.length);
      metrics.groupOrders.observe({ kind: 'confirm' }, outcomes.length);
      metrics.groupSeconds.observe({ kind: 'confirm' }, milliseconds / 1000);
      meter.noteGroup(milliseconds / 1000);
      for (const outcome of outcomes) metrics.orders.inc({ outcome });
    },
  });
  return { policy, clientHolds, holds, fulfilment, checkout };
}

/** Builds everything that a process has, from the bottom up: who gets what can be read here. */
export async function createParts(options: TaquillaOptions) {
  const { config, databaseUrl, logger } = options;
  // First, while nothing is open yet that a fault would leave behind.
  const wallets = await openWallets(options);
  const onError = (error: unknown) =>
    logger.error({ err: error }, 'background work failed; it goes on by itself');
  const pool = createPool({
    url: databaseUrl,
    size: config.dbPoolSize,
    name: 'taquilla',
    lockSecondsMax: limits.groupLockSecondsMax,
    statementSecondsMax: limits.statementSecondsMax,
    answerSecondsMax: limits.answerSecondsMax,
  });
  const lockWaits = new LockWaits(config.dbPoolSize);
  const secret = config.secret ?? (await transact(pool, (tx) => sharedSecret(tx, 'sale_links')));
  const metrics = createMetrics();
  const notices = createNotices({ url: databaseUrl, pool });
  const events = new EventCache({ reader: reader(pool), notices, onError });
  const blocks = new NumberBlocks({
    pool,
    holderId: options.ids.uuid(),
    onError,
    onLease: () => metrics.fiscalBlocks.inc(),
  });
  const meter = new ServiceMeter(() => options.clock.now());
  const ground = { pool, lockWaits, secret, metrics, events, blocks, meter };
  const selling = await createSelling(options, ground);
  const progress = createProgressHub({ notices, reader: reader(pool), onError });
  const streams = createStreams({
    max: limits.streamsPerProcessMax,
    pingSeconds: limits.streamPingSeconds,
    bufferedBytesMax: limits.streamBufferedBytesMax,
    behindSecondsMax: limits.streamBehindSecondsMax,
  });
  const drain = createDrain();
  const ticketLooks = new TicketLooks({ reader: reader(pool), clock: options.clock });
  return {
    ...wallets,
    pool,
    lockWaits,
    eventLoop: watchEventLoop(),
    endMemoryWatch: watchSpareMemory(() => metrics.memoryReleases.inc({ thread: 'server' }), onError),
    secret,
    metrics,
    meter,
    notices,
    changes: new ChangeHub({ notices, onError }),
    events,
    ...selling,
    blocks,
    progress,
    ticketLooks,
    streams,
    drain,
    onError,
  };
}

/** Shows what the parts say of themselves. */
export function measure({ metrics, pool, lockWaits, checkout, holds, streams }: Parts): void {
  metrics.gauge('orders_waiting', 'Confirmations that wait for their group', () => checkout.waiting);
  metrics.gauge('holds_waiting', 'Hold requests that wait for their group', () => holds.waiting);
  metrics.gauge(
    'lanes_blocked',
    'Lanes that have met a lock and try again in a share of the connections',
    () => lockWaits.blocked,
  );
  metrics.gauge('streams_open', 'Event streams that are open', () => streams.count);
  metrics.gauge('connections_open', 'Database connections of the API', () => pool.totalCount);
  metrics.gauge('connections_in_use', 'Database connections that are working', () => pool.inUse);
  metrics.gauge(
    'connections_waiting',
    'Requests that wait for a database connection',
    () => pool.waitingCount,
  );
}
