import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { limits } from '../../src/base/limits.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { claimMessages, queueMessages } from '../../src/notifications/queued-message.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, type TestWorkers } from '../support/workers.ts';

let database: TestDatabase;
let pool: Pool;
let server: MailServer;
let workers: TestWorkers;
/** How many mails hang at their receivers now, and what lets them go. */
let hanging = 0;
let letGo = () => {};
const released = new Promise<void>((resolve) => (letGo = resolve));

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  for (const tenantId of [1, 2, 3]) await createSampleSeller(pool, tenantId);
  server = await startMailServer({
    async onMail({ to }) {
      if (!to[0]?.endsWith('@hangs.example')) return;
      hanging += 1;
      await released;
    },
  });
  workers = await startTestWorkers(database.url, createSmtpMailer(server.url));
});
after(async () => {
  letGo();
  await workers.stop();
  await server.stop();
  await pool.end();
  await database.drop();
});

async function sell(tenantId: number, email: string, count = 1): Promise<void> {
  const ids = await makeSampleSales(pool, { tenantId, email, count });
  await workers.queue.handOver(
    ids.flatMap((transactionId) =>
      (['tickets', 'statistics'] as const).map((name) => ({ tenantId, transactionId, name })),
    ),
  );
}

const arrived = (email: string) => server.received.some((mail) => mail.to.includes(email));

test('receivers that hang, and a backlog behind them, hold up no other seller', async () => {
  await sell(1, 'one@hangs.example', 120);
  const room = limits.mailConnectionsMax / 2;
  await waitUntil('all the room that one seller may have is taken', () => hanging === room, 60);
  await sell(1, 'late@one.example');
  await sell(2, 'buyer@two.example', 3);
  await waitUntil("another seller's mail arrives", () => arrived('buyer@two.example'), 30);

  // A second seller whose receivers hang takes no more than its part of what is left.
  await sell(2, 'two@hangs.example', 40);
  await waitUntil('its receivers hang, too', () => hanging > room, 30);
  await sell(3, 'buyer@three.example');
  await waitUntil("a third seller's mail arrives", () => arrived('buyer@three.example'), 30);

  // The control: in the lane that is stuck nothing moves, though it was there before.
  assert.equal(arrived('late@one.example'), false);
  letGo();
  // By their names: what hung for longer than a mail may take was sent once more.
  const arrivals = () => new Set(server.received.map((mail) => mail.parsed.messageId)).size;
  await waitUntil('the backlog is gone', () => arrivals() === 120 + 1 + 3 + 40 + 1, 150);
});

test('however much one seller has queued, the next look takes from every seller', async () => {
  const now = new Date();
  const queueAll = async (tenantId: number, count: number, at: number) => {
    const ids = await makeSampleSales(pool, { tenantId, count });
    const notBefore = new Date(at);
    const messages = ids.map((transactionId) => ({
      key: { tenantId, transactionId, channel: 'sms', kind: 'event_reminder', occasionNo: 1 } as const,
      recipient: '+584125550000',
      facts: {},
      notBefore,
      deadlineAt: new Date(at + 3_600_000),
      handsOver: false,
    }));
    await transact(pool, (tx) => queueMessages(tx, tenantId, messages));
    return ids;
  };
  // Beyond what the workers of the other test take up.
  const soon = now.getTime() + 600_000;
  await queueAll(1, 3_000, soon);
  const [mine] = await queueAll(1, 1, soon + 1_000);
  const [other] = await queueAll(2, 1, soon + 1_000);
  const taken = await transact(pool, (tx) =>
    claimMessages(tx, new Date(soon + 2_000), { laneRowsMax: 16, leaseSeconds: 60, busy: [] }),
  );
  const ids = taken.map(({ key }) => key.transactionId);
  assert.equal(taken.length, 17);
  assert.ok(ids.includes(other!));
  // The control: as the big seller's own, a message of the same moment waits for its turn.
  assert.ok(!ids.includes(mine!));
  const full = [{ tenantId: 1, channel: 'sms', count: 16 } as const];
  const more = await transact(pool, (tx) =>
    claimMessages(tx, new Date(soon + 2_000), { laneRowsMax: 16, leaseSeconds: 60, busy: full }),
  );
  assert.equal(more.length, 0, 'a lane that is full takes no more');
});

test('nothing went wrong on the side', () => assert.deepEqual(workers.troubles, []));
