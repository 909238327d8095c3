import { limits } from './base/limits.ts';
import { type CommittedSale } from './checkout/checkout.ts';
import { reader, transact } from './db/transaction.ts';
import { rollDays } from './fiscal/roll-days.job.ts';
import { startReadings } from './http/readings-server.ts';
import { mountRoutes, type ReadingsDeps } from './http/routes.ts';
import { buildServer } from './http/server.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { createAuth } from './identity/better-auth.adapter.ts';
import { createInvitationSender } from './identity/invitation-mail.ts';
import { createPasswordResetSender } from './identity/password-reset-mail.ts';
import { sweepSessions } from './identity/session.store.ts';
import { startBounceReceiver, type BounceReceiver } from './notifications/bounce-receiver.adapter.ts';
import { recordStatuses } from './notifications/message-status.store.ts';
import { createSmtpMailer, readSenderAddress } from './notifications/mailer.adapter.ts';
import { Tills } from './tills/tills.ts';
import { keepReadings } from './telemetry/service-reading.store.ts';
import { repeat } from './base/repeat.ts';
import { createPayments, createUndoing } from './compose-money.ts';
import { createParts, localUrl, measure, type Parts, type TaquillaOptions } from './compose-parts.ts';

/** A running process. */
export type Taquilla = {
  /** Where its API listens; of a process that only works, where it shows its readings, if anywhere. */
  url: string | undefined;
  /** Where it takes mails that came back; absent when it takes none. */
  bouncePort: number | undefined;
  /** Finishes what has begun, then ends everything. @returns false when something had to be cut off. */
  stop(): Promise<boolean>;
};

/** What signs staff in and tells who asks. */
function createIdentity({ config, clock, ids }: TaquillaOptions, { pool, secret, onError }: Parts) {
  const https = config.publicUrl?.startsWith('https:') ?? false;
  const auth = createAuth({ pool, clock, ids, secret, https, onError });
  const mailer = config.smtpUrl === undefined ? undefined : createSmtpMailer(config.smtpUrl);
  const sender = {
    address: readSenderAddress(config.mailFrom),
    publicUrl: config.publicUrl ?? localUrl(config),
  };
  return {
    auth,
    authenticate: createAuthenticator({ pool, reader: reader(pool), auth, clock }),
    sendInvitation: createInvitationSender(mailer, sender),
    sendPasswordReset: createPasswordResetSender(mailer, sender),
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

/** What must hold for a process to be ready. */
function readinessChecks({ pool, drain }: Parts): ReadingsDeps['checks'] {
  return [
    {
      name: 'serving',
      check() {
        if (drain.started) throw new Error('this process is shutting down');
      },
    },
    { name: 'database', check: async () => void (await pool.query('select 1')) },
  ];
}

/** Reads how the process serves, minute by minute. @returns what ends it, after what was read last is written. */
function readService({ clock, ids }: TaquillaOptions, parts: Parts): () => Promise<void> {
  const { pool, meter, checkout, holds, fulfilment, onError } = parts;
  const processId = ids.uuid();
  let steps = 0;
  const sample = () =>
    meter.noteWaiting({
      orders: checkout.waiting,
      holds: holds.waiting,
      connections: pool.waitingCount,
      steps,
    });
  const keep = async (all: boolean) => {
    await keepReadings(pool, processId, meter, { now: clock.now(), all });
    steps = await fulfilment.stepsWaiting();
  };
  const ends = [
    repeat(limits.serviceSampleSeconds, () => Promise.resolve(sample()), onError),
    repeat(limits.serviceKeepSeconds, () => keep(false), onError),
  ];
  return async () => {
    await Promise.all(ends.map((end) => end()));
    await keep(true).catch(onError);
  };
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
    meter: parts.meter,
    trustProxy: config.trustProxy,
    publicUrl: config.publicUrl,
    version: options.version,
    shopDir: options.shopDir,
    doorDir: options.doorDir,
    consoleDir: options.consoleDir,
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
        checks: readinessChecks(parts),
      }),
  });
  drain.watch(app);
  const url = await app.listen({ host: config.host, port: config.port });
  const endReading = readService(options, parts);
  const { drainDelaySeconds: delaySeconds, drainSeconds: limitSeconds } = config;
  return {
    url,
    async stop() {
      try {
        return await drain.run(app, streams, { delaySeconds, limitSeconds });
      } finally {
        await endReading();
        identity.close();
      }
    },
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
  const endPlans = repeat(limits.paymentSweepSeconds, payments.reconcilePlans, onError);
  const endTelling = repeat(limits.planTellSeconds, payments.tellPlanBuyers, onError);
  const undoing = createUndoing(options, parts, payments.stripe);
  const endPrune = repeat(60, async () => clientHolds.prune(Date.now()), onError);
  let bounces: BounceReceiver | undefined;
  const end = async () => {
    parts.eventLoop.stop();
    await bounces?.close();
    parts.endMemoryWatch();
    await endReconciling();
    await endPlans();
    await endTelling();
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
  try {
    if (!options.roles.api) {
      const readings = await startReadings({
        ...options,
        ...options.config,
        ...parts,
        checks: readinessChecks(parts),
      });
      const stop = () => end().then(readings?.stop);
      return { url: readings?.url, bouncePort: undefined, stop: () => stop().then(() => true) };
    }
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
