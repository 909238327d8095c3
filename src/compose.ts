import type { Clock, IdSource } from './base/ids.ts';
import { limits } from './base/limits.ts';
import { Exchanger } from './cancellation/exchange-places.job.ts';
import { Repayer } from './cancellation/pay-back-refunds.job.ts';
import { EventRefunder } from './cancellation/refund-events.job.ts';
import { Refunder } from './cancellation/refund-sales.job.ts';
import { EventCache } from './catalog/event-cache.ts';
import { Checkout, type CommittedSale } from './checkout/checkout.ts';
import { NumberBlocks } from './checkout/number-blocks.ts';
import { sampleSeriesHeld } from './checkout/series-held.store.ts';
import type { Config } from './config.ts';
import { LockWaits } from './db/lock-waits.ts';
import { createNotices } from './db/notices.ts';
import { createPool, type Pool } from './db/pool.ts';
import { sharedSecret } from './db/server-secret.store.ts';
import { reader, transact } from './db/transaction.ts';
import { rollDays } from './fiscal/roll-days.job.ts';
import type { PassKeys } from './fulfilment/apple-pass.ts';
import { startFulfilment } from './fulfilment/start-fulfilment.job.ts';
import { TicketLooks } from './fulfilment/ticket-look.store.ts';
import { makeTestPassKeys } from './fulfilment/test-pass-keys.ts';
import { readGoogleWallet, readPassKeys } from './fulfilment/wallet-keys.adapter.ts';
import { ClientHolds } from './holds/client-holds.ts';
import type { HoldPolicy } from './holds/hold.ts';
import { Holds } from './holds/holds.ts';
import { createDrain } from './http/drain.ts';
import { mountRoutes } from './http/routes.ts';
import { buildServer } from './http/server.ts';
import { createStreams } from './http/sse.ts';
import { createProgressHub } from './progress/progress-hub.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { createAuth } from './identity/better-auth.adapter.ts';
import { createInvitationSender } from './identity/invitation-mail.ts';
import { sweepSessions } from './identity/session.store.ts';
import { startBounceReceiver, type BounceReceiver } from './notifications/bounce-receiver.adapter.ts';
import { recordStatuses } from './notifications/message-status.store.ts';
import { createOutboxMailer, createSmtpMailer, readSenderAddress } from './notifications/mailer.adapter.ts';
import { createRefundTeller } from './notifications/send-refund.job.ts';
import { saleLinks } from './orders/sale-token.ts';
import { PaymentIntents } from './payments/payment-intents.ts';
import { counterMethods, paymentMethods } from './payments/payment.ts';
import type { PaymentProvider } from './payments/payment-provider.ts';
import { PaymentReconciler } from './payments/reconcile-payments.job.ts';
import { PaymentSettler } from './payments/settle-payments.job.ts';
import { createStripe } from './payments/stripe.adapter.ts';
import { Tills } from './tills/tills.ts';
import { watchEventLoop } from './telemetry/event-loop.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

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
};

/** A running process. */
export type Taquilla = {
  /** Where its API listens; absent in a process that only works. */
  url: string | undefined;
  /** Where it takes mails that came back; absent when it takes none. */
  bouncePort: number | undefined;
  /** Finishes what has begun, then ends everything. @returns false when something had to be cut off. */
  stop(): Promise<boolean>;
};

/** Where this machine reaches the shop, when no public address is configured and the port is known. */
function localUrl({ host, port }: Config): string | undefined {
  return port === 0 ? undefined : `http://${host}:${port}`;
}

type Parts = Awaited<ReturnType<typeof createParts>>;

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
};

/** What holds places, sells them, and does what follows. */
async function createSelling(options: TaquillaOptions, ground: Ground) {
  const { config, databaseUrl, roles, clock, ids, logger } = options;
  const { pool, lockWaits, secret, metrics, events, blocks } = ground;
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
      for (const outcome of outcomes) metrics.orders.inc({ outcome });
    },
  });
  return { policy, clientHolds, holds, fulfilment, checkout };
}

