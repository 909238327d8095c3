import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { uuidv7 } from '../../src/base/ids.ts';
import { DoorHall, type Scanner, type VerdictJson } from '../support/door-hall.ts';
import { outcomeOf } from '../support/identity.ts';
import { json } from '../support/payment-hall.ts';
import { readEvents } from '../support/read-events.ts';

type Uploaded = VerdictJson & { told: string };

let hall: DoorHall;
before(async () => {
  hall = await DoorHall.start();
});
beforeEach(() => hall.renew());
after(() => hall.stop());

const offline = (code: string, told: string, more: Record<string, unknown> = {}) => ({
  scan_id: uuidv7(Date.now()),
  gate_id: 0,
  code,
  told,
  scanned_at: new Date().toISOString(),
  ...more,
});

async function upload(scanner: Scanner, scans: unknown[]): Promise<Uploaded[]> {
  const answer = await scanner.send('POST', `${hall.path}/scans`, { scans });
  assert.equal(answer.status, 200, answer.text);
  return json<{ data: Uploaded[] }>(answer).data;
}

test('two gates without a network let one ticket in: both scans are kept, the second as a conflict', async () => {
  const { codes } = await hall.sell([1, 2, 3]);
  const [north, south] = [await hall.scanner('Norte'), await hall.scanner('Sur', 1)];
  const [code = '', other = '', third = ''] = codes;
  const batch = [
    offline(code, 'admitted'),
    offline(code, 'left', { direction: 'exit' }),
    offline(code, 'admitted'),
    offline('TQ-NOTHING', 'unknown'),
    offline(third, 'not_valid_here'),
  ];
  const [first, , again] = await upload(north, batch);
  assert.deepEqual([first?.verdict, again?.verdict, again?.conflict], ['admitted', 'admitted', false]);
  const told = await upload(south, [offline(other, 'admitted'), offline(code, 'admitted')]);
  assert.deepEqual(
    told.map(({ verdict, conflict }) => [verdict, conflict]),
    [
      ['admitted', false],
      ['already_admitted', true],
    ],
  );
  assert.equal(told[1]?.before?.scan_id, again?.scan_id);
  // Whoever was sent away was sent away, and an upload that was cut off is sent again.
  assert.equal((await hall.scan(north, third)).verdict, 'admitted');
  assert.deepEqual(
    (await upload(north, batch)).map(({ scan_id }) => scan_id),
    batch.map(({ scan_id }) => scan_id),
  );
  assert.equal(await hall.sales.count('scans'), 8);
  const list = await south.send('GET', `${hall.path}/scans?conflicts=true`);
  assert.deepEqual(
    json<{ data: Uploaded[] }>(list).data.map(({ scan_id, told: said }) => [scan_id, said]),
    [[told[1]?.scan_id, 'admitted']],
  );
  assert.equal(outcomeOf(await south.send('POST', `${hall.path}/scans`, { scans: [] })), 'body_invalid');
  await hall.sales.house.assertSound();
});

test('a ticket is found by name without accents, by the end of the document, and by the number of its sale', async () => {
  const sale = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  await hall.sales.house.pool.query(
    `update transactions set customer_document = 'V-12.345.678' where transaction_id = $1`,
    [sale.id],
  );
  const find = async (q: string) => {
    const answer = await scanner.send('GET', `${hall.path}/door-tickets?q=${encodeURIComponent(q)}`);
    return json<{ data: { ticket_id: string }[] }>(answer).data.map(({ ticket_id }) => ticket_id);
  };
  const both = [`${sale.id}-1`, `${sale.id}-2`];
  for (const q of ['ana perez', 'PÉREZ', '345678', 'V12345678', sale.fiscal_number ?? '', sale.id])
    assert.deepEqual(await find(q), both, q);
  for (const q of ['Luis', '9999', '%', '__']) assert.deepEqual(await find(`${q} `), [], q);
  assert.equal((await hall.scan(scanner, both[1]!)).verdict, 'admitted');
  assert.equal(outcomeOf(await scanner.send('GET', `${hall.path}/door-tickets?q=a`)), 'body_invalid');
});

