import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/ids.ts';
import { limits } from '../../src/base/limits.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { StepSweeper } from '../../src/fulfilment/sweep-steps.job.ts';
import { createDelayTeller } from '../../src/notifications/confirm-delayed.job.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startTestWorkers } from '../support/workers.ts';
import { waitUntil } from '../support/wait.ts';

let database: TestDatabase;
let pool: Pool;
let mailServer: MailServer;
before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  // So that no worker makes tickets.
  await pool.query('delete from seller_keys');
  mailServer = await startMailServer();
});
after(async () => {
  await mailServer.stop();
  await pool.end();
  await database.drop();
});

/** Sweeps as a worker does whose queue has every step. */
async function sweep(): Promise<void> {
  const queue = { handOver: async () => {}, missing: async () => [] };
  const tellDelayed = createDelayTeller({ pool, clock: systemClock });
  await new StepSweeper({ pool, queue, clock: systemClock, tellDelayed }).sweep();
}

type Confirmation = { id: string; channel: string; state: string; error: string | null };
async function confirmations(): Promise<Confirmation[]> {
  const { rows } = await pool.query<Confirmation>(
    `select transaction_id as id, channel, state, last_error as error from messages
      where kind = 'confirmation' order by transaction_id`,
  );
  return rows;
}

test('a buyer whose tickets are long in coming is told once that the order is there; one who has them is not', async () => {
  const ageSeconds = limits.ticketsDelayedSeconds + 60;
  await makeSampleSales(pool, { ageSeconds: limits.ticketsDelayedSeconds - 60 });
  await makeSampleSales(pool, { ageSeconds, email: null });
  const [late = ''] = await makeSampleSales(pool, { ageSeconds, email: 'late@example.com' });
  const [made = ''] = await makeSampleSales(pool, { ageSeconds, email: 'made@example.com' });
  await sweep();
  await sweep();
  const queued = { channel: 'email', state: 'queued', error: null };
  assert.deepEqual(await confirmations(), [
    { id: late, ...queued },
    { id: made, ...queued },
  ]);
  await pool.query(
    `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature)
     select 1, transaction_id, item_no, 1, '\\x00' from transaction_items where transaction_id = $1`,
    [made],
  );
  const workers = await startTestWorkers(database.url, createSmtpMailer(mailServer.url));
  await waitUntil('both have ended', async () =>
    (await confirmations()).every(({ state }) => state !== 'queued' && state !== 'sending'),
  );
  await workers.stop();
  assert.deepEqual(
    (await confirmations()).map(({ id, state }) => [id, state]),
    [
      [late, 'accepted'],
      [made, 'skipped'],
    ],
  );
  const mail = mailServer.received.find(({ to }) => to.includes('late@example.com'));
  assert.match(mail?.parsed.subject ?? '', /^Recibimos su compra/);
  assert.equal(mail?.parsed.attachments.length, 0);
});
