import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { makeSampleSales } from '../support/sample-sales.ts';
import { waitUntil } from '../support/wait.ts';
import { startTestWorkers, testSecret, type TestWorkers } from '../support/workers.ts';

type Tickets = { tickets: { state: string; code?: string }[] };
type Revoked = { data: { ticket_id: string; generation: number; reason: string }[] };

let hall: IdentityHall;
let workers: TestWorkers;
let manager: Browser;

before(async () => {
  hall = await startIdentityHall(2, { TAQUILLA_SECRET: testSecret });
  workers = await startTestWorkers(hall.database.url);
  manager = await signedIn(hall.pool, hall.client, 1, 'manager');
});
after(async () => {
  await workers.stop();
  await hall.stop();
});

/** A completed sale of two places, and the path to its tickets. */
async function sell(): Promise<{ id: string; tickets: string; pdf: string }> {
  const [id = ''] = await makeSampleSales(hall.pool, { places: 2, ageSeconds: 60 });
  await waitUntil('the sale is completed', async () => {
    const { rows } = await hall.pool.query(
      `select from transactions where transaction_id = $1 and status = 'completed'`,
      [id],
    );
    return rows.length === 1;
  });
  const pdf = saleLinks(testSecret, undefined, 1, id).tickets;
  return { id, pdf, tickets: pdf.replace('/tickets.pdf', '/tickets') };
}

const undo = (browser: Browser, seller: number, id: string, body: unknown, key: string) =>
  browser.send('POST', `/sellers/${seller}/sales/${id}/refunds`, body, { 'idempotency-key': key });

const read = async (path: string) => (await hall.client.send('GET', path)).json as Tickets;

test('a ticket that went back has no code any more: the door hears of it, its offer ends, no new code is given', async () => {
  const sale = await sell();
  const token = sale.pdf.slice(sale.pdf.indexOf('?'));
  const ticketPath = `/sales/transactions/${sale.id}/tickets/1`;
  assert.equal((await hall.client.send('POST', `${ticketPath}/reissue${token}`)).status, 200);
  const offered = await hall.client.send('POST', `${ticketPath}/transfer${token}`);
  assert.equal(offered.status, 201, offered.text);
  const ticket_ids = [`${sale.id}-1`];
  const refunded = await undo(manager, 1, sale.id, { reason: 'ill', ticket_ids }, 'first');
  assert.equal(refunded.status, 201, refunded.text);
  assert.deepEqual(
    (await read(sale.tickets)).tickets.map((ticket) => [ticket.state, ticket.code !== undefined]),
    [
      ['returned', false],
      ['valid', true],
    ],
  );
  const { data } = (await manager.send('GET', '/sellers/1/events/1-3/revoked-codes')).json as Revoked;
  assert.deepEqual(
    data.map(({ ticket_id, generation, reason }) => [ticket_id, generation, reason]),
    [
      [`${sale.id}-1`, 1, 'reissued'],
      [`${sale.id}-1`, 2, 'returned'],
    ],
  );
  assert.equal(outcomeOf(await hall.client.send('POST', `${ticketPath}/reissue${token}`)), 'ticket_returned');
  const { link } = offered.json as { link: string };
  const body = {
    token: new URL(link, 'https://x.example').searchParams.get('token'),
    accept_key: 'accept-key-of-a-browser',
    name: 'Luis',
    email: 'luis@example.com',
  };
  assert.equal(outcomeOf(await hall.client.send('POST', '/transfers/accept', body)), 'transfer_ended');
  assert.equal((await hall.client.send('GET', sale.pdf)).status, 200);
  assert.equal((await undo(manager, 1, sale.id, { reason: 'ill' }, 'rest')).status, 201);
  assert.equal(outcomeOf(await hall.client.send('GET', sale.pdf)), 'ticket_returned');
  const { lines } = await runAudit(hall.pool);
  assert.deepEqual(
    lines.filter((line) => line.count > 0),
    [],
  );
});

test('who may undo: the manager at their own seller; each refund stands in the audit log, and is told to webhooks', async () => {
  const sale = await sell();
  await hall.pool.query(
    `insert into webhook_endpoints (tenant_id, endpoint_id, url, event_types)
     values (1, gen_random_uuid(), 'https://hooks.invalid', '{sale.refunded,sale.cancelled}')`,
  );
  const cashier = await signedIn(hall.pool, hall.client, 1, 'cashier');
  const stranger = await signedIn(hall.pool, hall.client, 2, 'manager');
  const body = { reason: 'ill' };
  assert.equal(outcomeOf(await undo(cashier, 1, sale.id, body, 'a')), 'forbidden');
  assert.equal(outcomeOf(await undo(stranger, 1, sale.id, body, 'a')), 'seller_not_found');
  assert.equal(outcomeOf(await undo(stranger, 2, sale.id, body, 'a')), 'transaction_not_found');
  const voided = await cashier.send('POST', `/sellers/1/sales/${sale.id}/void`, body, {
    'idempotency-key': 'a',
  });
  assert.equal(voided.status, 201, voided.text);
  const { rows } = await hall.pool.query<{ verb: string }>(
    'select verb from audit_log where object_id = $1',
    [sale.id],
  );
  assert.deepEqual(
    rows.map((row) => row.verb),
    ['void'],
  );
  const { rows: told } = await hall.pool.query<{ type: string; id: string }>(
    `select type, payload::jsonb #>> '{data,transaction_id}' as id from webhook_events where type like 'sale.%'`,
  );
  assert.deepEqual(told, [{ type: 'sale.cancelled', id: sale.id }]);
  await waitUntil('the buyer is told', async () => {
    const { rows: sent } = await hall.pool.query(
      `select from messages where transaction_id = $1 and kind = 'refund' and state = 'accepted'`,
      [sale.id],
    );
    return sent.length === 1;
  });
});
