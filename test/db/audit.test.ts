import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readPrivateKey, signTicket } from '../../src/admission/ticket-code.ts';
import { auditWithin, runAudit } from '../../src/audit/run-audit.ts';
import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;
let hall: Hall;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  hall = await createHall(pool);
  await sellTwo();
});
after(async () => {
  await pool.end();
  await database.drop();
});

/** Two sales with all that follows them done, and a hold that is alive. */
async function sellTwo(): Promise<void> {
  const holds = [placeOrder([1, 2], 3), placeOrder([3]), placeOrder([4], 2)];
  await placeHolds(pool, hall, holds, 600);
  await confirmSales(
    pool,
    hall,
    1,
    holds.slice(0, 2).map((order) => confirmOrder(order.holdId)),
  );
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  await pool.query('insert into seller_keys values ($1, 1, $2, $3)', [hall.tenantId, publicKey, privateKey]);
  const { rows } = await pool.query<{ transaction_id: string; item_no: number }>(
    'select * from transaction_items',
  );
  for (const { transaction_id: transactionId, item_no: itemNo } of rows) {
    const signature = signTicket({ ...hall, transactionId, itemNo, keyId: 1 }, readPrivateKey(privateKey));
    await pool.query('insert into tickets values ($1, $2, $3, 1, $4)', [
      hall.tenantId,
      transactionId,
      itemNo,
      signature,
    ]);
  }
  await pool.query(
    `insert into messages (tenant_id, transaction_id, channel, recipient, subject, state, message_id)
     select tenant_id, transaction_id, 'email', customer_email, 'Entradas', 'accepted', transaction_id from transactions`,
  );
  await pool.query('select count_sales($1, array_agg(transaction_id)) from transactions', [hall.tenantId]);
  await pool.query(
    `select finish_steps($1, array_agg(transaction_id), array_agg(name), array_agg('done'::step_state),
                         array_agg(null::text), 1) from steps where state = 'pending'`,
    [hall.tenantId],
  );
}

/** The lines that the audit reports when this is done to the database, which stays as it is. */
async function reported(...violations: string[]): Promise<string[]> {
  const undo = new Error('undo');
  let ids: string[] = [];
  await transact(pool, async (tx) => {
    for (const text of violations) await tx.query({ text });
    const { lines } = await auditWithin(tx);
    ids = lines.filter((line) => line.count > 0).map((line) => line.id);
    throw undo;
  }).catch((error: unknown) => assert.equal(error, undo));
  return ids;
}

const firstSale = `(select transaction_id from fiscal_documents where number = 1)`;

test('a sound database has no violation, and every line was checked', async () => {
  const result = await runAudit(pool);
  assert.equal(result.violations, 0, JSON.stringify(result.lines.filter((line) => line.count > 0)));
  assert.equal(result.checked, 20);
});

const violations: Record<string, [invariant: string, ...sql: string[]]> = {
  'a seat sold twice': [
    'I1 seats',
    'drop index one_live_sale_per_seat',
    `update transaction_items set seat_no = 1 where seat_no = 3`,
  ],
  'a counter that is off': ['I1 zones', 'update zone_counters set sold = sold + 1'],
  'a sold seat without an item': [
    'I2 sold',
    `update seat_states set state = 'sold', hold_id = gen_random_uuid() where seat_no = 9`,
  ],
  'an item whose seat is free': [
    'I2 sold',
    `update seat_states set state = 'free', hold_id = null where seat_no = 1`,
  ],
  'a held seat without a hold': [
    'I2 held',
    `update seat_states set state = 'held', hold_id = gen_random_uuid() where seat_no = 9`,
  ],
  'a hold whose seat is free': [
    'I2 held',
    `update seat_states set state = 'free', hold_id = null where seat_no = 4`,
  ],
  'an item that adds up to another total': [
    'I3 sums',
    'update transaction_items set net = net + 1, total = total + 1 where seat_no = 1',
  ],
  'taxes that are not the sum of their amounts': [
    'I3 sums',
    `update transactions set tax_amounts = '{1}' where transaction_id = ${firstSale}`,
  ],
  'a number that is missing': ['I4 numbers', 'update fiscal_documents set number = 7 where number = 2'],
  'an instant that goes back': [
    'I5 instants',
    `update fiscal_documents set issued_at = issued_at + interval '1 hour' where number = 1`,
  ],
  'a document changed after its issue': [
    'I5 chain',
    'update fiscal_documents set total = total + 1 where number = 1',
  ],
  'a series that forgot its last hash': ['I5 chain', `update fiscal_series set last_hash = '\\x00'`],
  'a sale without a document': ['I6 document', 'delete from fiscal_documents where number = 2'],
  'a sale without an item for each place': ['I6 places', 'delete from transaction_items where seat_no = 2'],
  'a ticket that is missing': [
    'I6 tickets',
    `delete from tickets where item_no = 1 and transaction_id = ${firstSale}`,
  ],
  'a signature that is forged': [
    'I7 signatures',
    `update tickets set signature = reverse(signature) where item_no = 1`,
  ],
  'a sale that is completed too early': [
    'I8 steps',
    `update steps set state = 'pending', progress_event = null where name = 'statistics'`,
  ],
  'a mail that was never accepted': ['I8 messages', `update messages set state = 'queued'`],
  'a hold that outlived its time': [
    'I9 expiry',
    `update holds set expires_at = now() - interval '2 minutes' where state = 'live'`,
  ],
  'a seat that was not in the hold': [
    'I9 holds',
    'update holds set line_seat = array_replace(line_seat, 1, 99)',
  ],
  'a payment of another amount': ['I10 payments', 'update payments set amount = amount - 1'],
  'a sale without its key': ['I11 keys', `delete from idempotency_keys where transaction_id = ${firstSale}`],
  'statistics that are off': [
    'I13 statistics',
    'update zone_statistics set total = total + 1 where zone_no = 1',
  ],
  'a step of a sale that is not there': [
    'I15 tenants',
    `insert into steps (tenant_id, transaction_id, name, updated_at) values (2, gen_random_uuid(), 'sms', now())`,
  ],
};

for (const [name, [invariant, ...sql]] of Object.entries(violations)) {
  test(`the audit reports ${name}`, async () => {
    const ids = await reported(...sql);
    assert.ok(ids.includes(invariant), `${invariant} is not in ${ids.join(', ') || 'nothing'}`);
  });
}

test('every invariant has a violation that shows that it can fail', async () => {
  const { lines } = await runAudit(pool);
  assert.deepEqual(
    lines.map((line) => line.id).filter((id) => !Object.values(violations).some(([one]) => one === id)),
    [],
  );
});