test('how many are in is counted by gate and zone, and streamed', async () => {
  const { codes } = await hall.sell([1, 2], 1);
  const scanner = await hall.scanner();
  const [gate = 0] = await hall.setDoor({ gates: [{ name: 'Norte', zone_ids: [], ticket_kinds: [] }] });
  const counts = async () => {
    const { inside, arrived, gates, zones } = json<{
      inside: number;
      arrived: number;
      gates: { entries: number; exits: number; refused: number }[];
      zones: { inside: number }[];
    }>(await scanner.send('GET', `${hall.path}/attendance`));
    return [
      inside,
      arrived,
      ...gates.map(({ entries, exits, refused }) => [entries, exits, refused]),
      zones.map((zone) => zone.inside),
    ];
  };
  const { url } = hall.sales.house.servers[1]!;
  const streamed = readEvents(`${url}${hall.path}/attendance/stream`, {
    headers: { authorization: scanner.authorization },
    until: ({ data }) => (data as unknown as { scan_no: number }).scan_no === 7,
  });
  for (const code of codes) await hall.scan(scanner, code, { gate_id: gate });
  await hall.scan(scanner, codes[0]!, { gate_id: gate });
  await hall.scan(scanner, codes[0]!, { gate_id: gate, direction: 'exit' });
  await hall.scan(scanner, codes[0]!, { gate_id: gate });
  await hall.scan(scanner, codes[2]!, { gate_id: gate, direction: 'exit' });
  assert.deepEqual(await counts(), [2, 3, [4, 2, 1], [2, 0]]);
  const told = (await streamed).at(-1)?.data as unknown as { inside: number; scan_no: number };
  assert.deepEqual([told.scan_no, told.inside], [7, 2]);
  await hall.sales.house.assertSound();
});

// Last: it gives a sale another key by hand.
test('a scanner hears of what is new: sales, revoked codes, who came in and who was taken back', async () => {
  const sale = await hall.sell([1, 2]);
  const scanner = await hall.scanner();
  const first = await hall.sync(scanner);
  assert.deepEqual(
    first.tickets.map(({ ticket_id, name, row }) => [ticket_id, name, row]),
    [1, 2].map((no) => [`${sale.id}-${no}`, 'Ana Pérez', '1']),
  );
  assert.deepEqual([first.revoked, first.admissions, first.has_more], [[], [], false]);

  const late = await hall.sales.house.orderOnline([7]);
  const { scan_id: scanId } = await hall.scan(scanner, sale.codes[0]!);
  await hall.sales.refund(sale, { ticket_ids: [`${sale.id}-2`] });
  const second = await hall.sync(scanner, first.cursor);
  assert.deepEqual(second.admissions, [
    { ticket_id: `${sale.id}-1`, state: 'inside', at: second.admissions[0]?.at, gate_id: 0 },
  ]);
  assert.deepEqual(
    second.revoked.map(({ ticket_id, reason }) => [ticket_id, reason]),
    [[`${sale.id}-2`, 'returned']],
  );
  await hall.sales.staff.send('POST', `${hall.path}/scans/${scanId}/undo`);
  const third = await hall.sync(scanner, second.cursor);
  assert.deepEqual(
    third.admissions.map(({ state }) => state),
    ['undone'],
  );
  assert.deepEqual(third.revoked, []);

  // An order that waited for its money has a key of its first instant, long before the cursor.
  const { pool } = hall.sales.house;
  const old = uuidv7(Date.now() - 3_600_000);
  hall.sales.house.stripe.act(late.session, 'pay');
  await hall.sales.house.untilStatus(late, 'completed');
  for (const table of ['transactions', 'transaction_items', 'payment_intents', 'fiscal_documents', 'tickets'])
    await pool.query(`update ${table} set transaction_id = $2 where transaction_id = $1`, [
      late.transaction_id,
      old,
    ]);
  const fourth = await hall.sync(scanner, third.cursor);
  assert.ok(fourth.tickets.some(({ ticket_id }) => ticket_id === `${old}-1`));
  for (const cursor of ['x', '1.2.3.4', `${old}.1.2`])
    assert.equal(
      outcomeOf(await scanner.send('GET', `${hall.path}/door-list?cursor=${cursor}`)),
      'body_invalid',
    );
});
