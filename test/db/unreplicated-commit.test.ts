import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { isPassingError, transact, transactOnce } from '../../src/db/transaction.ts';
import { startScratchServer } from '../support/scratch-server.ts';
import { waitUntil } from '../support/wait.ts';

// Of its own, since its commits wait for a standby that there is not.
let server: EmbeddedPostgres;
let pool: Pool;
let admin: Pool;

before(async () => {
  server = await startScratchServer(undefined, { wal_level: 'replica', max_wal_senders: '1' });
  pool = createPool({ url: server.url, size: 1, name: 'commits' });
  admin = createPool({ url: server.url, size: 1, name: 'admin' });
  await admin.query('create table notes (note text)');
  await admin.query("alter system set synchronous_standby_names = 'nobody'");
  await admin.query('select pg_reload_conf()');
});
after(async () => {
  await pool.end();
  await admin.end();
  await server.stop();
});

/** Has somebody end the wait of a commit, as an operator may. */
async function cancelTheWait(): Promise<void> {
  const waiting = `from pg_stat_activity where application_name = 'commits' and wait_event = 'SyncRep'`;
  const cancel = `select pg_cancel_backend(pid) ${waiting}`;
  await waitUntil('the commit waits', async () => (await admin.query(cancel)).rowCount === 1);
}

for (const [name, write] of [
  ['a statement by itself', () => transactOnce(pool, { text: "insert into notes values ('once')" })],
  ['a transaction', () => transact(pool, (tx) => tx.query({ text: "insert into notes values ('tx')" }))],
] as const) {
  test(`a commit that did not wait for its standby is in doubt: ${name}`, async () => {
    const writing = write();
    const [outcome] = await Promise.allSettled([writing, cancelTheWait()]);
    assert.ok(outcome.status === 'rejected', 'it was taken for success');
    assert.equal((outcome.reason as { code?: string }).code, '08007');
    // What was asked is asked again, by its key.
    assert.ok(isPassingError(outcome.reason));
    // The connection was thrown away: the next one is sound.
    assert.equal(pool.totalCount, 0);
  });
}
