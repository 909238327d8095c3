import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startProxy, type Proxy } from '../../chaos/support/proxy.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { isPassingError, reader, transact } from '../../src/db/transaction.ts';
import { startBareServer } from '../support/bare-server.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createHall } from '../support/hall.ts';
import { startProcess } from '../support/process.ts';

let database: TestDatabase;
let proxy: Proxy;
/** Over a way to the database on which answers can be lost. */
let pool: Pool;
let direct: Pool;

before(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await startProxy(Number(url.port));
  url.port = String(proxy.port);
  pool = createPool({ url: url.href, size: 1, name: 'test', answerSecondsMax: 1 });
  direct = createPool({ url: database.url, size: 2, name: 'test' });
});
after(async () => {
  await pool.end();
  await direct.end();
  await proxy.stop();
  await database.drop();
});

/** From now on the pool's connection, which is open, hears nothing. */
async function loseAnswers(): Promise<void> {
  await pool.query('select 1');
  proxy.mute();
}

async function serves(): Promise<void> {
  const { rows } = await pool.query<{ one: number }>('select 1 as one');
  assert.equal(rows[0]!.one, 1);
  assert.equal(pool.inUse, 0);
}

test('a statement that has no answer fails as one that may pass, and its connection is thrown away', async () => {
  await loseAnswers();
  await assert.rejects(reader(pool).query({ text: 'select 1' }), (error) => isPassingError(error));
  assert.equal(pool.totalCount, 0);
  await serves();
});

test('a transaction that has no answer is given up, and nothing of it stays', async () => {
  await direct.query('create table marks (mark integer)');
  await pool.query('select 1');
  const working = transact(pool, async (tx) => {
    await tx.query({ text: 'insert into marks values (1)' });
    proxy.mute();
    await tx.query({ text: 'insert into marks values (2)' });
  });
  await assert.rejects(working, (error) => isPassingError(error));
  assert.equal(pool.totalCount, 0);
  await serves();
  // The lock is to be had once the server has seen that the connection is gone.
  await transact(direct, (tx) => tx.query({ text: 'lock table marks in access exclusive mode' }));
  assert.equal((await direct.query('select from marks')).rowCount, 0);
});

test('a statement that takes too long is ended by the server, and its connection goes on', async () => {
  const slow = createPool({ url: database.url, size: 1, name: 'test', statementSecondsMax: 1 });
  await assert.rejects(slow.query('select pg_sleep(60)'), (error) => isPassingError(error));
  await slow.end();
});

test('who asks over HTTP is answered 503, with when to ask again', async () => {
  const { url } = await startBareServer({
    mount: (app) => void app.get('/ask', async () => await reader(pool).query({ text: 'select 1' })),
  });
  await loseAnswers();
  const answer = await fetch(`${url}/ask`);
  assert.equal(answer.status, 503);
  assert.equal(((await answer.json()) as { code: string }).code, 'unavailable');
  assert.ok(Number(answer.headers.get('retry-after')) > 0);
  assert.equal((await fetch(`${url}/ask`)).status, 200);
});

test('a sale whose answer is lost is found again: one sale, and the buyer is told of it', async () => {
  const hall = await createHall(direct, { seats: 2 });
  const one = await startProcess(database.url, pool);
  // The hold is another process's, so that nothing but the sale uses the connection.
  const other = await startProcess(database.url, direct);
  try {
    const { hold } = await other.holds.place((await other.events.get(hall))!, { seatNos: [1, 2], zones: [] });
    await one.events.get(hall);
    await loseAnswers();
    const { sale } = await one.checkout.confirm({
      key: hall,
      holdId: hold.holdId,
      keyDigest: uuidv7(Date.now()),
      bodyDigest: uuidv7(Date.now()),
      customer: { name: 'Ana', email: 'ana@example.com', locale: 'es' },
      payment: { method: 'cash' },
      expectedTotal: null,
    });
    const { rows } = await direct.query<{ id: string; replays: number }>(
      'select t.transaction_id as id, k.replays from transactions t join idempotency_keys k using (tenant_id, transaction_id)',
    );
    assert.deepEqual(rows, [{ id: sale.transactionId, replays: 1 }]);
  } finally {
    await other.stop();
    await one.stop();
  }
});
