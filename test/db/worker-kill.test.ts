import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { openQueue } from '../../src/queue/queue.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { tallyCopies } from '../support/mail-copies.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';

const kills = 2;
const sales = 100;

let database: TestDatabase;
let pool: Pool;
let server: MailServer;
let worker: ChildProcess | undefined;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createSampleSeller(pool);
  // Slow enough that every kill falls into the middle of mails.
  server = await startMailServer({ onMail: () => new Promise((resolve) => setTimeout(resolve, 20)) });
});
after(async () => {
  worker?.kill('SIGKILL');
  await server.stop();
  await pool.end();
  await database.drop();
});

async function startWorker(): Promise<ChildProcess> {
  const script = new URL('../support/worker-process.ts', import.meta.url);
  worker = fork(script, [database.url, server.url], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(worker, 'message');
  return worker;
}

async function countOf(sql: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*) as count ${sql}`);
  return rows[0]?.count ?? 0;
}

test(
  'whatever the moment a worker is killed in, each buyer gets the right tickets',
  { timeout: 900_000 },
  async () => {
    const queue = await openQueue({ url: database.url, worker: false, connectionsMax: 1, onError: () => {} });
    const ids = await makeSampleSales(pool, { count: sales });
    await queue.handOver(
      ids.flatMap((transactionId) =>
        (['tickets', 'statistics'] as const).map((name) => ({ tenantId: 1, transactionId, name })),
      ),
    );
    for (let i = 1; i <= kills; i++) {
      const victim = await startWorker();
      const goal = server.received.length + 15;
      await waitUntil('some mails have arrived', () => server.received.length >= goal, 240);
      victim.kill('SIGKILL');
      await once(victim, 'exit');
    }
    await startWorker();
    await waitUntil(
      'all sales are completed',
      async () => (await countOf(`from transactions where status = 'processing'`)) === 0,
      480,
    );
    await queue.stop(1);

    const { mails, different } = tallyCopies(
      server.received.map(({ parsed, raw }) => ({
        messageId: parsed.messageId ?? '',
        digest: raw.toString('base64'),
      })),
    );
    assert.equal(mails, sales, 'each sale has its mail');
    assert.deepEqual(different, [], 'a repeated mail is the same');
    const doubles = server.received.length - mails;
    // What a kill can leave accepted and not marked: a mail on each connection, and those just being marked.
    assert.ok(doubles <= kills * 10, `${doubles} doubles`);
    assert.equal(await countOf('from tickets'), sales * 2);
    assert.equal(await countOf(`from messages where state <> 'accepted'`), 0);
    const { rows } = await pool.query<{ tickets: number }>(
      'select sum(tickets_sold)::int as tickets from sales_statistics',
    );
    assert.equal(rows[0]?.tickets, sales * 2, 'counted once, kills or not');
  },
);
