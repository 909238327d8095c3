import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { auditCommand } from '../../src/cli/audit.ts';
import { exportFiscalCommand } from '../../src/cli/export-fiscal.ts';
import { runAudit } from '../../src/audit/run-audit.ts';
import { saleToken } from '../../src/orders/sale-token.ts';
import { createHall, type Hall } from '../support/hall.ts';
import type { Answer } from '../support/http-client.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { readPdf } from '../support/read-pdf.ts';
import { verifyFiscalExport as verify } from '../support/verify-export.ts';
import { runCommand } from '../support/run-command.ts';
import { waitUntil } from '../support/wait.ts';

let server: IdentityHall;
let hall: Hall;
let owner: Browser;
let cashier: Browser;
let other: Browser;
/** What a till's device sends with each request. */
let device: Record<string, string>;
let seat = 0;
let keys = 0;

const point = '/sellers/1/points/2';
const total = 2_900;

before(async () => {
  server = await startIdentityHall(0, { TAQUILLA_SECRET: 's'.repeat(32) });
  hall = await createHall(server.pool, { tenantId: 1, seats: 200 });
  await createHall(server.pool, { tenantId: 2 });
  owner = await signedIn(server.pool, server.client, 1, 'owner');
  cashier = await signedIn(server.pool, server.client, 1, 'cashier');
  other = await signedIn(server.pool, server.client, 1, 'cashier');
});
after(async () => {
  await server.stop();
});

const json = <T = Record<string, unknown>>(answer: Answer): T => answer.json as T;

