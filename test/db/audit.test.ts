import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { readPrivateKey, signTicket } from '../../src/admission/ticket-code.ts';
import { auditWithin, runAudit, type AuditOptions } from '../../src/audit/run-audit.ts';
import { confirmSales, type Customer } from '../../src/checkout/confirm-sales.store.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { endHolds } from '../../src/holds/end-holds.store.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { admissionViolations, fillDoor } from '../support/admission-violations.ts';
import { messageViolations } from '../support/message-violations.ts';
import { brokenUses } from '../support/broken-uses.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bareBlocks, block, fillFromBlocks, rechainBlock, withoutChecks } from '../support/block-sales.ts';
import { dayViolations, fillDays, noteViolations } from '../support/fiscal-violations.ts';
import { fillIntents, foreignOrders, keyViolations, orderViolations } from '../support/order-violations.ts';
import { fillRefunds, refundViolations, strayItem } from '../support/refund-violations.ts';
import { statisticsViolations } from '../support/statistics-violations.ts';
import { fillTill, looseNumbers, tillViolations } from '../support/till-violations.ts';
import { confirmOrder, createHall, placeOrder, type Hall } from '../support/hall.ts';

let database: TestDatabase;
let pool: Pool;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 2, name: 'test' });
  await fill(await createHall(pool, { tenantId: 1 }));
  await fill(await createHall(pool, { tenantId: 2 }));
});
after(async () => {
  await pool.end();
  await database.drop();
});

/**
 * Sale 1 (seats 1 and 2, three standing, of which one went back) and sale 2 (seat 3) with all that follows them; sale 3 (seat 5,
 * without an address), which nothing has followed yet; a live hold (seat 4, two standing) and a released one.
 */
async function fill(hall: Hall): Promise<void> {
  const holds = [
    placeOrder([1, 2], 3),
    placeOrder([3]),
    placeOrder([5]),
    placeOrder([4], 2),
    placeOrder([6]),
  ];
  await placeHolds(pool, hall, holds, 600);
  await endHolds(pool, hall, [holds[4]!.holdId], 'released');
  const anonymous: Customer = { name: 'Luis', locale: 'es' };
  const orders = [
    confirmOrder(holds[0]!.holdId),
    confirmOrder(holds[1]!.holdId),
    confirmOrder(holds[2]!.holdId, { customer: anonymous }),
  ];
  // Each in a group of its own, so that each has its own instant.
  for (const order of orders) await confirmSales(pool, hall, 1, [order]);
  await fillFromBlocks(pool, hall);
  await fillDays(pool, hall);
  await fillTill(pool, hall);
  const followed = orders.slice(0, 2).map((order) => order.transactionId);
  await makeTickets(hall, followed);
  await fillIntents(pool, hall, orders[2]!.transactionId);
  await pool.query(
    `insert into messages (tenant_id, transaction_id, channel, recipient, subject, state, message_id)
     select $1, id, 'email', 'ana@example.com', 'Entradas', 'accepted', id from unnest($2::uuid[]) id`,
    [hall.tenantId, followed],
  );
  await pool.query('select count_sales($1, $2)', [hall.tenantId, followed]);
  await pool.query(
    `select finish_steps($1, array_agg(transaction_id), array_agg(name), array_agg('done'::step_state),
                         array_agg(null::text), 1)
       from steps where tenant_id = $1 and state = 'pending' and transaction_id = any ($2)`,
    [hall.tenantId, followed],
  );
  await fillRefunds(pool, hall, followed[0]!);
  await fillDoor(pool, hall, followed[0]!);
}

async function makeTickets(hall: Hall, transactionIds: string[]): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  });
  await pool.query('insert into seller_keys values ($1, 1, $2, $3)', [hall.tenantId, publicKey, privateKey]);
  const { rows } = await pool.query<{ transactionId: string; itemNo: number }>(
    `select transaction_id as "transactionId", item_no as "itemNo" from transaction_items
      where tenant_id = $1 and transaction_id = any ($2)`,
    [hall.tenantId, transactionIds],
  );
  for (const place of rows) {
    const signature = signTicket({ ...hall, ...place, keyId: 1, generation: 1 }, readPrivateKey(privateKey));
    await pool.query('insert into tickets values ($1, $2, $3, 1, $4)', [
      hall.tenantId,
      place.transactionId,
      place.itemNo,
      signature,
    ]);
  }
  // The ticket of sale 2 got another code, and then another holder.
  const ticket = { ...rows.find((row) => row.transactionId === transactionIds[1])!, ...hall, keyId: 1 };
  await pool.query(
    `insert into ticket_transfers values ($1, $2, $2, $3, '\\x01', now(), now(), null, now(), '\\x02', 'Luis',
                                          'l@example.com', 'es')`,
    [hall.tenantId, ticket.transactionId, ticket.itemNo],
  );
  for (const [generation, transferId, reason] of [
    [2, null, 'reissued'],
    [3, ticket.transactionId, 'transferred'],
  ] as const) {
    const signature = signTicket({ ...ticket, generation }, readPrivateKey(privateKey));
    await pool.query('select renew_ticket_code($1, $2, $3, $4, $5, 1::smallint, $6, $7, $8, now())', [
      hall.tenantId,
      hall.eventId,
      ticket.transactionId,
      ticket.itemNo,
      generation - 1,
      signature,
      transferId,
      reason,
    ]);
  }
}

