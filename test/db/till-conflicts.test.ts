import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { outcomeOf } from '../support/identity.ts';
import type { TillRecord } from '../../src/tills/till-record.ts';
import { Forger, type Conflict } from '../support/till-forger.ts';
import { startTillHall, type TillHall } from '../support/till-hall.ts';
import { exportAndVerify } from '../support/verify-export.ts';

let hall: TillHall;

before(async () => {
  hall = await startTillHall({ seats: 60, standing: 100 });
});
after(async () => {
  await hall.stop();
});

const brief = (conflicts: Conflict[]) =>
  conflicts.map((one) => [one.sequence, one.kind, one.number_without_document ?? null]);

/** Somebody buys a seat on line. */
async function buy(seatNo: number): Promise<void> {
  const hold = await hall.client.send('POST', '/sales/holds', {
    event_id: hall.event,
    seats: [hall.seat(seatNo)],
  });
  assert.equal(hold.status, 201, hold.text);
  const { hold_token } = hold.json as { hold_token: string };
  const body = { hold_token, customer: { name: 'Luis' }, payment: { method: 'cash' } };
  const headers = { 'idempotency-key': `web-${seatNo}` };
  assert.equal((await hall.client.send('POST', '/sales/checkout/confirm', body, headers)).status, 202);
}

