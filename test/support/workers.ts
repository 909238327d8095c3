import { setImmediate } from 'node:timers/promises';
import { receiverLinks } from '../../src/admission/receiver-links.ts';
import { systemClock } from '../../src/base/ids.ts';
import { createPool } from '../../src/db/pool.ts';
import { reader } from '../../src/db/transaction.ts';
import { TicketLooks } from '../../src/fulfilment/ticket-look.store.ts';
import { startWorkers } from '../../src/fulfilment/start-workers.job.ts';
import { createOutboxMailer } from '../../src/notifications/mailer.adapter.ts';
import { openMessageWays } from '../../src/notifications/message-ways.adapter.ts';
import type { TextChannels } from '../../src/notifications/text-channels.adapter.ts';
import { unsubscribeUrl } from '../../src/notifications/unsubscribe-code.ts';
import type { Mailer } from '../../src/notifications/message.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { openQueue, type Queue } from '../../src/queue/queue.ts';
import { createWebhookSender } from '../../src/webhooks/webhook-sender.adapter.ts';

export const testSecret = 'a secret of tests, of at least 32 characters';
export const testPublicUrl = 'https://tickets.example';

export type TestWorkers = {
  queue: Queue;
  /** What went wrong so far. */
  troubles: string[];
  stop(): Promise<void>;
};

/** Starts the workers of the system on a database, without its server. */
export async function startTestWorkers(
  url: string,
  mailer: Mailer = createOutboxMailer(),
  textChannels: TextChannels = {},
  options: { pollSeconds?: number } = {},
): Promise<TestWorkers> {
  const troubles: string[] = [];
  const note = (fields: Record<string, unknown>, message: string) =>
    troubles.push(`${message}: ${String(fields['err'])}`);
  const pool = createPool({ url, size: 6, name: 'test workers' });
  const queue = await openQueue({
    url,
    worker: true,
    connectionsMax: 4,
    ...options,
    onError: (err) => note({ err }, 'queue'),
  });
  const looks = new TicketLooks({ reader: reader(pool), clock: systemClock });
  const linksOf = (tenantId: number, transactionId: string) =>
    saleLinks(testSecret, testPublicUrl, tenantId, transactionId);
  const webhookSender = createWebhookSender({ loopbackAllowed: true });
  const endWork = await startWorkers({
    pool,
    queue,
    webhookSender,
    unsubscribeUrlOf: (tenantId, transactionId) =>
      unsubscribeUrl(testSecret, testPublicUrl, { tenantId, transactionId }),
    ways: openMessageWays({
      mailer,
      textChannels,
      sender: 'tickets@seller.example',
      lookOf: (key) => looks.lookOf(key),
      publicUrl: testPublicUrl,
      linksOf,
    }),
    linksOf,
    receiverLinksOf: (key) => receiverLinks(testSecret, testPublicUrl, key),
    clock: systemClock,
    turn: setImmediate,
    log: { warn: note, error: note },
    onBatch: () => {},
    onMessage: () => {},
    random: Math.random,
  });
  return {
    queue,
    troubles,
    async stop() {
      await endWork(5);
      mailer.close();
      await webhookSender.close();
      await pool.end();
    },
  };
}