/** Sells a seat; `send` says who does. @returns the fiscal number, or the refusal's code. */
async function sell(
  send: Browser['send'],
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<string | number> {
  const { payment = { method: 'cash' }, customer = {}, hold_customer, ...rest } = more;
  const hold = await server.client.send('POST', '/sales/holds', {
    event_id: formatEventId(hall),
    seats: [formatSeatId(hall, ++seat)],
    ...(hold_customer === undefined ? {} : { customer: hold_customer }),
  });
  assert.equal(hold.status, 201, hold.text);
  const body = {
    hold_token: json(hold)['hold_token'],
    customer: { name: 'Ana Pérez', locale: 'es', ...(customer as object) },
    payment,
    ...rest,
  };
  const answer = await send('POST', '/sales/checkout/confirm', body, {
    'idempotency-key': `key-${++keys}`,
    ...headers,
  });
  if (answer.status !== 202) return outcomeOf(answer);
  return json<{ fiscal_number: string }>(answer).fiscal_number;
}

const anybody: Browser['send'] = (method, where, body, headers) =>
  server.client.send(method, where, body, headers);

test('a till is added with its device, and each of what is wrong with one has its own code', async () => {
  const made = await owner.send('POST', '/sellers/1/devices', { kind: 'till', name: 'Caja norte' });
  const enrolled = await server.client.send('POST', '/devices/enrol', { code: json(made)['enrolment_code'] });
  device = { authorization: `Bearer ${String(json(enrolled)['token'])}` };
  const add = async (body: unknown) => outcomeOf(await owner.send('POST', '/sellers/1/points', body));
  const added = await owner.send('POST', '/sellers/1/points', { name: 'Norte', device_id: 1 });
  assert.deepEqual(json(added), {
    id: 2,
    kind: 'till',
    name: 'Norte',
    device_id: 1,
    series_id: 3,
    prefix: 'T2-',
    credit_note_prefix: 'NC-T2-',
    sells: false,
    open_day_id: null,
    open_shift_id: null,
  });
  assert.equal(await add({ name: 'Sur', device_id: 1 }), 'device_has_till');
  assert.equal(await add({ name: 'Sur', device_id: 9 }), 'device_not_found');
  assert.equal(await add({ name: 'Sur', prefix: 'A-' }), 'fiscal_prefix_taken');
  for (const bad of [{}, { name: ' ' }, { name: 'Sur', prefix: 'a b' }, { name: 'Sur', more: 1 }]) {
    assert.equal(await add(bad), 'body_invalid');
  }
  assert.equal(outcomeOf(await cashier.send('POST', '/sellers/1/points', { name: 'Sur' })), 'forbidden');
  assert.equal(
    outcomeOf(await owner.send('PATCH', '/sellers/1/points/1', { device_id: 1 })),
    'point_not_a_till',
  );
  assert.equal(
    outcomeOf(await owner.send('PATCH', '/sellers/1/points/9', { name: 'x' })),
    'fiscal_point_not_found',
  );
  assert.equal(outcomeOf(await owner.send('GET', '/sellers/2/points')), 'seller_not_found');
  const list = json<{ data: { id: number }[] }>(await cashier.send('GET', '/sellers/1/points'));
  assert.deepEqual(
    list.data.map(({ id }) => id),
    [1, 2],
  );
});

test('before day and shift are open a till sells nothing, and not to just anybody', async () => {
  const at = { point_id: 2 };
  assert.equal(await sell(anybody, at), 'unauthenticated');
  assert.equal(await sell(cashier.send, { point_id: 9 }), 'fiscal_point_not_found');
  assert.equal(await sell(cashier.send, at), 'shift_not_open');
  assert.equal(await sell(anybody, {}, device), 'shift_not_open');
  const shift = { opening_float: [{ currency: 'USD', amount: 1_000 }] };
  assert.equal(outcomeOf(await cashier.send('POST', `${point}/shifts`, shift)), 'fiscal_day_closed');
  assert.equal(outcomeOf(await cashier.send('GET', `${point}/x`)), 'fiscal_day_closed');
  assert.equal(outcomeOf(await cashier.send('POST', '/sellers/1/points/1/days')), 'forbidden');
  const opened = await cashier.send('POST', `${point}/days`);
  assert.equal(opened.status, 201, opened.text);
  assert.equal(outcomeOf(await cashier.send('POST', `${point}/days`)), 'fiscal_day_open');
  assert.equal(outcomeOf(await owner.send('POST', '/sellers/1/points/1/shifts', shift)), 'point_not_a_till');
  const twice = { opening_float: [...shift.opening_float, ...shift.opening_float] };
  assert.equal(outcomeOf(await cashier.send('POST', `${point}/shifts`, twice)), 'body_invalid');
  assert.equal((await cashier.send('POST', `${point}/shifts`, shift)).status, 201);
  assert.equal(outcomeOf(await other.send('POST', `${point}/shifts`, shift)), 'shift_already_open');
  await owner.send('POST', '/sellers/1/points', { name: 'Sur' });
  await owner.send('POST', '/sellers/1/points/3/days');
  assert.equal(
    outcomeOf(await cashier.send('POST', '/sellers/1/points/3/shifts', shift)),
    'cashier_has_shift',
  );
  const foreign = await anybody('POST', `${point}/shifts`, shift, device);
  assert.equal(outcomeOf(foreign), 'cashier_unnamed');
  const elsewhere = { ...shift, cashier_id: '00000000-0000-4000-8000-000000000000' };
  assert.equal(
    outcomeOf(await anybody('POST', '/sellers/1/points/3/shifts', elsewhere, device)),
    'till_of_another',
  );
  assert.equal(
    outcomeOf(await owner.send('POST', '/sellers/1/points/3/shifts', elsewhere)),
    'staff_not_found',
  );
});

test("in an open shift its cashier and its device sell in the till's series, everybody else in the shop's", async () => {
  const at = { point_id: 2 };
  assert.equal(await sell(cashier.send, at), 'T2-00000001');
  assert.equal(await sell(anybody, {}, device), 'T2-00000002');
  assert.equal(await sell(anybody, { point_id: 3 }, device), 'till_of_another');
  assert.equal(await sell(other.send, at), 'till_of_another');
  const tendered = { method: 'cash', tendered: 5_000 };
  assert.equal(await sell(cashier.send, { ...at, payment: tendered }), 'T2-00000003');
  assert.equal(await sell(cashier.send), 'A-00000001');
  assert.equal(await sell(owner.send, { point_id: 1 }), 'A-00000002');
  const split = {
    method: 'split',
    parts: [
      { method: 'cash', amount: 900 },
      { method: 'card_terminal', amount: 2_000, reference: '77' },
    ],
  };
  assert.equal(await sell(cashier.send, { ...at, payment: split }), 'T2-00000004');
  const x = json<{ kind: string; payments: unknown[]; balance: { total: number }[] }>(
    await cashier.send('GET', `${point}/x`),
  );
  assert.equal(x.kind, 'x');
  assert.deepEqual(x.payments, [
    { method: 'card_terminal', currency: 'USD', count: 1, amount: 2_000 },
    { method: 'cash', currency: 'USD', count: 4, amount: 3 * total + 900 },
  ]);
  assert.equal(x.balance[0]?.total, 4 * total);
});

test('cash is put into the drawer and taken out of it, once for each key, and stands in the count', async () => {
  const earlier = json<{ expected: { amount: number }[] }>(await cashier.send('GET', `${point}/shifts/1`));
  const move = (by: Browser['send'], body: object, key: string, headers = {}) =>
    by('POST', `${point}/shifts/1/cash-moves`, body, { 'idempotency-key': key, ...headers });
  const change = { direction: 'in', currency: 'USD', amount: 5_000, reason: 'cambio' };
  const first = await move(cashier.send, change, 'change');
  assert.equal(first.status, 201, first.text);
  const { by, at: _, ...made } = json(first);
  assert.deepEqual(made, { id: 1, ...change });
  assert.match(String(by), /^[0-9a-f-]{36}$/);
  assert.deepEqual(json(await move(cashier.send, change, 'change')), json(first));
  const other_amount = { ...change, amount: 1 };
  assert.equal(outcomeOf(await move(cashier.send, other_amount, 'change')), 'idempotency_key_reused');
  const safe = { direction: 'out', currency: 'USD', amount: 3_000, reason: 'caja fuerte' };
  const byDevice = await move(anybody, safe, 'safe', device);
  assert.deepEqual([byDevice.status, json(byDevice)['by']], [201, null]);
  assert.equal(outcomeOf(await move(other.send, safe, 'theirs')), 'till_of_another');
  assert.equal((await move(owner.send, { ...safe, amount: 500 }, 'owner')).status, 201);
  for (const wrong of [
    { amount: 0 },
    { amount: -5 },
    { currency: 'usd' },
    { reason: ' ' },
    { direction: 'up' },
  ]) {
    assert.equal(outcomeOf(await move(cashier.send, { ...safe, ...wrong }, 'wrong')), 'body_invalid');
  }
  assert.equal(
    outcomeOf(await cashier.send('POST', `${point}/shifts/1/cash-moves`, safe)),
    'idempotency_key_missing',
  );
  const elsewhere = `${point}/shifts/7/cash-moves`;
  assert.equal(
    outcomeOf(await cashier.send('POST', elsewhere, safe, { 'idempotency-key': 'x' })),
    'shift_not_found',
  );
  const now = json<{ expected: { amount: number }[]; cash_moves: { amount: number }[] }>(
    await cashier.send('GET', `${point}/shifts/1`),
  );
  assert.equal(now.expected[0]!.amount, earlier.expected[0]!.amount + 5_000 - 3_000 - 500);
  assert.deepEqual(
    now.cash_moves.map(({ amount }) => amount),
    [5_000, 3_000, 500],
  );
  const x = json<{ cash_moves: unknown }>(await cashier.send('GET', `${point}/x`));
  assert.deepEqual(x.cash_moves, [{ currency: 'USD', in: 5_000, out: 3_500 }]);
  await assert.rejects(server.pool.query('update cash_moves set amount = 1'), /stays as it was issued/);
});

test('a shift is counted whole, by its own cashier or a manager, and once', async () => {
  const count = async (by: Browser, counted: unknown) =>
    await by.send('POST', `${point}/shifts/1/close`, { counted, note: 'fin' });
  const usd = [{ currency: 'USD', amount: 1_000 + 3 * total + 900 + 1_500 - 50 }];
  assert.equal(outcomeOf(await owner.send('POST', `${point}/days/1/close`)), 'shift_still_open');
  assert.equal(outcomeOf(await count(cashier, [])), 'count_missing');
  assert.equal(outcomeOf(await count(other, usd)), 'till_of_another');
  assert.equal(
    outcomeOf(await cashier.send('POST', `${point}/shifts/7/close`, { counted: usd })),
    'shift_not_found',
  );
  const open = json<{ expected: unknown }>(await cashier.send('GET', `${point}/shifts/1`));
  const closed = await count(cashier, usd);
  assert.equal(closed.status, 200, closed.text);
  const { expected, counted, difference, state } = json(closed);
  assert.deepEqual(expected, open.expected);
  assert.deepEqual([counted, state], [usd, 'closed']);
  assert.deepEqual(difference, [{ currency: 'USD', amount: -50 }]);
  assert.equal(outcomeOf(await count(cashier, usd)), 'shift_closed');
  const late = { direction: 'in', currency: 'USD', amount: 1, reason: 'tarde' };
  const moved = await cashier.send('POST', `${point}/shifts/1/cash-moves`, late, {
    'idempotency-key': 'late',
  });
  assert.equal(outcomeOf(moved), 'shift_closed');
  assert.equal(await sell(cashier.send, { point_id: 2 }), 'shift_not_open');
});

test('the Z is issued once, stays as it is, and the till sells no more', async () => {
  const refused = await cashier.send('POST', `${point}/days/1/close`);
  assert.equal(outcomeOf(refused), 'forbidden');
  assert.equal(outcomeOf(await owner.send('POST', `${point}/days/9/close`)), 'fiscal_day_not_found');
  const z = await owner.send('POST', `${point}/days/1/close`);
  assert.equal(z.status, 200, z.text);
  const { kind, number, ranges, cash_moves } = json(z);
  assert.deepEqual([kind, number], ['z', 1]);
  assert.deepEqual(cash_moves, [{ currency: 'USD', in: 5_000, out: 3_500 }]);
  assert.deepEqual(ranges, [{ series_id: 3, block_id: null, first_number: 1, last_number: 4 }]);
  assert.equal(outcomeOf(await owner.send('POST', `${point}/days/1/close`)), 'fiscal_day_closed');
  assert.deepEqual(json(await owner.send('GET', `${point}/days/1`)), json(z));
  assert.equal(outcomeOf(await owner.send('GET', `${point}/days/2`)), 'fiscal_day_not_found');
  assert.equal(outcomeOf(await owner.send('GET', '/sellers/2/points/1/days')), 'seller_not_found');
  const { rows } = await server.pool.query(
    `select verb, object_kind, object_id from audit_log where object_kind in ('fiscal_point', 'fiscal_day', 'shift')
      and (object_id = '2' or object_id like '2/%') order by at, entry_id`,
  );
  assert.deepEqual(
    rows.map((row) => Object.values(row as object).join(' ')),
    [
      'add fiscal_point 2',
      'open fiscal_day 2/1',
      'open shift 2/1',
      'pay_in shift 2/1',
      'pay_out shift 2/1',
      'pay_out shift 2/1',
      'close shift 2/1',
      'close fiscal_day 2/1',
    ],
  );
});

test('the shop is closed and opened by hand; paying later is refused at once, too', async () => {
  const shop = '/sellers/1/points/1';
  assert.equal((await owner.send('POST', `${shop}/days`)).status, 201);
  assert.equal((await owner.send('POST', `${shop}/days/1/close`)).status, 200);
  assert.equal(await sell(anybody), 'fiscal_day_closed');
  const reported = { method: 'transfer', report: { bank: 'Mercantil', reference: '123456' } };
  assert.equal(await sell(anybody, { payment: reported }), 'fiscal_day_closed');
  assert.equal((await owner.send('POST', `${shop}/days`)).status, 201);
  assert.equal(await sell(anybody), 'A-00000003');
});

test('a document shows seller, buyer, places, taxes and hash as they were when it was issued', async () => {
  const company = { kind: 'company', document: 'J-40', address: 'Av. Bolívar 1, Valencia' };
  const customer = { name: 'Acme, C.A.', document: 'J-40' };
  assert.equal(await sell(anybody, { hold_customer: company, customer }), 'A-00000004');
  const where = '/sellers/1/fiscal-series/1/documents/4';
  const first = await cashier.send('GET', where);
  assert.equal(first.status, 200, first.text);
  const { kind, seller, buyer, event, lines, tax_lines, fiscal_number, hash } = json(first);
  assert.deepEqual([kind, fiscal_number], ['invoice', 'A-00000004']);
  assert.deepEqual(seller, { legal_name: 'Teatro, C.A.', tax_id: 'J-1' });
  assert.deepEqual(buyer, { name: 'Acme, C.A.', document: 'J-40', address: 'Av. Bolívar 1, Valencia' });
  assert.equal((event as { name: string }).name, 'Noche de gala');
  assert.deepEqual(lines, [
    {
      zone: 'Platea',
      row: String(Math.floor((seat - 1) / 20) + 1),
      seat: String(((seat - 1) % 20) + 1),
      net: 2_500,
      discounts: 0,
      fees: 0,
      taxes: 400,
      total,
    },
  ]);
  assert.deepEqual(tax_lines, [{ name: 'IVA', rate: 16, amount: 400 }]);
  assert.match(String(hash), /^[0-9a-f]{64}$/);

  const identity = { legal_name: 'Teatro Nuevo, S.A.', tax_id: 'J-2', address: 'Plaza 1, Mérida' };
  assert.equal(outcomeOf(await cashier.send('PUT', '/sellers/1/fiscal-identity', identity)), 'forbidden');
  assert.equal((await owner.send('PUT', '/sellers/1/fiscal-identity', identity)).status, 200);
  await server.pool.query(
    `update events set name = 'Otra noche', starts_at = starts_at + interval '1 day' where tenant_id = 1`,
  );
  assert.deepEqual(json(await owner.send('GET', '/sellers/1/fiscal-identity')), identity);
  assert.equal(outcomeOf(await cashier.send('GET', '/sellers/1/fiscal-identity')), 'forbidden');
  assert.deepEqual(json(await cashier.send('GET', where)), json(first));
  // What is issued some seconds later has the new names.
  await server.pool.query(
    `update fiscal_documents set issued_at = issued_at + interval '1 minute' where number = 4 and series_id = 1`,
  );
  const later = json<{ seller: unknown; event: { name: string } }>(await cashier.send('GET', where));
  assert.deepEqual([later.seller, later.event.name], [identity, 'Otra noche']);
  await server.pool.query(
    `update fiscal_documents set issued_at = issued_at - interval '1 minute' where number = 4 and series_id = 1`,
  );
  assert.equal(
    outcomeOf(await owner.send('GET', '/sellers/1/fiscal-series/1/documents/99')),
    'fiscal_document_not_found',
  );
});

test('it is printed as a PDF and for a thermal printer, and the buyer has it by the link of the sale', async () => {
  const where = '/sellers/1/fiscal-series/3/documents/1/print';
  const token = device['authorization']!;
  const get = async (format: string) => {
    const answer = await fetch(`${server.url}${where}?format=${format}`, {
      headers: { authorization: token },
    });
    return Buffer.from(await answer.arrayBuffer());
  };
  const [page] = await readPdf(await get('pdf'));
  for (const word of [
    'Teatro, C.A.',
    'J-1',
    'Recibo T2-00000001',
    'Norte',
    'Ana Pérez',
    'Noche de gala',
    'IVA 16 %',
    'TOTAL',
    'Efectivo',
  ]) {
    assert.ok(page!.text.includes(word), `${word} in ${page!.text}`);
  }
  const bytes = await get('escpos');
  assert.equal(bytes.subarray(0, 2).toString('latin1'), '\u001b@');
  const text = bytes.toString('latin1');
  for (const word of ['Recibo T2-00000001', 'Ana P\u00e9rez', 'TOTAL', '\u001dV'])
    assert.ok(text.includes(word), word);
  const { rows } = await server.pool.query<{ id: string }>(
    'select transaction_id as id from fiscal_documents where series_id = 1 and number = 1 and tenant_id = 1',
  );
  const sale = `/sales/transactions/${rows[0]!.id}/receipt.pdf`;
  assert.equal(outcomeOf(await server.client.send('GET', sale)), 'transaction_not_found');
  const buyers = saleToken('s'.repeat(32), 1, rows[0]!.id);
  const receipt = await fetch(`${server.url}${sale}?token=${buyers}`);
  const [own] = await readPdf(Buffer.from(await receipt.arrayBuffer()));
  assert.ok(own!.text.includes('Recibo A-00000001'), own!.text);
});

test("the accountant's export verifies by itself, and what was tampered with does not", async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'taquilla-fiscal-'));
  const env = { DATABASE_URL: server.database.url };
  try {
    const run = await runCommand([exportFiscalCommand], env, ['export-fiscal', '1', '--out', folder]);
    assert.equal(run.code, 0, run.err);
    const file = path.join(folder, 'fiscal.jsonl');
    assert.deepEqual(await verify(file), { code: 0, out: '8 documents and 2 Zs are sound.\n' });
    const names = (await readdir(folder)).toSorted();
    assert.deepEqual(names, [
      'document.csv',
      'fiscal.jsonl',
      'seller.csv',
      'series.csv',
      'total.csv',
      'z.csv',
      'z_range.csv',
    ]);
    const csv = await readFile(path.join(folder, 'document.csv'), 'utf8');
    assert.equal(csv.trim().split('\r\n').length, 9);

    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    const change = (of: string, edit: (record: Record<string, unknown>) => void) => {
      let done = false;
      return lines.map((line) => {
        const record = JSON.parse(line) as Record<string, unknown>;
        if (done || record['record'] !== of) return line;
        done = true;
        edit(record);
        return JSON.stringify(record);
      });
    };
    const tampered = {
      'another total': change('document', (one) => (one['total'] = 1)),
      'another instant': change(
        'document',
        (one) => (one['issued_at_micros'] = Number(one['issued_at_micros']) + 1),
      ),
      'a document left out': lines.filter(
        (line) => !line.includes('"record":"document"') || !line.includes('"number":4,'),
      ),
      'a Z of another total': change('z', (one) => ((one['balance'] as { total: number }[])[0]!.total += 1)),
      'a range that is left out': lines.filter((line) => !line.includes('"record":"z_range"')),
      'a range twice': [...lines, ...lines.filter((line) => line.includes('"record":"z_range"'))],
    };
    for (const [what, text] of Object.entries(tampered)) {
      await writeFile(file, text.join('\n'));
      const { code, out } = await verify(file);
      assert.equal(code, 1, `${what}: ${out}`);
      assert.match(out, /WRONG/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  for (const bad of ['x', '0', '99']) {
    assert.equal(
      (await runCommand([exportFiscalCommand], env, ['export-fiscal', bad, '--out', folder])).code,
      1,
    );
  }
});

test('`audit --fiscal` tells what a seller has issued, and that it holds', async () => {
  const run = await runCommand([auditCommand], { DATABASE_URL: server.database.url }, [
    'audit',
    '--fiscal',
    '1',
  ]);
  assert.equal(run.code, 0, run.out);
  assert.match(run.out, /series 3 \(sales, strict\): T2-00000001 to T2-00000004, 4 documents/);
  assert.match(run.out, /Z 1 of Norte, \d{4}-\d\d-\d\d: 4 documents, USD 11600/);
  const { lines } = await runAudit(server.pool);
  assert.deepEqual(
    lines.filter((line) => line.count > 0),
    [],
  );
});

test('the same export comes over HTTP, whole or one kind of record at a time', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'taquilla-fiscal-'));
  try {
    const whole = await owner.send('GET', '/sellers/1/fiscal-export');
    assert.match(String(whole.headers['content-disposition']), /attachment; filename="fiscal-1\.jsonl"/);
    const file = path.join(folder, 'fiscal.jsonl');
    await writeFile(file, whole.text);
    assert.deepEqual(await verify(file), { code: 0, out: '8 documents and 2 Zs are sound.\n' });
  } finally {
    await rm(folder, { recursive: true });
  }
  const documents = await owner.send('GET', '/sellers/1/fiscal-export?record=document');
  const lines = documents.text.trim().split('\r\n');
  assert.equal(lines.length, 9);
  assert.match(lines[0]!, /^series_id,number,/);
  assert.equal(outcomeOf(await owner.send('GET', '/sellers/1/fiscal-export?record=nothing')), 'body_invalid');
  assert.equal(outcomeOf(await cashier.send('GET', '/sellers/1/fiscal-export')), 'forbidden');
  // Somebody who goes away in the middle leaves the way free for the next.
  const leaver = new AbortController();
  const cookie = [...owner.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const { signal } = leaver;
  const begun = await fetch(`${server.url}/sellers/1/fiscal-export`, { headers: { cookie }, signal });
  assert.equal(begun.status, 200);
  leaver.abort();
  await waitUntil('an export after one that was left', async () => {
    return (await owner.send('GET', '/sellers/1/fiscal-export')).status === 200;
  });
});