/** The lease's places come on sale again, as when a till has not been heard of for longer than they are kept. */
async function expireHold(forger: Forger): Promise<void> {
  await hall.pool.query(
    `update holds set expires_at = now() - interval '1 second'
      where tenant_id = 1 and hold_id = (select hold_id from till_leases where tenant_id = 1 and lease_id = $1)`,
    [forger.lease.lease_id],
  );
  for (;;) {
    const { rows } = await hall.pool.query(
      `select from holds where tenant_id = 1 and state = 'live'
          and hold_id = (select hold_id from till_leases where tenant_id = 1 and lease_id = $1)`,
      [forger.lease.lease_id],
    );
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('what a till tells of after its Z waits for the next day, and numbers without a document stand in a Z', async () => {
  const forger = await Forger.lease(hall, [21, 22, 23]);
  await forger.turnDay();
  // One is sold, two is passed over.
  const sold = [forger.line(forger.record(1, 21)), forger.line(forger.record(3, 22))];
  assert.deepEqual(await forger.send(sold, 1), ['recorded', 'recorded']);
  await forger.turnDay(1);
  await hall.audit();
  const later = [forger.line(forger.record(5, 23))];
  const refused = await forger.sync(later, 3);
  assert.equal(outcomeOf(refused), 'fiscal_day_closed');
  const end = { last_sequence: 2, numbers_used: 5 };
  const back = await forger.till.send('POST', `/leases/${forger.lease.lease_id}/return`, end);
  assert.equal(outcomeOf(back), 'fiscal_day_closed', 'numbers that it passed over wait, too');
  await hall.audit();
  await forger.turnDay();
  assert.deepEqual(await forger.send(later, 3), ['recorded']);
  await forger.turnDay(2);
  const { rows } = await hall.pool.query<{ series: { count: number; without_document: number }[] }>(
    `select report->'series' as series from fiscal_days d join fiscal_points p using (tenant_id, point_no)
      where d.tenant_id = 1 and p.device_no = $1 order by day_no`,
    [forger.till.deviceNo],
  );
  const counts = rows.map(({ series: [sales] }) => [sales!.count, sales!.without_document]);
  assert.deepEqual(counts, [
    [2, 1],
    [1, 1],
  ]);
  await hall.audit();
  assert.match(await exportAndVerify(hall.databaseUrl, 1), /Zs are sound/);
});

test('what cannot be a document keeps its number and holds up nothing after it', async () => {
  const forger = await Forger.lease(hall, [1, 2, 3, 4]);
  const good = (number: number, seatNo: number) => forger.line(forger.record(number, seatNo));
  const place = (total: number) => [{ zone_no: 1, seat_no: 2, kind: null, total }];
  const money = { method: 'cash' as const, amount: 1, tendered: null, reference: null };
  const lines = [
    good(1, 1),
    // Cheaper than the lease says.
    forger.line(forger.record(2, 2, { places: place(1), total: 1, payment: money })),
    // A seat that nobody leased.
    forger.line(forger.record(3, 50)),
    // Paid less than the total.
    forger.line(forger.record(4, 2, { payment: money })),
    // Another currency.
    forger.line(forger.record(5, 2, { currency: 'EUR' })),
    // Of no lease; beyond the block; used before.
    forger.line(forger.record(6, 2, { lease_id: '00000000-0000-4000-8000-000000000000' })),
    forger.line(forger.record(11, 2)),
    forger.line(forger.record(1, 2)),
    // Six is passed over.
    good(7, 2),
    good(8, 3),
  ];
  const c = 'conflict';
  assert.deepEqual(await forger.send(lines, 1), ['recorded', c, c, c, c, c, c, c, 'recorded', 'recorded']);
  assert.deepEqual(await forger.documents(), [1, 7, 8]);
  assert.deepEqual(brief(await forger.conflicts()), [
    [2, 'price_unknown', 2],
    [3, 'price_unknown', 3],
    [4, 'sum_wrong', 4],
    [5, 'sum_wrong', 5],
    [6, 'lease_unknown', null],
    [7, 'number_not_in_block', null],
    [8, 'number_reused', null],
    [9, 'number_skipped', 6],
  ]);
  await hall.audit();
  // Sent again, nothing changes.
  assert.deepEqual(await forger.send(lines, 1), ['replayed', c, c, c, c, c, c, c, 'replayed', 'replayed']);
  assert.equal((await forger.conflicts()).length, 8);
  await hall.audit();
});

test('a tampered line is kept as it came, its number is accounted for, and the chain goes on', async () => {
  const forger = await Forger.lease(hall, [5, 6, 7]);
  const lines = [
    forger.line(forger.record(1, 5)),
    forger.line(forger.record(2, 6), (line) => line.replace('"total":2900', '"total":1900')),
    forger.line(forger.record(3, 7)),
    forger.line(forger.record(4, null), () => 'nothing that a till writes'),
  ];
  assert.deepEqual(await forger.send(lines, 1), ['recorded', 'conflict', 'recorded', 'conflict']);
  assert.deepEqual(await forger.documents(), [1, 3]);
  const conflicts = await forger.conflicts();
  assert.deepEqual(brief(conflicts), [
    [2, 'record_tampered', null],
    [3, 'number_skipped', 2],
    [4, 'record_tampered', null],
  ]);
  assert.equal(conflicts[0]!.line, lines[1]);
  assert.equal(conflicts[2]!.line, lines[3]);
  // A line rewritten after it was told of is a conflict of its own, once.
  const other = lines[0]!.replace('Ana', 'Eva');
  for (let i = 0; i < 2; i++) assert.deepEqual(await forger.send([other], 1), ['conflict']);
  assert.deepEqual(brief((await forger.conflicts()).slice(3)), [[1, 'sequence_reused', null]]);
  // The till says how many numbers it has used, so that the last one is not given to anybody else.
  const where = `/leases/${forger.lease.lease_id}/return`;
  assert.equal((await forger.till.send('POST', where, { last_sequence: 4, numbers_used: 4 })).status, 200);
  assert.deepEqual(brief((await forger.conflicts()).slice(4)), [[undefined, 'number_skipped', 4]]);
  assert.equal((await forger.till.send('POST', where, { last_sequence: 4, numbers_used: 4 })).status, 200);
  assert.equal((await forger.conflicts()).length, 5);
  await hall.audit();
});

test('a place that is somebody else’s by now: the document stands, its place is given back, people settle it', async () => {
  const forger = await Forger.lease(hall, [10, 11]);
  await expireHold(forger);
  await buy(10);
  const both = forger.record(1, 10);
  both.places.push({ zone_no: 1, seat_no: 11, kind: null, total: 2_900 });
  both.total = both.payment.amount = 5_800;
  both.customer.email = 'ana@example.com';
  // Seat 11 is on sale again and nobody has it: it stays the buyer's.
  assert.deepEqual(await forger.send([forger.line(both)]), ['recorded']);
  const conflicts = await forger.conflicts();
  assert.deepEqual(brief(conflicts), [[1, 'place_taken', null]]);
  const { rows } = await hall.pool.query(
    `select seat_no, state from transaction_items where tenant_id = 1 and transaction_id = $1 order by item_no`,
    [conflicts[0]!.transaction_id],
  );
  assert.deepEqual(rows, [
    { seat_no: 10, state: 'returned' },
    { seat_no: 11, state: 'live' },
  ]);
  await hall.audit();
});

test('sold after the lease, or by a clock that is off: recorded, and told', async () => {
  const forger = await Forger.lease(hall, [15, 16, 17]);
  const leased = Date.parse(forger.lease.leased_at);
  const late = new Date(Date.parse(forger.lease.sells_until) + 1_000).toISOString();
  const lines = [
    forger.line(forger.record(1, 15, { at: late })),
    forger.line(forger.record(2, 16, { at: new Date(leased - 3_600_000).toISOString() })),
    forger.line(forger.record(3, 17)),
  ];
  assert.deepEqual(await forger.send(lines), ['recorded', 'recorded', 'recorded']);
  assert.deepEqual(brief(await forger.conflicts()), [
    [1, 'lease_expired', null],
    [2, 'clock_wrong', null],
  ]);
  await hall.audit();
});

test('texts that cannot be kept, and numbers of cards, do not get in', async () => {
  const forger = await Forger.lease(hall, [20]);
  const named = (name: string) =>
    forger.record(1, 20, { customer: { name, email: null, phone: null, document: null, locale: 'es' } });
  const lines = [
    forger.line(named('a\0b')),
    forger.line(named('\ud800')),
    forger.line(named('4111 1111 1111 1111')),
    forger.line({ ...forger.record(1, 20), more: 1 } as TillRecord),
    forger.line(forger.record(1, 20)),
  ];
  assert.deepEqual(await forger.send(lines), ['conflict', 'conflict', 'conflict', 'conflict', 'recorded']);
  assert.deepEqual(await forger.documents(), [1]);
  const { rows } = await hall.pool.query(`select from till_records where line like '%4111 1111%'`);
  assert.equal(rows.length, 0);
  await hall.audit();
});

test('staff settle a conflict once, with a note that is on record; others may not', async () => {
  const forger = await Forger.lease(hall, [25]);
  await forger.send([forger.line(forger.record(99, 25))]);
  const [conflict] = await forger.conflicts();
  const where = `/sellers/1/tills/${forger.till.deviceNo}/conflicts/${conflict!.id}/resolve`;
  const how = { resolution: 'refunded', note: 'Money given back at the window' };
  const device = await forger.till.send('POST', `/conflicts/${conflict!.id}/resolve`, how);
  assert.equal(device.status, 403);
  for (const body of [{}, { ...how, note: ' ' }, { ...how, resolution: 'other' }])
    assert.equal((await hall.owner.send('POST', where, body)).status, 422);
  const settled = await hall.owner.send('POST', where, how);
  assert.equal(settled.status, 200, settled.text);
  assert.equal((settled.json as Conflict).resolution, 'refunded');
  const again = await hall.owner.send('POST', where, how);
  assert.equal((again.json as { code: string }).code, 'till_conflict_resolved');
  const missing = await hall.owner.send('POST', where.replace(/\d+\/resolve/, '77/resolve'), how);
  assert.equal((missing.json as { code: string }).code, 'till_conflict_not_found');
  assert.deepEqual([(await forger.conflicts()).length, (await forger.conflicts('all')).length], [0, 1]);
  const { rows } = await hall.pool.query(
    `select actor_kind, verb, after->>'resolution' as resolution from audit_log where object_kind = 'till_conflict'`,
  );
  assert.deepEqual(rows, [{ actor_kind: 'staff', verb: 'resolve', resolution: 'refunded' }]);
  await hall.audit();
});