/** The lines that the audit reports when this has been done to the database, which stays as it is. */
async function reported(statements: readonly string[], options: AuditOptions = {}): Promise<string[]> {
  const undo = new Error('undo');
  let ids: string[] = [];
  await transact(pool, async (tx) => {
    for (const text of statements) await tx.query({ text });
    const { lines } = await auditWithin(tx, options);
    ids = lines.filter((line) => line.count > 0).map((line) => line.id);
    throw undo;
  }).catch((error: unknown) => assert.equal(error, undo));
  return ids;
}

const mine = 'tenant_id = 1';
const sale = (number: number) =>
  `${mine} and transaction_id = (select transaction_id from fiscal_documents where ${mine} and number = ${number})`;
const thatSale = (number: number) =>
  `(select transaction_id from fiscal_documents where ${mine} and number = ${number})`;
const event = `(select event_id from events where ${mine})`;
/** Makes the chain sound again after documents were changed, so that only the change itself is wrong. */
const rechain = [
  `update fiscal_documents d set hash = c.hash
     from (select number, fiscal_chain('\\x'::bytea, fiscal_content(series_id, number, transaction_id, issued_at, taxes,
                                                                    total, currency)) over (order by number) as hash
             from fiscal_documents where ${mine} and series_id = 1) c
    where d.${mine} and d.series_id = 1 and d.number = c.number`,
  `update fiscal_series set last_hash = (select hash from fiscal_documents where ${mine} and series_id = 1
                                      order by number desc limit 1)
    where ${mine} and series_id = 1`,
];

