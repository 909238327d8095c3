import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { openQueue } from '../../src/queue/queue.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { tallyCopies } from '../support/mail-copies.ts';
import { code, startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';

const kills = 2;
const sales = 100;
/** As many mails may be accepted whose worker has not marked them: one that put its marks off would wait for ever. */
const unmarkedMax = 5;

let database: TestDatabase;
let pool: Pool;
let server: MailServer;
let worker: ChildProcess | undefined;
/** Which worker it is; how many of its mails were accepted; and how many were marked before it. */
let life = 0;
let accepted = 0;
let markedBefore = 0;
let turn = Promise.resolve();

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await createSampleSeller(pool);
  server = await startMailServer({ onMail: admit });
});
after(async () => {
  worker?.kill('SIGKILL');
  await server.stop();
  await pool.end();
  await database.drop();
});

const marked = () => countOf(`from messages where state = 'accepted'`);

/** Lets mails in one by one, and so that every kill falls into the middle of them. */
async function admit(): Promise<void> {
  const mine = life;
  const { promise, resolve } = Promise.withResolvers<void>();
  const earlier = turn;
  turn = promise;
  await earlier;
  try {
    await waitUntil(
      'mails are marked',
      async () => life !== mine || accepted - ((await marked()) - markedBefore) < unmarkedMax,
    );
    if (life !== mine) throw code(451, 'its worker is gone');
    accepted += 1;
  } finally {
    resolve();
  }
}

async function startWorker(): Promise<ChildProcess> {
  life += 1;
  accepted = 0;
  markedBefore = await marked();
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
    // A mark that was on its way at a kill may come late, and let in one more.
    assert.ok(doubles <= kills * 2 * unmarkedMax, `${doubles} doubles`);
    assert.equal(await countOf('from tickets'), sales * 2);
    assert.equal(await countOf(`from messages where state <> 'accepted'`), 0);
    const { rows } = await pool.query<{ tickets: number }>(
      'select sum(tickets_sold)::int as tickets from sales_statistics',
    );
    assert.equal(rows[0]?.tickets, sales * 2, 'counted once, kills or not');
  },
);