/** Builds everything that a process has, from the bottom up: who gets what can be read here. */
async function createParts(options: TaquillaOptions) {
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
  const selling = await createSelling(options, { pool, lockWaits, secret, metrics, events, blocks });
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
    secret,
    metrics,
    notices,
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

function measure({ metrics, pool, lockWaits, checkout, holds, streams }: Parts): void {
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

/** Repeats work for as long as the process lives, one run at a time. @returns what ends it, after the last run. */
function repeat(
  seconds: number,
  work: () => Promise<unknown>,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = work()
      .then(() => undefined, onError)
      .finally(() => (busy = false));
  }, seconds * 1000);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** What orders need whose money comes later. */
function createPayments({ config, clock, ids, logger }: TaquillaOptions, parts: Parts) {
  const { pool, events, holds, checkout, secret } = parts;
  const provider = config.stripe && createStripe(config.stripe);
  const settler = new PaymentSettler({ pool, events, holds, checkout, provider, log: logger });
  const intents = new PaymentIntents({
    pool,
    events,
    holds,
    checkout,
    provider,
    clock,
    ids,
    cardSeconds: config.cardPaymentSeconds,
    reportedSeconds: config.reportedPaymentSeconds,
    pursue: (key) => settler.pursue(key),
  });
  const mailer = config.smtpUrl === undefined ? createOutboxMailer() : createSmtpMailer(config.smtpUrl);
  const publicUrl = config.publicUrl ?? localUrl(config);
  const reconciler = new PaymentReconciler({
    pool,
    clock,
    provider,
    intents,
    settler,
    tell: createRefundTeller({
      pool,
      clock,
      mailer,
      sender: readSenderAddress(config.mailFrom),
      linksOf: (tenantId, transactionId) =>
        publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId),
    }),
    askSeconds: config.paymentAskSeconds,
    log: logger,
  });
  return {
    stripe: provider,
    paymentMethods: provider ? paymentMethods : counterMethods,
    intents,
    reconciler,
    closeMailer: () => mailer.close(),
  };
}

/** How what was sold is undone, and its money goes back. */
function createUndoing(
  { config, clock, logger: log }: TaquillaOptions,
  { pool, events, checkout, secret, onError }: Parts,
  provider: PaymentProvider | undefined,
) {
  const publicUrl = config.publicUrl ?? localUrl(config);
  const repayer = new Repayer({ pool, provider, log });
  const refunder = new Refunder({
    pool,
    events,
    clock,
    linksOf: (tenantId, transactionId) =>
      publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId),
    payBack: (sale) => void repayer.payBack(sale).catch(onError),
  });
  const exchanger = new Exchanger({ pool, checkout, refunder, log });
  const eventRefunder = new EventRefunder({ pool, clock, refunder, log });
  let stopping = false;
  const ends = [
    repeat(limits.undoingSweepSeconds, () => repayer.payBack(), onError),
    repeat(limits.undoingSweepSeconds, () => exchanger.sweep(), onError),
    repeat(
      limits.undoingSweepSeconds,
      async () => {
        while (!stopping && (await eventRefunder.walkPage())) continue;
      },
      onError,
    ),
  ];
  return {
    refunder,
    exchanger,
    async stop() {
      stopping = true;
      await Promise.all(ends.map((end) => end()));
    },
  };
}

/** What signs staff in and tells who asks. */
function createIdentity({ config, clock, ids }: TaquillaOptions, { pool, secret, onError }: Parts) {
  const https = config.publicUrl?.startsWith('https:') ?? false;
  const auth = createAuth({ pool, clock, ids, secret, https, onError });
  const mailer = config.smtpUrl === undefined ? undefined : createSmtpMailer(config.smtpUrl);
  return {
    auth,
    authenticate: createAuthenticator({ pool, reader: reader(pool), auth, clock }),
    sendInvitation: createInvitationSender(mailer, {
      address: readSenderAddress(config.mailFrom),
      publicUrl: config.publicUrl ?? localUrl(config),
    }),
    close: () => mailer?.close(),
  };
}

/** Takes mails that came back, where that is configured. */
async function startBounces({ config, logger }: TaquillaOptions, { pool, secret, onError }: Parts) {
  if (!config.bounces) return undefined;
  return await startBounceReceiver({
    ...config.bounces,
    host: config.host,
    secret,
    async onBounce(key, reason) {
      const report = { key, state: 'bounced', reason, providerId: null } as const;
      const count = await transact(pool, (tx) => recordStatuses(tx, null, [report]));
      logger.info({ ...key, known: count === 0 }, 'a mail came back');
    },
    onError,
  });
}