/** What is done by hand, and the one line that must report it. Guards that are constraints are dropped first. */
const violations: Record<string, Record<string, string[]>> = {
  'I1 seats': {
    'a seat sold twice': [
      'drop index one_live_sale_per_seat',
      `update transaction_items set seat_no = 1 where ${sale(2)}`,
      `update holds set line_seat = '{1}' where ${sale(2)}`,
      `update seat_states set state = 'free', hold_id = null where ${mine} and seat_no = 3`,
    ],
  },
  'I1 zones': {
    'a counter that is off': [`update zone_counters set sold = sold + 1 where ${mine}`],
    'a zone without a counter': [`delete from zone_counters where ${mine}`],
    'a counter of another capacity': [`update zone_counters set capacity = capacity + 1 where ${mine}`],
    'more places than the zone has': [
      'alter table zone_counters drop constraint zone_counters_check',
      `update zone_counters set capacity = 3 where ${mine}`,
      `update zones set capacity = 3 where ${mine} and kind = 'general'`,
    ],
  },
  'I1 tables': {
    'a table of which some seats were sold': [
      `insert into price_lists select tenant_id, event_id, pricing_version, '{"wholeTables": [{"zoneNo": 1, "rows": ["1"]}]}',
                                      created_at - interval '1 day'
         from holds where ${mine} and state = 'confirmed' limit 1`,
    ],
  },
  'I2 sold': {
    'a sold seat without an item': [
      `update seat_states set state = 'sold', hold_id = gen_random_uuid() where ${mine} and seat_no = 9`,
    ],
    'an item whose seat is free': [
      `update seat_states set state = 'free', hold_id = null where ${mine} and seat_no = 1`,
    ],
    'an item whose seat is blocked': [
      `update seat_states set state = 'blocked', hold_id = null where ${mine} and seat_no = 1`,
    ],
  },
  'I2 held': {
    'a held seat without a hold': [
      `update seat_states set state = 'held', hold_id = gen_random_uuid() where ${mine} and seat_no = 9`,
    ],
    'a hold whose seat is free': [
      `update seat_states set state = 'free', hold_id = null where ${mine} and seat_no = 4`,
    ],
    'a seat in two live holds': [
      `update holds set state = 'live', line_seat = '{4}' where ${mine} and state = 'released'`,
    ],
  },
  'I3 lines': {
    'an item that does not add up': [
      'alter table transaction_items drop constraint transaction_items_check',
      `update transaction_items set net = net + 3 - 2 * item_no where ${sale(1)} and item_no in (1, 2)`,
    ],
    'an amount below nothing': [
      'alter table transaction_items drop constraint transaction_items_net_check',
      'alter table transaction_items drop constraint transaction_items_total_check',
      `update transaction_items set net = net + (2 * item_no - 3) * 9000, total = total + (2 * item_no - 3) * 9000
        where ${sale(1)} and item_no in (1, 2)`,
    ],
  },
  'I3 sums': {
    'an item of another price': [
      `update transaction_items set net = net + 1, total = total + 1 where ${sale(3)}`,
    ],
    'taxes that are not the sum of their amounts': [
      `update transactions set tax_amounts = '{1}' where ${sale(3)}`,
      `update holds set tax_amounts = '{1}' where ${sale(3)}`,
    ],
  },
  'I3 quote': {
    'another price than was quoted': [`update holds set net = net + 1, total = total + 1 where ${sale(1)}`],
  },
  'I4 numbers': {
    'a number that is missing': [
      `update fiscal_documents set number = 7 where ${mine} and number = 3`,
      ...rechain,
    ],
    'a number skipped before the first': [
      `update fiscal_series set first_number = 2 where ${mine} and series_id = 1`,
    ],
    'a number given away': [`update fiscal_series set next_number = next_number + 1 where ${mine}`],
    ...noteViolations.numbers,
    ...looseNumbers,
    'a rest that was lost': [...bareBlocks, `update fiscal_blocks set last_number = 4 where ${block(1)}`],
  },
  'I4 blocks': {
    'a strict series with blocks': [
      ...bareBlocks,
      `update fiscal_series set numbering = 'strict' where ${mine} and series_id = 9`,
    ],
    'a block whose rest is of another': [
      ...bareBlocks,
      `update fiscal_blocks set from_block_no = null where ${block(2)}`,
    ],
    'an open block with a rest that waits': [
      ...bareBlocks,
      ...withoutChecks,
      `update fiscal_blocks set rest_number = 1 where ${block(2)}`,
    ],
    'a void block without its reason': [
      ...bareBlocks,
      ...withoutChecks,
      `update fiscal_blocks set void_reason = null where ${block(3)}`,
    ],
  },
  'I5 instants': {
    'an instant that goes back': [
      `update fiscal_documents set issued_at = issued_at - interval '1 hour' where ${mine} and number = 2`,
      ...rechain,
    ],
    'an instant that goes back in a block': [
      `update fiscal_documents set issued_at = issued_at + interval '1 hour' where ${mine} and number = 101`,
      ...rechainBlock,
    ],
    ...noteViolations.instants,
    'a block behind its documents': [
      `update fiscal_blocks set last_issued_at = '-infinity' where ${mine} and series_id = 3 and block_no = 1`,
    ],
    'a series behind its documents': [`update fiscal_series set last_issued_at = '-infinity' where ${mine}`],
  },
  'I5 chain': {
    'a document changed after its issue': [
      `update fiscal_documents set issued_at = issued_at - interval '1 microsecond' where ${mine} and number = 2`,
    ],
    'a document of a block changed after its issue': [
      `update fiscal_documents set issued_at = issued_at - interval '1 microsecond' where ${mine} and number = 101`,
    ],
    ...noteViolations.chain,
    'a block that forgot its last hash': [
      `update fiscal_blocks set last_hash = '\\x00' where ${mine} and series_id = 3 and block_no = 1`,
    ],
    'a block that starts its chain elsewhere': [
      ...bareBlocks,
      `update fiscal_blocks set last_hash = '\\x00' where ${block(2)}`,
    ],
    'a series that forgot its last hash': [`update fiscal_series set last_hash = '\\x00' where ${mine}`],
  },
  'I6 document': {
    'a sale whose document is of another': [
      `update fiscal_documents set transaction_id = gen_random_uuid() where ${mine} and number = 2`,
      ...rechain,
    ],
    'a document of another total': [
      `update fiscal_documents set taxes = taxes + 1 where ${mine} and number = 2`,
      ...rechain,
    ],
    'two documents of one sale': [
      'alter table fiscal_documents drop constraint fiscal_documents_tenant_id_transaction_id_key',
      `insert into fiscal_documents select tenant_id, series_id, 4, transaction_id, issued_at, taxes, total, currency, hash
         from fiscal_documents where ${mine} and number = 3`,
      `update fiscal_series set next_number = 5 where ${mine} and series_id = 1`,
      ...rechain,
    ],
  },
  'I6 tickets': {
    'a place without a ticket': [`delete from tickets where item_no = 1 and ${sale(1)}`],
    'a ticket for no place': [`insert into tickets values (1, ${thatSale(1)}, 9, 1, '\\x00')`],
    'a completed sale without tickets': [
      `delete from tickets where ${sale(1)} and item_no < 5`,
      `update steps set state = 'failed' where name = 'tickets' and ${sale(1)}`,
    ],
  },
  'I7 signatures': {
    'a forged signature': [
      `update tickets set signature = set_byte(signature, 0, get_byte(signature, 0) # 1) where item_no = 1 and ${sale(1)}`,
    ],
    'a ticket that was signed for another place': [
      `update tickets set signature = (select signature from tickets where item_no = 2 and ${sale(1)})
        where item_no = 1 and ${sale(1)}`,
    ],
    'a key that is lost': [`delete from seller_keys where ${mine}`],
  },
  'I7 codes': {
    'a code that is not revoked': [`delete from revoked_codes where ${mine} and revocation_no = 1`],
    'a revoked code of a ticket that has no other': [
      `update revoked_codes set item_no = 9 where ${mine} and revocation_no = 1`,
    ],
    'a counter that went on alone': [`update revocation_counters set last_no = 9 where ${mine}`],
  },
  'I7 transfers': {
    'a ticket of a transfer that nobody accepted': [
      `update ticket_transfers set accepted_at = null, withdrawn_at = now(), accept_key_hash = null, holder_name = null,
              holder_email = null, holder_locale = null where ${mine}`,
      `update revoked_codes set reason = 'reissued' where ${mine}`,
    ],
    'an acceptance that revoked nothing': [`update revoked_codes set reason = 'reissued' where ${mine}`],
  },
  'I8 steps': {
    'a sale completed too early': [
      `update steps set state = 'pending', progress_event = null where name = 'email' and ${sale(1)}`,
    ],
    'a sale that never completed': [
      `update steps set state = 'skipped', progress_event = 2 where ${sale(3)}`,
    ],
    'a step that never ended': [
      `update transactions set created_at = now() - interval '26 hours' where ${sale(3)}`,
    ],
    'a sale without any step': [`delete from steps where ${sale(3)}`],
  },
  'I8 messages': {
    'a mail that was never accepted': [`update messages set state = 'failed' where ${sale(1)}`],
    'a mail that was never written': [`delete from messages where ${sale(1)}`],
    'a mail that is still on its way after its step has failed': [
      `update messages set state = 'sending' where ${sale(1)}`,
      `update steps set state = 'failed' where name = 'email' and ${sale(1)}`,
    ],
    'an address without its step': [`update transactions set customer_phone = '+58' where ${sale(1)}`],
  },
  ...messageViolations,
  'I9 expiry': {
    'a hold that outlived its time': [
      `update payment_intents set expires_at = now() - interval '2 hours' where ${mine} and state = 'awaiting'`,
      `update holds set expires_at = now() - interval '1 hour' where ${mine} and state = 'live'`,
    ],
  },
  'I9 holds': {
    'a sale of another hold': [`update transactions set hold_id = gen_random_uuid() where ${sale(3)}`],
    'a confirmed hold without a sale': [
      `update holds set state = 'confirmed', transaction_id = gen_random_uuid(), line_zone = '{}', line_seat = '{}',
                        line_quantity = '{}' where ${mine} and state = 'released'`,
    ],
  },
  'I9 places': {
    'a seat that was not in the hold': [
      `update holds set line_seat = array_replace(line_seat, 1, 99) where ${sale(1)}`,
    ],
    'more standing places than were held': [
      `update holds set line_quantity = array_replace(line_quantity, 3::smallint, 2::smallint) where ${sale(1)}`,
    ],
  },
  'I10 payments': {
    'a payment of another amount': [`update payments set amount = amount - 1 where ${sale(1)}`],
    'a payment in another currency': [`update payments set currency = 'EUR' where ${sale(1)}`],
    'a payment that was never captured': [`update payments set state = 'pending' where ${sale(2)}`],
  },
  ...orderViolations,
  ...refundViolations,
  'I11 keys': keyViolations,
  'I12 tills': tillViolations,
  ...statisticsViolations,
  'I13 counted': {
    'a completed sale whose counting failed': [
      `update steps set state = 'failed' where ${sale(2)} and name = 'statistics'`,
      `select rebuild_statistics(1, null, 100)`,
    ],
  },
  'I13 found': {
    'a sale that no list has': [`delete from sale_terms where ${sale(2)} and kind = 'event'`],
  },
  ...dayViolations,
  ...admissionViolations,
  'I15 events': {
    'a hold of an event that the seller has not': [
      `update holds set event_id = 99 where ${mine} and state = 'released'`,
    ],
    'an item of another event than its sale': strayItem(thatSale(3)),
    'an item in another zone than its seat': [`update seats set zone_no = 2 where ${mine} and seat_no = 5`],
    'a seat without a state': [`delete from seat_states where ${mine} and seat_no = 50`],
    'a state without a seat': [`insert into seat_states values (1, ${event}, 999)`],
  },
  'I15 retired': {
    'a seat that was left out and is free': [
      `update seats set retired = true where ${mine} and seat_no = 50`,
    ],
  },
  'I15 sales': {
    "a step of another seller's sale": [
      `insert into steps (tenant_id, transaction_id, name, updated_at) values (2, ${thatSale(1)}, 'sms', now())`,
    ],
    "a payment of another seller's sale": [
      `insert into payments values (2, ${thatSale(1)}, 1, 'cash', 'pending', 1, 'USD', null, now())`,
    ],
    ...foreignOrders,
    "a message of another seller's sale": [
      `insert into messages (tenant_id, transaction_id, channel, recipient, subject, state, message_id)
       values (2, ${thatSale(1)}, 'email', 'a', 'b', 'accepted', 'c')`,
    ],
  },
  'I16 uses': brokenUses,
  'I19 owners': {
    'a seller whose only owner was deactivated': [
      `with person as (insert into staff_users (id, name, email) values (gen_random_uuid(), 'Ana', 'ana@example.com')
                       returning id)
       insert into staff (tenant_id, user_id, role, deactivated_at) select 1, id, 'owner', now() from person`,
    ],
  },
};

