import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { TillFolder, TillFolderError, type Enrolment } from '../src/tills/till-folder.adapter.ts';
import { readTillFile, type TillOrder } from '../src/tills/till-file.ts';
import { numberAt, signLease, tillTransactionId, type TillLease } from '../src/tills/till-lease.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const lease: TillLease = {
  version: 1,
  lease_id: '019a5b7e-6f10-4abc-9def-0123456789ab',
  seller_id: 1,
  device_id: 7,
  event_id: '1-3',
  event: 'Gala',
  currency: 'USD',
  series: { id: 3, prefix: 'T-', padding: 4 },
  numbers: [
    [5, 6],
    [9, 12],
  ],
  key_id: 1,
  leased_at: '2026-11-24T10:00:00.000Z',
  sells_until: '2026-11-24T18:00:00.000Z',
  sale_places_max: 2,
  tax_rule_ids: [],
  prices: [
    { kind: null, unit_price: 500, net: 500, discounts: 0, fees: 0, taxes: 0, tax_amounts: [], total: 500 },
  ],
  seats: [{ seat_no: 1, zone_no: 1, row: 'A', number: '1', prices: [0] }],
  zones: [{ zone_no: 2, name: 'De pie', quantity: 8, prices: [0] }],
};

const now = new Date('2026-11-24T12:00:00.000Z');

function order(changes: Partial<TillOrder> = {}): TillOrder {
  return {
    leaseId: null,
    seatNos: [],
    zones: [{ zoneNo: 2, quantity: 1 }],
    kind: null,
    payment: { method: 'cash', tendered: null, reference: null },
    customer: { name: 'Ana', email: null, phone: null, document: null, locale: 'es' },
    ...changes,
  };
}

/** A till's folder with this lease. */
function openFolder(): { folder: TillFolder; dir: string } {
  const dir = mkdtempSync(path.join(tmpdir(), 'taquilla-till-'));
  folders.push(dir);
  const folder = new TillFolder(dir);
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }] as Enrolment['keys'];
  folder.writeEnrolment({
    server: 'http://127.0.0.1:1',
    seller_id: 1,
    device_id: 7,
    name: 'Caja',
    token: 't',
    keys,
  });
  const text = JSON.stringify(lease);
  const codes = Array.from({ length: 6 }, (_, i) => [`${i}a`, `${i}b`]);
  folder.addLease({ lease: text, signature: signLease(text, privateKey).toString('base64url'), codes });
  return { folder, dir };
}

test('numbers are used in the order of their ranges, each with its own codes', () => {
  const { folder } = openFolder();
  const sold = Array.from({ length: 6 }, () => folder.sell(order(), now));
  assert.deepEqual(
    sold.map(({ fiscalNumber, codes }) => [fiscalNumber, codes]),
    ['T-0005', 'T-0006', 'T-0009', 'T-0010', 'T-0011', 'T-0012'].map((number, i) => [number, [`${i}a`]]),
  );
  assert.throws(() => folder.sell(order(), now), /All numbers of the lease are used/);
  assert.equal(numberAt(lease, 6), undefined);
  const ids = [5, 6, 9].map((number) => tillTransactionId(lease, number));
  assert.equal(new Set([...ids, tillTransactionId({ ...lease, device_id: 8 }, 5)]).size, 4);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
  folder.close();
});

test('a till sells only what it leased, while it may, and for money that is enough', () => {
  const { folder } = openFolder();
  const later = new Date('2026-11-24T18:00:00.001Z');
  for (const [asked, at, message] of [
    [order({ seatNos: [2], zones: [] }), now, /not leased these places/],
    [order({ zones: [{ zoneNo: 2, quantity: 9 }] }), now, /not leased these places/],
    [order({ zones: [{ zoneNo: 2, quantity: 3 }] }), now, /at most 2 places/],
    [order({ kind: 'child' }), now, /not leased these places in this kind/],
    [order({ leaseId: '019a5b7e-6f10-4abc-9def-000000000000' }), now, /no such lease/],
    [order({ payment: { method: 'cash', tendered: 499, reference: null } }), now, /499 was handed over/],
    [order({ customer: { ...order().customer, name: '4111111111111111' } }), now, /cannot be kept/],
    [order(), later, /lease has ended/],
  ] as const)
    assert.throws(() => folder.sell(asked, at), message);
  assert.equal(folder.readSales().lines.length, 0);
  folder.sell(order({ seatNos: [1], zones: [] }), now);
  assert.throws(() => folder.sell(order({ seatNos: [1], zones: [] }), now), /or has sold them/);
  // A clock that was set back dates no sale before the one before it.
  const { record } = folder.sell(order(), new Date('2026-11-24T11:00:00.000Z'));
  assert.equal(record.at, now.toISOString());
  folder.close();
});

test('a lease that the seller did not sign, or that was changed, is not taken', () => {
  const { folder } = openFolder();
  const foreign = generateKeyPairSync('ed25519').privateKey;
  const text = JSON.stringify(lease);
  const sound = signLease(text, privateKey).toString('base64url');
  for (const received of [
    { lease: text, signature: signLease(text, foreign).toString('base64url') },
    { lease: text.replace('"quantity":8', '"quantity":9'), signature: sound },
    { lease: text.replace('"total":500', '"total":100'), signature: sound },
  ])
    assert.throws(() => folder.addLease({ ...received, codes: [] }), TillFolderError);
  const other = JSON.stringify({ ...lease, device_id: 8 });
  const signature = signLease(other, privateKey).toString('base64url');
  assert.throws(() => folder.addLease({ lease: other, signature, codes: [] }), TillFolderError);
  folder.close();
});

test('wherever the last line was torn off, that is seen, and the next sale takes its number', () => {
  const { folder, dir } = openFolder();
  const file = path.join(dir, 'sales.log');
  folder.sell(order(), now);
  const whole = readFileSync(file);
  folder.sell(order(), now);
  const both = readFileSync(file);
  for (let size = whole.length + 1; size < both.length; size += 7) {
    writeFileSync(file, both.subarray(0, size));
    assert.deepEqual([folder.readSales().torn, folder.readSales().lines.length], [true, 1]);
    assert.equal(folder.sell(order(), now).fiscalNumber, 'T-0006');
    const after_ = folder.readSales();
    assert.deepEqual([after_.torn, after_.damaged, after_.lines.length], [false, [], 2]);
  }
  // Without seeing it, the piece becomes part of the next line.
  writeFileSync(file, both.subarray(0, both.length - 9));
  appendFileSync(file, both.subarray(whole.length));
  assert.deepEqual(readTillFile(readFileSync(file)).damaged, [2]);
  folder.close();
});

test('a damaged line stops the till, and those after it are read all the same', () => {
  const { folder, dir } = openFolder();
  const file = path.join(dir, 'sales.log');
  for (let i = 0; i < 3; i++) folder.sell(order(), now);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"number":6', '"number":7'));
  const read = folder.readSales();
  assert.deepEqual([read.damaged, read.records.map((record) => record.number)], [[2], [5, 9]]);
  assert.throws(() => folder.sell(order(), now), /line 2 of sales.log is damaged/);
  folder.close();
});

test('one process at a time has the folder', () => {
  const { folder, dir } = openFolder();
  assert.throws(() => new TillFolder(dir), TillFolderError);
  folder.close();
  new TillFolder(dir).close();
});