async function startApi(
  options: TaquillaOptions,
  parts: Parts,
  payments: ReturnType<typeof createPayments>,
  undoing: ReturnType<typeof createUndoing>,
): Promise<{ url: string; stop(): Promise<boolean> }> {
  const { config, clock, ids } = options;
  const { pool, drain, streams } = parts;
  const identity = createIdentity(options, parts);
  const { events, holds, onError } = parts;
  const handOver = (sales: CommittedSale[]) => parts.fulfilment.handOver(sales);
  const tills = new Tills({ pool, events, holds, clock, ids, handOver, onError });
  const app = buildServer({
    logger: options.logger,
    metrics: parts.metrics,
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    version: options.version,
    shopDir: options.shopDir,
    isDraining: () => drain.started,
    mount: (scope) =>
      mountRoutes(scope, {
        ...parts,
        ...identity,
        isSaturated: () => parts.eventLoop.isSaturated(),
        ...payments,
        refunder: undoing.refunder,
        exchanger: undoing.exchanger,
        tills,
        clock,
        ids,
        reader: reader(pool),
        publicUrl: config.publicUrl,
        holdsPerClientMax: config.holdsPerClientMax,
        holdsPerAddressMax: config.holdsPerAddressMax,
        outbox: config.smtpUrl === undefined,
        loopbackAllowed: config.webhooksToLoopback,
        callbacks: {
          twilioAuthToken: config.twilio?.authToken,
          metaAppSecret: config.meta?.appSecret,
          metaVerifyToken: config.meta?.verifyToken,
        },
        checks: [
          {
            name: 'serving',
            check() {
              if (drain.started) throw new Error('this process is shutting down');
            },
          },
          { name: 'database', check: async () => void (await pool.query('select 1')) },
        ],
      }),
  });
  drain.watch(app);
  const url = await app.listen({ host: config.host, port: config.port });
  const { drainDelaySeconds: delaySeconds, drainSeconds: limitSeconds } = config;
  return {
    url,
    stop: () => drain.run(app, streams, { delaySeconds, limitSeconds }).finally(identity.close),
  };
}

/**
 * Starts a process: API, worker, or both, on a database that is migrated.
 * @throws when the port is taken or the database cannot be reached; nothing is left running then.
 */
export async function startTaquilla(options: TaquillaOptions): Promise<Taquilla> {
  const parts = await createParts(options);
  const { pool, events, holds, clientHolds, blocks, fulfilment, notices, onError } = parts;
  measure(parts);
  await events.start();
  const endSweep = repeat(limits.sweepSeconds, () => holds.sweepExpired(), onError);
  const endRenewals = repeat(limits.fiscalRenewSeconds, () => blocks.renewAndSweep(), onError);
  const endForget = repeat(
    limits.identitySweepSeconds,
    () => transact(pool, (tx) => sweepSessions(tx, options.clock.now())),
    onError,
  );
  const endRolling = repeat(limits.fiscalDaySweepSeconds, () => rollDays(pool, onError), onError);
  const payments = createPayments(options, parts);
  const endReconciling = repeat(limits.paymentSweepSeconds, () => payments.reconciler.reconcile(), onError);
  const undoing = createUndoing(options, parts, payments.stripe);
  const endPrune = repeat(60, async () => clientHolds.prune(Date.now()), onError);
  let bounces: BounceReceiver | undefined;
  const end = async () => {
    parts.eventLoop.stop();
    await bounces?.close();
    await endReconciling();
    await undoing.stop();
    payments.closeMailer();
    await endPrune();
    await endRolling();
    await endForget();
    await endSweep();
    await endRenewals();
    await blocks.stop();
    await fulfilment.stop(options.config.drainSeconds);
    await events.stop();
    await notices.close();
    await pool.end();
  };
  if (!options.roles.api)
    return { url: undefined, bouncePort: undefined, stop: () => end().then(() => true) };
  try {
    bounces = await startBounces(options, parts);
    const api = await startApi(options, parts, payments, undoing);
    return {
      url: api.url,
      bouncePort: bounces?.port,
      async stop() {
        const inTime = await api.stop();
        await end();
        return inTime;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
