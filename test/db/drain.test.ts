import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { formatEventId, formatZoneId } from '../../src/base/ids.ts';
import { createPool } from '../../src/db/pool.ts';
import { createTestDatabase } from '../support/database.ts';
import { createHall } from '../support/hall.ts';
import { createHttpClient, type Answer } from '../support/http-client.ts';
import { startServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';

const database = await createTestDatabase();
const pool = createPool({ url: database.url, size: 2, name: 'test' });
const hall = await createHall(pool, { seats: 20, standing: 100_000 });
after(async () => {
  await pool.end();
  await database.drop();
});

const zones = [{ zone_id: formatZoneId(hall, 2), quantity: 1 }];
const env = { DRAIN_DELAY_SECONDS: '1', HOLDS_PER_CLIENT_MAX: '100000', HOLDS_PER_ADDRESS_MAX: '100000' };

/** How many confirmations were sent and have no answer yet. */
let confirming = 0;

/** Buys until the server takes no more connections; tells of each answer to a confirmation. */
async function buyUntilClosed(url: string, onConfirm: (answer: Answer) => void): Promise<void> {
  const client = createHttpClient(url, 1);
  try {
    for (;;) {
      const hold = await client.send('POST', '/sales/holds', { event_id: formatEventId(hall), zones });
      assert.equal(hold.status, 201, hold.text);
      const { hold_token } = hold.json as { hold_token: string };
      const body = { hold_token, customer: { name: 'Ana' }, payment: { method: 'cash' } };
      confirming += 1;
      const headers = { 'idempotency-key': randomUUID() };
      const answer = await client
        .send('POST', '/sales/checkout/confirm/', body, headers)
        .finally(() => (confirming -= 1));
      onConfirm(answer);
    }
  } catch (error) {
    // What still knocks when the door closes is refused, or cut off before it was read; a balancer has
    // stopped sending by then, and a buyer tries again with the same key.
    assert.ok(
      ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? ''),
      String(error),
    );
  } finally {
    client.close();
  }
}

test('told to end under load, it turns unready at once and answers all that it took', async () => {
  const server = await startServer({ databaseUrl: database.url, env });
  const confirmed = new Set<string>();
  const buyers = Array.from({ length: 12 }, () =>
    buyUntilClosed(server.url, (answer) => {
      assert.equal(answer.status, 202, answer.text);
      confirmed.add((answer.json as { transaction_id: string }).transaction_id);
    }),
  );
  const bought = Promise.all(buyers);
  // Some have bought, and others have just asked to.
  await waitUntil('there is load', () => confirmed.size >= 12 && confirming > 0);
  const before = confirmed.size;
  const stopped = server.stop();
  const readiness = await fetch(`${server.url}/readyz`);
  assert.equal(readiness.status, 503);
  await Promise.all([bought, stopped]);
  assert.ok(before > 0 && confirmed.size > before, `${before}, then ${confirmed.size}`);
  // Whatever was begun was answered: no sale that its buyer was not told of.
  const { rows } = await pool.query<{ id: string }>('select transaction_id as id from transactions');
  assert.deepEqual(rows.map((row) => row.id).toSorted(), [...confirmed].toSorted());
});
