import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAmount } from '../web/console/src/lib/parse-amount.ts';
import { changeOf, dueOf, partOf, paymentOf } from '../web/console/src/pages/box-office/payment.ts';
import { toCsv } from '../web/console/src/lib/to-csv.ts';
import { layOut, stepFor } from '../web/console/src/ui/plot-layout.ts';

test('amounts are read as people type them, and what is none is none', () => {
  for (const [typed, minor] of [
    ['50', 5_000],
    ['50,5', 5_050],
    ['50.25', 5_025],
    ['1.234,50', 123_450],
    ['1,234.50', 123_450],
    // One mark before three digits groups thousands: no amount has so small a fraction.
    ['1.234', 123_400],
    ['12 000', 1_200_000],
    ['0,01', 1],
  ] as const) {
    assert.equal(parseAmount(typed, 2), minor, typed);
  }
  for (const typed of ['', '-1', 'abc', '1.2.3', '12,345,6', '1e3', '99999999999999999999']) {
    assert.equal(parseAmount(typed, 2), null, typed);
  }
  assert.equal(parseAmount('1500', 0), 1_500);
  assert.equal(parseAmount('1500,5', 0), null);
});

const cash = { parts: [], method: 'cash', typed: null, reference: '' };

test('cash is exact when nothing is typed, gives change, and is refused when it is too little', () => {
  assert.deepEqual(paymentOf(5_800, cash), { method: 'cash' });
  assert.deepEqual(paymentOf(5_800, { ...cash, typed: 6_000 }), { method: 'cash', tendered: 6_000 });
  assert.equal(changeOf(5_800, { ...cash, typed: 6_000 }), 200);
  assert.deepEqual(paymentOf(5_800, { ...cash, typed: 5_800 }), { method: 'cash' });
  assert.equal(paymentOf(5_800, { ...cash, typed: 5_000 }), 'too_little');
  assert.equal(changeOf(5_800, { ...cash, typed: 5_000 }), 0);
});

test('a sum is paid in parts, of which only cash gives change', () => {
  const terminal = { ...cash, method: 'card_terminal', typed: 3_000, reference: 'A1' };
  const part = partOf(5_800, terminal);
  assert.deepEqual(part, { method: 'card_terminal', amount: 3_000, reference: 'A1' });
  const parts = [part];
  assert.equal(dueOf(5_800, parts), 2_800);
  assert.deepEqual(paymentOf(5_800, { ...cash, parts, typed: 3_000 }), {
    method: 'split',
    parts: [part, { method: 'cash', tendered: 3_000, amount: 2_800 }],
  });
  assert.equal(changeOf(5_800, { ...cash, parts, typed: 3_000 }), 200);
  assert.equal(paymentOf(5_800, { ...terminal, typed: 6_000 }), 'too_much');
  for (const typed of [null, 0, 5_800, 9_000]) assert.equal(partOf(5_800, { ...cash, typed }), null);
});

test('a CSV of the console quotes what needs it, and no cell begins a formula', () => {
  assert.equal(
    toCsv([
      ['Zona', 'Vendido'],
      ['Platea, "alta"', 12],
      ['=1+1', -3],
    ]),
    '\ufeffZona,Vendido\r\n"Platea, ""alta""",12\r\n\'=1+1,-3\r\n',
  );
});

test('a plot has round steps, a gap where a value is missing, and a bar for each value', () => {
  assert.deepEqual([stepFor(9, 4), stepFor(100, 4), stepFor(1_234, 4)], [5, 50, 500]);
  const series = [{ values: [1, null, 3] }];
  const line = layOut({ labels: ['a', 'b', 'c'], series, kind: 'line', limit: undefined });
  assert.equal(line.lines[0]!.path.match(/M/g)?.length, 2);
  const bar = layOut({ labels: ['a', 'b', 'c'], series, kind: 'bar', limit: 8 });
  assert.equal(bar.bars.length, 2);
  assert.ok(bar.limitY !== undefined && bar.limitY > 0);
});
