// The thread that works on what follows sales: what src/fulfilment/worker-thread.adapter.ts starts.
import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { receiverLinks } from '../admission/receiver-links.ts';
import { failpoints } from '../base/failpoint.ts';
import { systemClock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { createPool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import { TicketLooks } from '../fulfilment/ticket-look.store.ts';
import { openPressure } from '../fulfilment/pressure.ts';
import { openApns } from '../fulfilment/apns.adapter.ts';
import { openGoogleApi } from '../fulfilment/google-wallet.adapter.ts';
import { startPushingWallets } from '../fulfilment/push-wallets.job.ts';
import { readGoogleWallet, readPassKeys } from '../fulfilment/wallet-keys.adapter.ts';
import { startWorkers } from '../fulfilment/start-workers.job.ts';
import type { WorkerNews, WorkerOrder, WorkerSettings } from '../fulfilment/worker-thread.ts';
import { createOutboxMailer, createSmtpMailer, readSenderAddress } from '../notifications/mailer.adapter.ts';
import { unsubscribeUrl } from '../notifications/unsubscribe-code.ts';
import { openMessageWays } from '../notifications/message-ways.adapter.ts';
import { openTextChannels } from '../notifications/text-channels.adapter.ts';
import { saleLinks } from '../orders/sale-token.ts';
import { openQueue } from '../queue/queue.ts';
import { watchSpareMemory } from '../telemetry/spare-memory.ts';
import { createWebhookSender } from '../webhooks/webhook-sender.adapter.ts';
import { armFailpoints } from './arm-failpoints.ts';

const port = parentPort;
assert(port, 'this file runs as a thread');
const settings = workerData as WorkerSettings;
armFailpoints(settings.failOrders);
const { databaseUrl, secret, publicUrl, smtpUrl, mailFrom, bounceDomain, providers, wallets, pressureCell } =
  settings;

const tell = (news: WorkerNews) => port.postMessage(news);
const trouble = ({ err, ...fields }: Record<string, unknown>, message: string) =>
  tell({ kind: 'trouble', message, fields, error: err instanceof Error ? err : undefined });

// On Linux a priority belongs to a thread: when the processor is short, confirming goes first.
if (process.platform === 'linux') os.setPriority(15);

const pool = createPool({
  url: databaseUrl,
  size: limits.fulfilmentConnectionsMax,
  name: 'taquilla fulfilment',
  lockSecondsMax: limits.groupLockSecondsMax,
  statementSecondsMax: limits.statementSecondsMax,
  answerSecondsMax: limits.answerSecondsMax,
});
const queue = await openQueue({
  url: databaseUrl,
  worker: true,
  connectionsMax: limits.queueConnectionsMax,
  onError: (error) => trouble({ err: error }, 'the queue had an error; it goes on by itself'),
});
const ending = new AbortController();
const mailer =
  smtpUrl === undefined
    ? createOutboxMailer()
    : createSmtpMailer(smtpUrl, {
        secondsMax: limits.mailOutageSecondsMax,
        signal: ending.signal,
        onOutage: (reason) => trouble({ reason }, 'the mail server is away; mails wait for it'),
      });
const looks = new TicketLooks({ reader: reader(pool), clock: systemClock });
const webhookSender = createWebhookSender({ loopbackAllowed: settings.webhooksToLoopback });
const linksOf = (tenantId: number, transactionId: string) =>
  publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId);
const endWork = await startWorkers({
  pool,
  queue,
  webhookSender,
  unsubscribeUrlOf: (tenantId, transactionId) =>
    publicUrl === undefined ? null : unsubscribeUrl(secret, publicUrl, { tenantId, transactionId }),
  ways: openMessageWays({
    mailer,
    textChannels: openTextChannels(providers, systemClock),
    sender: readSenderAddress(mailFrom),
    lookOf: (key) => looks.lookOf(key),
    returnPaths: bounceDomain === undefined ? undefined : { domain: bounceDomain, secret },
    publicUrl,
    linksOf,
  }),
  linksOf,
  receiverLinksOf: (key) => (publicUrl === undefined ? null : receiverLinks(secret, publicUrl, key)),
  clock: systemClock,
  turn: openPressure(pressureCell).turn,
  log: { warn: trouble, error: trouble },
  onBatch: (batch) => tell({ kind: 'batch', ...batch }),
  onMessage: ({ key, state }) => tell({ kind: 'message', channel: key.channel, message: key.kind, state }),
  random: Math.random,
});

const { applePass, googleWallet, services } = wallets;
const google = googleWallet && (await readGoogleWallet(googleWallet.issuerId, googleWallet.keyFile));
const endPushing = startPushingWallets({
  pool,
  clock: systemClock,
  apns: applePass && openApns(services.apnsUrl, await readPassKeys(applePass)),
  google: google && {
    api: openGoogleApi(services.googleApiUrl, google, systemClock),
    issuerId: google.issuerId,
  },
  log: { warn: trouble, error: trouble },
});

const endWatch = watchSpareMemory(
  () => tell({ kind: 'memory_released' }),
  (err) => trouble({ err }, 'memory was not given back'),
);

async function stop({ timeoutSeconds }: WorkerOrder): Promise<void> {
  endWatch();
  await endPushing();
  ending.abort();
  await endWork(timeoutSeconds);
  mailer.close();
  await webhookSender.close();
  await pool.end();
  port?.close();
}

if (failpoints) await failpoints.reach('thread ready');
port.on('message', (order: WorkerOrder) => void stop(order));
tell({ kind: 'ready' });
