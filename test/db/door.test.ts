import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { uuidv7 } from '../../src/base/ids.ts';
import { addScannerCommand } from '../../src/cli/add-scanner.ts';
import { DoorHall, type VerdictJson } from '../support/door-hall.ts';
import { withoutGuard } from '../support/guards.ts';
import { createHall } from '../support/hall.ts';
import { outcomeOf, signedIn } from '../support/identity.ts';
import { json } from '../support/payment-hall.ts';
import { runCommand } from '../support/run-command.ts';

let hall: DoorHall;
before(async () => {
  hall = await DoorHall.start();
});
beforeEach(() => hall.renew());
after(() => hall.stop());

const sound = () => hall.sales.house.assertSound();

test('a ticket comes in once, leaves, and comes in again; each refusal says when and where it came in', async () => {
  const { codes } = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  const [code = '', other = ''] = codes;
  const first = await hall.scan(scanner, code);
  assert.equal(first.verdict, 'admitted');
  assert.equal(first.ticket?.name, 'Ana Pérez');
  assert.equal(first.ticket.state, 'inside');
  const again = await hall.scan(scanner, ` ${code.toLowerCase()}\r`);
  assert.equal(again.verdict, 'already_admitted');
  assert.equal(again.before?.scan_id, first.scan_id);
  assert.equal((await hall.scan(scanner, other, { direction: 'exit' })).verdict, 'not_inside');
  assert.equal((await hall.scan(scanner, code, { direction: 'exit' })).verdict, 'left');
  assert.equal((await hall.scan(scanner, code)).verdict, 'admitted');
  await hall.setDoor({ reentry: false });
  assert.equal((await hall.scan(scanner, code, { direction: 'exit' })).verdict, 'left');
  assert.equal((await hall.scan(scanner, code)).verdict, 'already_admitted');
  await sound();
});

test('the same scan again changes nothing, and its id is for no other scan', async () => {
  const { codes, id } = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  const scanId = uuidv7(Date.now());
  const scans = await Promise.all([1, 2, 3].map(() => hall.scan(scanner, codes[0]!, { scan_id: scanId })));
  assert.deepEqual(
    scans.map(({ verdict }) => verdict),
    ['admitted', 'admitted', 'admitted'],
  );
  assert.equal(await hall.sales.count('scans'), 1);
  const reused = await scanner.send('PUT', `${hall.path}/scans/${scanId}`, { gate_id: 0, code: codes[1] });
  assert.equal(outcomeOf(reused), 'scan_id_reused');
  const notV7 = await scanner.send('PUT', `${hall.path}/scans/00000000-0000-4000-8000-000000000000`, {
    gate_id: 0,
    code: codes[1],
  });
  assert.equal(outcomeOf(notV7), 'not_found');
  for (const body of [{ gate_id: 0 }, { gate_id: 0, code: 'TQ-X', ticket_id: `${id}-1` }])
    assert.equal(
      outcomeOf(await scanner.send('PUT', `${hall.path}/scans/${uuidv7(Date.now())}`, body)),
      'body_invalid',
    );
  await sound();
});

/** How often a ticket is let in that is scanned at two gates of two processes at once. */
async function race(): Promise<number> {
  const scanners = await Promise.all([0, 1, 0, 1].map((process) => hall.scanner('Puerta', process)));
  const [gate = 0, side = 0] = await hall.setDoor({
    gates: ['Norte', 'Sur'].map((name) => ({ name, zone_ids: [], ticket_kinds: [] })),
  });
  let doubles = 0;
  for (let round = 0; round < 5; round++) {
    const { codes } = await hall.sell([round + 1]);
    const scans = await Promise.all(
      scanners.map((scanner, i) => hall.scan(scanner, codes[0]!, { gate_id: i % 2 ? gate : side })),
    );
    doubles += scans.filter(({ verdict }) => verdict === 'admitted').length - 1;
  }
  return doubles;
}

