import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { isPassingError, transact } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { waitUntil } from '../support/wait.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
});
after(async () => {
  await pool.end();
  await database.drop();
});

async function cut(pid: number): Promise<void> {
  await pool.query('select pg_terminate_backend($1)', [pid]);
  await waitUntil('the session is gone', async () => {
    const { rows } = await pool.query('select from pg_stat_activity where pid = $1', [pid]);
    return rows.length === 0;
  });
}

test('a connection that ends between two statements of a transaction fails the next, and nothing else', async () => {
  const working = transact(pool, async (tx) => {
    const [row] = await tx.query<{ pid: number }>({ text: 'select pg_backend_pid() as pid' });
    await cut(row!.pid);
    // The end arrives while nobody waits for an answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await tx.query({ text: 'select 1' });
  });
  await assert.rejects(working, (error) => isPassingError(error));
  const { rows } = await pool.query<{ one: number }>('select 1 as one');
  assert.equal(rows[0]!.one, 1);
  assert.equal(pool.inUse, 0);
});

test('what the server lacks for a moment, such as disk, is asked for again', () => {
  for (const code of ['53100', '53200', '53300'])
    assert.ok(isPassingError(Object.assign(new Error(), { code })));
  assert.ok(!isPassingError(Object.assign(new Error(), { code: '23505' })));
});