test('a sound database has no violation, whatever state its sales and holds are in', async () => {
  const { violations: found, lines } = await runAudit(pool);
  assert.equal(found, 0, JSON.stringify(lines.filter((line) => line.count > 0)));
});

describe('the audit reports, and on no other line', () => {
  for (const [id, ways] of Object.entries(violations)) {
    for (const [name, statements] of Object.entries(ways)) {
      test(`${id}: ${name}`, async () => assert.deepEqual(await reported(statements), [id]));
    }
  }
});

test('every line has a violation here, and stands in docs/INVARIANTS.md in the same words', async () => {
  const { lines, checked } = await runAudit(pool);
  assert.deepEqual(lines.map((line) => line.id).toSorted(), Object.keys(violations).toSorted());
  assert.equal(checked, lines.length);
  const document = readFileSync(new URL('../../docs/INVARIANTS.md', import.meta.url), 'utf8');
  const written = [...document.matchAll(/^\| (I\d+ \S+) \| ([^|]+) \|/gm)].map(
    ([, id, sentence]) => `${id}: ${sentence}`,
  );
  assert.deepEqual(written.toSorted(), lines.map(({ id, sentence }) => `${id}: ${sentence}`).toSorted());
});

test('holds that expired while no server ran are no violation', async () => {
  const asleep = [
    `update payment_intents set expires_at = now() - interval '23 hours 30 minutes' where state = 'awaiting'`,
    `update holds set created_at = now() - interval '1 day', expires_at = now() - interval '23 hours'`,
  ];
  assert.deepEqual(await reported(asleep), []);
});

test('an audit of one seller looks at that seller alone', async () => {
  for (const [id, ways] of Object.entries(violations)) {
    if (id === 'I15 sales') continue;
    for (const [name, statements] of Object.entries(ways)) {
      assert.deepEqual(await reported(statements, { tenantId: 1 }), [id], name);
      assert.deepEqual(await reported(statements, { tenantId: 2 }), [], name);
    }
  }
});

test('each line is told with its count, and with the culprits by name', async () => {
  const told: string[] = [];
  const freed = `update seat_states set state = 'free', hold_id = null where ${mine} and seat_no in (1, 3)`;
  await reported([freed], { onLine: (line) => told.push(line) });
  const at = told.findIndex((line) => /^I2 sold +2 {2}A sold seat/.test(line));
  const culprits = told.slice(at + 1, at + 3).map((line) => line.trim());
  assert.deepEqual(culprits.toSorted(), [
    'seat 1-1-s1: an item, but not sold',
    'seat 1-1-s3: an item, but not sold',
  ]);
  assert.ok(told.some((line) => /^I7 signatures +0 {2}/.test(line)));
});
