import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { createHall } from '../support/hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import type { Confirmed } from '../support/payment-hall.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, type TestWorkers } from '../support/workers.ts';

type Tickets = { tickets: { state: string; code?: string }[] };
type Revoked = { data: { ticket_id: string; generation: number; reason: string }[] };

let hall: UndoingHall;
let workers: TestWorkers;

before(async () => {
  hall = await UndoingHall.start();
  workers = await startTestWorkers(hall.house.database.url);
});
beforeEach(async () => {
  await hall.house.renew();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  await hall.house.pool.query('insert into seller_keys values ($1, 1, $2, $3)', [
    hall.tenantId,
    publicKey,
    privateKey,
  ]);
});
after(async () => {
  await workers.stop();
  await hall.house.stop();
});

/** A sale of two seats after which all has followed, and the paths to its tickets. */
async function sell() {
  const sale = await hall.sell([1, 2]);
  await waitUntil('the sale is completed', async () => (await hall.house.read(sale)).status === 'completed');
  const { pathname, search } = new URL(sale.links.self, 'http://shop');
  const at = (path: string) => `${pathname}/${path}${search}`;
  return { ...sale, at };
}

const send = (method: string, path: string, body?: unknown) => hall.house.client.send(method, path, body);

test('a ticket that went back has no code any more: the door hears of it, its offer ends, no new code is given', async () => {
  const sale = await sell();
  assert.equal((await send('POST', sale.at('tickets/1/reissue'))).status, 200);
  const offered = await send('POST', sale.at('tickets/1/transfers'));
  assert.equal(offered.status, 201, offered.text);
  await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] });
  const { tickets } = (await send('GET', sale.at('tickets'))).json as Tickets;
  assert.deepEqual(
    tickets.map((ticket) => [ticket.state, ticket.code !== undefined]),
    [
      ['returned', false],
      ['valid', true],
    ],
  );
  const { data } = (await hall.staff.send('GET', `${hall.eventPath}/revoked-codes`)).json as Revoked;
  assert.deepEqual(
    data.map(({ ticket_id, generation, reason }) => [ticket_id, generation, reason]),
    [
      [hall.ticket(sale, 1), 1, 'reissued'],
      [hall.ticket(sale, 1), 2, 'returned'],
    ],
  );
  assert.equal(outcomeOf(await send('POST', sale.at('tickets/1/reissue'))), 'ticket_returned');
  const { link } = offered.json as { link: string };
  const acceptance = {
    token: new URL(link, 'https://x.example').searchParams.get('token'),
    accept_key: 'accept-key-of-a-browser',
    name: 'Luis',
    email: 'luis@example.com',
  };
  assert.equal(outcomeOf(await send('POST', '/transfers/accept', acceptance)), 'ticket_returned');
  assert.equal((await send('GET', sale.at('tickets.pdf'))).status, 200);
  await hall.refund(sale);
  assert.equal(outcomeOf(await send('GET', sale.at('tickets.pdf'))), 'ticket_returned');
  await hall.house.assertSound();
});

test('who may undo, at their own seller alone; it stands in the audit log, and buyer and webhooks are told', async () => {
  const { pool, client } = hall.house;
  const sale: Confirmed = await sell();
  await createHall(pool, { tenantId: 900 });
  await pool.query(
    `insert into webhook_endpoints (tenant_id, endpoint_id, url, event_types)
     values ($1, gen_random_uuid(), 'https://hooks.invalid', '{sale.refunded,sale.cancelled}')`,
    [hall.tenantId],
  );
  const undo = (browser: Browser, seller: number, way: string) =>
    browser.send(
      'POST',
      `/sellers/${seller}/sales/${sale.transaction_id}/${way}`,
      { reason: 'ill' },
      { 'idempotency-key': 'a' },
    );
  const cashier = await signedIn(pool, client, hall.tenantId, 'cashier');
  const stranger = await signedIn(pool, client, 900, 'manager');
  assert.equal(outcomeOf(await undo(cashier, hall.tenantId, 'refunds')), 'forbidden');
  assert.equal(outcomeOf(await undo(stranger, hall.tenantId, 'refunds')), 'seller_not_found');
  assert.equal(outcomeOf(await undo(stranger, 900, 'refunds')), 'transaction_not_found');
  assert.equal(outcomeOf(await undo(cashier, hall.tenantId, 'void')), 201);
  const { rows } = await pool.query<{ verb: string }>('select verb from audit_log where object_id = $1', [
    sale.transaction_id,
  ]);
  assert.deepEqual(rows, [{ verb: 'void' }]);
  const { rows: told } = await pool.query<{ type: string; id: string }>(
    `select type, payload::jsonb #>> '{data,transaction_id}' as id from webhook_events where tenant_id = $1`,
    [hall.tenantId],
  );
  assert.deepEqual(told, [{ type: 'sale.cancelled', id: sale.transaction_id }]);
  await waitUntil(
    'the buyer is told',
    async () => (await hall.count('messages', `kind = 'refund' and state = 'accepted'`)) === 1,
  );
  await hall.house.assertSound();
});