test('of one ticket at two gates at once, both on line, one is let in', async () => {
  assert.equal(await race(), 0);
  await sound();
});

test('a scanner comes by a code from the command line, and the log says so', async () => {
  const { client, database } = hall.sales.house;
  const seller = String(hall.sales.tenantId);
  const run = (...args: string[]) =>
    runCommand([addScannerCommand], { DATABASE_URL: database.url }, ['add-scanner', ...args]);
  const { code, out } = await run('--seller', seller, '--name', 'Norte');
  assert.equal(code, 0, out);
  const typed = new RegExp(`^ {2}(${seller}-\\d+-\\w{6})$`, 'm').exec(out)?.[1];
  const enrolled = await client.send('POST', '/devices/enrol', { code: typed });
  const { kind, name } = json<{ kind: string; name: string }>(enrolled);
  assert.deepEqual([kind, name], ['scanner', 'Norte']);
  assert.equal(await hall.sales.count('audit_log', `actor_id = 'add-scanner' and verb = 'register'`), 1);
  assert.notEqual((await run('--seller', '999')).code, 0);
  assert.notEqual((await run()).code, 0);
});

test('gates admit by zone, and say which gate does; doors open and close', async () => {
  const { codes } = await hall.sell([1], 1);
  const [seat = '', standing = ''] = codes;
  const scanner = await hall.scanner();
  const zone = (no: number) => `${hall.eventId}-z${no}`;
  const gates = [
    { name: 'Platea', zone_ids: [zone(1)], ticket_kinds: [] },
    { name: 'General', zone_ids: [zone(2)], ticket_kinds: [] },
  ];
  const [stalls = 0, general = 0] = await hall.setDoor({ gates });
  const wrong = await hall.scan(scanner, standing, { gate_id: stalls });
  assert.equal(wrong.verdict, 'not_valid_here');
  assert.deepEqual(wrong.admitting_gates, ['General']);
  assert.equal((await hall.scan(scanner, standing, { gate_id: general })).verdict, 'admitted');
  const missing = await scanner.send('PUT', `${hall.path}/scans/${uuidv7(Date.now())}`, {
    gate_id: 0,
    code: seat,
  });
  assert.equal(outcomeOf(missing), 'gate_not_found');

  const kept = gates.map((gate, i) => ({ id: [stalls, general][i], ...gate }));
  await hall.setDoor({ gates: kept, opens_at: '2999-01-01T00:00:00Z' });
  assert.equal((await hall.scan(scanner, seat, { gate_id: stalls })).verdict, 'too_early');
  await hall.setDoor({ gates: kept, closes_at: '2020-01-01T00:00:00Z' });
  assert.equal((await hall.scan(scanner, seat, { gate_id: stalls })).verdict, 'too_late');

  const { staff } = hall.sales;
  const stale = await staff.send('PUT', `${hall.path}/door`, {
    ...{ version: 1, opens_at: null, closes_at: null, reentry: true },
    gates: [],
  });
  assert.equal(outcomeOf(stale), 'door_changed');
  const body = (gate: Record<string, unknown>) => ({
    ...{ version: 3, opens_at: null, closes_at: null, reentry: true },
    gates: [{ name: 'Nueva', zone_ids: [], ticket_kinds: [], ...gate }],
  });
  for (const gate of [
    { id: 99 },
    { zone_ids: ['1-99-z1'] },
    { zone_ids: [zone(9)] },
    { ticket_kinds: ['vip'] },
  ])
    assert.equal(outcomeOf(await staff.send('PUT', `${hall.path}/door`, body(gate))), 'body_invalid');
  assert.equal(outcomeOf(await scanner.send('PUT', `${hall.path}/door`, body({}))), 'forbidden');
  await sound();
});

