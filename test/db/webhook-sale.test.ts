import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { systemIds } from '../../src/base/ids.ts';
import { formatMessageReference } from '../../src/notifications/message-reference.ts';
import { recordStatuses } from '../../src/notifications/message-status.store.ts';
import { createPool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { webhookEventTypes } from '../../src/webhooks/webhook-event.ts';
import { createTestDatabase } from '../support/database.ts';
import { startWebhookReceiver } from '../support/fakes/webhook-receiver.ts';
import { createHall } from '../support/hall.ts';
import { createHttpClient } from '../support/http-client.ts';
import { signedIn } from '../support/identity.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';

type Told = { type: string; timestamp: string; data: { transaction_id: string; links?: { sale: string } } };

const database = await createTestDatabase();
const pool = createPool({ url: database.url, size: 4, name: 'test' });
for (const tenantId of [1, 2]) await createSampleSeller(pool, tenantId);
const halls = [
  await createHall(pool, { tenantId: 1 }),
  await createHall(pool, { tenantId: 2, seats: 3_000 }),
];
const server = await startServer({
  databaseUrl: database.url,
  env: { WEBHOOKS_TO_LOOPBACK: 'true', TRUST_PROXY: 'loopback', PUBLIC_URL: 'https://tickets.example' },
});
const client = createHttpClient(server.url, 4);
const receiver = await startWebhookReceiver();
after(async () => {
  client.close();
  await server.stop();
  await receiver.stop();
  await pool.end();
  await database.drop();
});

/** Lets a seller be told of everything at a path of the receiver. */
async function listen(tenantId: number, path: string): Promise<string> {
  const owner = await signedIn(pool, client, tenantId, 'owner');
  const body = { url: `${receiver.url}${path}`, event_types: webhookEventTypes };
  const answer = await owner.send('POST', `/sellers/${tenantId}/webhook-endpoints`, body);
  assert.equal(answer.status, 201, answer.text);
  return (answer.json as { secret: string }).secret;
}

/** Sells one seat of a seller's hall. @returns the sale's id. */
async function sell(tenantId: number, seat: number): Promise<string> {
  const { eventId } = halls[tenantId - 1]!;
  const event = `${tenantId}-${eventId}`;
  const held = await client.send('POST', '/sales/holds', {
    event_id: event,
    seats: [`${event}-s${seat}`],
  });
  assert.equal(held.status, 201, held.text);
  const body = {
    hold_token: (held.json as { hold_token: string }).hold_token,
    customer: { name: 'Ana Pérez', email: 'ana@example.com' },
    payment: { method: 'cash' },
  };
  const confirmed = await client.send('POST', '/sales/checkout/confirm', body, {
    'idempotency-key': systemIds.uuid(),
  });
  assert.equal(confirmed.status, 202, confirmed.text);
  return (confirmed.json as { transaction_id: string }).transaction_id;
}

/** What the receiver has at a path, each signed with the secret. */
const told = (path: string, secret: string) =>
  receiver.log
    .filter((request) => request.path === path)
    .map(({ body, headers }) => new Webhook(secret).verify(body, headers as Record<string, string>) as Told);

test('a sale is told of, step by step and once each, to a receiver that verifies it', async () => {
  const secret = await listen(1, '/one');
  const sale = await sell(1, 1);
  const types = () => told('/one', secret).filter(({ data }) => data.transaction_id === sale);
  await waitUntil('the receiver knows all of it', () => types().length >= 4);
  assert.deepEqual(
    types()
      .map((one) => one.type)
      .toSorted(),
    ['sale.completed', 'sale.confirmed', 'sale.paid', 'tickets.issued'],
  );
  const [first] = types();
  assert.match(first!.data.links!.sale, new RegExp(`^https://tickets.example/sales/transactions/${sale}`));
  const bodies = receiver.log.map(({ body }) => body.toString()).join('\n');
  assert.doesNotMatch(bodies, /Ana|ana@|USD/, 'ids and links alone');
  assert.equal(new Set(receiver.log.map(({ headers }) => headers['webhook-id'])).size, receiver.log.length);
});

test("a receiver that hangs delays neither another seller's nor the sales", async () => {
  receiver.on('/hangs', 'hang');
  const hangs = await listen(1, '/hangs');
  const secret = await listen(2, '/two');
  let seat = 0;
  await waitUntil('the worker knows of both', async () => {
    await sell(2, (seat += 1));
    return receiver.log.some(({ path }) => path === '/two');
  });
  await sell(1, 2);
  await waitUntil('one hangs', () => receiver.log.some(({ path }) => path === '/hangs'));
  const sales = [await sell(2, (seat += 1)), await sell(2, (seat += 1)), await sell(2, (seat += 1))];
  await waitUntil('the others are told of everything', () =>
    sales.every((sale) => {
      const own = told('/two', secret).filter(({ data }) => data.transaction_id === sale);
      return own.some(({ type }) => type === 'sale.completed');
    }),
  );
  const { rows } = await pool.query(
    `select d.state, d.attempts from webhook_deliveries d join webhook_endpoints p using (tenant_id, endpoint_id)
      where p.url like '%/hangs'`,
  );
  assert.ok(rows.length > 0 && rows.every(({ state, attempts }) => state === 'pending' && attempts <= 1));
  assert.ok(hangs);
});

test('a seller without endpoints leaves no trace of events', async () => {
  await pool.query('update webhook_endpoints set enabled = false, disabled_reason = $1 where tenant_id = 2', [
    'test',
  ]);
  const count = async () =>
    Number((await pool.query('select count(*) from webhook_events where tenant_id = 2')).rows[0].count);
  const before = await count();
  const sale = await sell(2, 2_999);
  await waitUntil('the sale is complete', async () => {
    const { rows: found } = await pool.query('select status from transactions where transaction_id = $1', [
      sale,
    ]);
    return found[0]?.status === 'completed';
  });
  assert.equal(await count(), before);
});

test('a message that came back is told of once, however often its provider says so', async () => {
  const secret = await listen(1, '/bounces');
  const sale = await sell(1, 30);
  const key = {
    tenantId: 1,
    transactionId: sale,
    channel: 'sms',
    kind: 'tickets',
    occasionNo: 1,
  } as const;
  await pool.query(
    `insert into messages (tenant_id, transaction_id, channel, recipient, subject, state, message_id)
     values (1, $1, 'sms', '+58412', '', 'accepted', $2)`,
    [sale, formatMessageReference(key)],
  );
  const report = {
    key,
    state: 'bounced',
    reason: 'The number is not in service.',
    providerId: 'SM1',
  } as const;
  for (let i = 0; i < 3; i++) await transact(pool, (tx) => recordStatuses(tx, 'twilio', [report]));
  const bounces = () => told('/bounces', secret).filter(({ type }) => type === 'message.bounced');
  await waitUntil('it is told of', () => bounces().length > 0);
  assert.deepEqual(
    bounces().map(({ data }) => data),
    [{ transaction_id: sale, channel: 'sms', kind: 'tickets' }],
  );
});

test('an event that moves is told to its buyers and to other systems by the worker itself', async () => {
  const secret = await listen(1, '/moves');
  const [sale] = await makeSampleSales(pool, { ageSeconds: 3_600 });
  const manager = await signedIn(pool, client, 1, 'manager');
  const answer = await manager.send('POST', '/sellers/1/events/1-3/move', {
    starts_at: '2038-01-10T20:00:00-04:00',
  });
  assert.equal(answer.status, 200, answer.text);
  await waitUntil('the buyer has a mail', async () => {
    const { rows } = await pool.query(
      `select state, subject from messages where kind = 'event_changed' and transaction_id = $1`,
      [sale],
    );
    return rows[0]?.state === 'accepted' && rows[0].subject === 'Cambio: La flauta mágica';
  });
  await waitUntil('other systems know', () =>
    told('/moves', secret).some(({ type }) => type === 'event.changed'),
  );
});