test('a gate admits kinds of ticket', async () => {
  const { pool, hall: event } = hall.sales.house;
  const { codes, id } = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  await pool.query(`insert into gates values ($1, $2, 1, 'Niños', '{}', '{child}', null)`, [
    event.tenantId,
    event.eventId,
  ]);
  await pool.query(
    `update holds set terms = '{"kinds": ["adult", "child"]}' where tenant_id = $1 and transaction_id = $2`,
    [event.tenantId, id],
  );
  assert.equal((await hall.scan(scanner, codes[0]!, { gate_id: 1 })).verdict, 'not_valid_here');
  assert.equal((await hall.scan(scanner, codes[1]!, { gate_id: 1 })).verdict, 'admitted');
});

test('what is no ticket, of another event, reissued or given back is refused, and says why', async () => {
  const sale = await hall.sell([1, 2, 3]);
  const scanner = await hall.scanner();
  const verdict = async (what: string) => {
    const { verdict: said, reason } = await hall.scan(scanner, what);
    return [said, reason];
  };
  const [code = ''] = sale.codes;
  assert.deepEqual(await verdict('not a ticket'), ['unknown', 'malformed']);
  const forged = code.slice(0, -9) + (code.at(-9) === 'A' ? 'B' : 'A') + code.slice(-8);
  assert.deepEqual(await verdict(forged), ['unknown', 'forged']);
  assert.deepEqual(await verdict(`${uuidv7(Date.now())}-1`), ['unknown', 'not_sold']);

  const { pathname, search } = new URL(sale.links.self, 'http://shop');
  await hall.sales.house.client.send('POST', `${pathname}/tickets/1/reissue${search}`);
  assert.deepEqual(await verdict(code), ['revoked', 'reissued']);
  const [renewed = ''] = await hall.codesOf(sale);
  assert.deepEqual(await verdict(renewed), ['admitted', undefined]);
  await hall.sales.refund(sale, { ticket_ids: [`${sale.id}-2`] });
  assert.deepEqual(await verdict(sale.codes[1]!), ['revoked', 'refunded']);

  const { pool, hall: event } = hall.sales.house;
  const other = await createHall(pool, { tenantId: event.tenantId });
  const elsewhere = `/sellers/${event.tenantId}/events/${other.tenantId}-${other.eventId}`;
  const answer = await scanner.send('PUT', `${elsewhere}/scans/${uuidv7(Date.now())}`, {
    gate_id: 0,
    code: sale.codes[2],
  });
  assert.equal(json<VerdictJson>(answer).verdict, 'wrong_event');
  await sound();
});

test('another seller has neither scans nor tickets of this one', async () => {
  const sale = await hall.sell([1]);
  const { path } = hall;
  await hall.renew();
  const stranger = await hall.scanner();
  for (const below of ['door', 'scans', 'door-list', 'attendance', 'attendance/stream', 'door-tickets?q=Ana'])
    assert.equal(outcomeOf(await stranger.send('GET', `${path}/${below}`)), 'seller_not_found');
  const own = `/sellers/${hall.sales.tenantId}/events/${path.split('/').at(-1)}`;
  assert.equal(outcomeOf(await stranger.send('GET', `${own}/door-list`)), 'event_not_found');
  assert.deepEqual((await hall.scan(stranger, sale.codes[0]!)).reason, 'unknown_key');
});

test('the steward in charge takes the last scan back, once, and it stands in the audit log', async () => {
  const { codes, id } = await hall.sell([1]);
  const scanner = await hall.scanner();
  const steward = await signedIn(
    hall.sales.house.pool,
    hall.sales.house.client,
    hall.sales.tenantId,
    'steward',
  );
  const undo = (scanId: string) => steward.send('POST', `${hall.path}/scans/${scanId}/undo`);
  const entry = await hall.scan(scanner, codes[0]!);
  const refused = await hall.scan(scanner, codes[0]!);
  assert.equal(
    outcomeOf(await scanner.send('POST', `${hall.path}/scans/${entry.scan_id}/undo`)),
    'forbidden',
  );
  assert.equal(outcomeOf(await undo(refused.scan_id)), 'scan_not_last');
  assert.equal(outcomeOf(await undo(uuidv7(Date.now()))), 'scan_not_found');
  const exit = await hall.scan(scanner, codes[0]!, { direction: 'exit' });
  assert.equal(outcomeOf(await undo(entry.scan_id)), 'scan_not_last');
  const [first, second] = await Promise.all([undo(exit.scan_id), undo(exit.scan_id)]);
  assert.deepEqual([first.status, second.status], [200, 200]);
  assert.equal(json<VerdictJson>(first).ticket?.state, 'inside');
  const gone = await undo(entry.scan_id);
  assert.equal(json<VerdictJson>(gone).ticket?.state, undefined);
  assert.equal(await hall.sales.count('audit_log', `verb = 'undo' and object_kind = 'scan'`), 2);
  assert.equal(await hall.sales.count('scans', `verdict = 'undone'`), 2);
  assert.equal((await hall.scan(scanner, codes[0]!)).verdict, 'admitted');

  const { data } = json<{ data: { event: string; detail?: string; by?: string }[] }>(
    await hall.sales.staff.send('GET', `/sellers/${hall.sales.tenantId}/transactions/${id}/timeline`),
  );
  const scans = data.filter(({ event }) => event === 'scanned');
  assert.deepEqual(
    scans.map(({ detail }) => detail),
    ['admitted', 'already admitted', 'left', 'undone', 'undone', 'admitted'].map(
      (words) => `ticket 1: ${words}`,
    ),
  );
  assert.equal(scans[0]?.by, 'Puerta');
  await sound();
});

test('who came in by a ticket neither gets its money back nor hands it on, unless the whole event is refunded', async () => {
  const sale = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  const entry = await hall.scan(scanner, sale.codes[0]!);
  const { pathname, search } = new URL(sale.links.self, 'http://shop');
  const { client } = hall.sales.house;
  for (const way of ['reissue', 'transfers'])
    assert.equal(
      outcomeOf(await client.send('POST', `${pathname}/tickets/1/${way}${search}`)),
      'ticket_admitted',
    );
  assert.equal(outcomeOf(await hall.sales.post(sale, 'void', {})), 'ticket_admitted');
  assert.equal(outcomeOf(await hall.sales.post(sale, 'refunds', {})), 'ticket_admitted');
  const { hold_token } = await hall.sales.house.hold([5, 6]);
  assert.equal(outcomeOf(await hall.sales.post(sale, 'exchange', { hold_token })), 'ticket_admitted');
  await hall.sales.refund(sale, { ticket_ids: [`${sale.id}-2`] });
  await hall.sales.staff.send('POST', `${hall.path}/scans/${entry.scan_id}/undo`);
  await hall.sales.refund(sale);
  assert.equal((await hall.scan(scanner, sale.codes[0]!)).verdict, 'revoked');

  const other = await hall.sell([3]);
  await hall.scan(scanner, other.codes[0]!);
  await hall.sales.staff.send('POST', `${hall.path}/cancel`, {});
  const bulk = await hall.sales.staff.send(
    'POST',
    `${hall.path}/refunds`,
    { reason: 'cancelled' },
    { 'idempotency-key': 'bulk' },
  );
  assert.ok(bulk.status < 300, bulk.text);
  await hall.sales.house.untilStatus(other, 'refunded');
  assert.equal((await hall.scan(scanner, other.codes[0]!)).verdict, 'revoked');
  await sound();
});

// Last: the audit finds what it does.
test('with the guard off the same scans let it in more than once', async () => {
  const { pool } = hall.sales.house;
  await withoutGuard(pool, 'admit_ticket', /where a\.state = 'undone' or .*\n/, '\n', async () => {
    assert.ok((await race()) > 0);
  });
});
