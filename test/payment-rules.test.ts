import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '../src/base/errors.ts';
import { hideCardNumbers, holdsCardNumber } from '../src/base/card-number.ts';
import { redactUrl } from '../src/telemetry/logger.ts';
import { readBankFile } from '../src/payments/bank-file.ts';
import { convert, formatRate, parseRate } from '../src/payments/exchange-rate.ts';
import { changeOf, orderTenders } from '../src/payments/tender-orders.ts';

const means = { currency: 'USD', rates: new Map(), provider: 'stripe' };
const problem = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

test('numbers of cards are known by scheme, length and check digit, however they are written', () => {
  const cards = [
    '4242424242424242',
    '5555 5555 5555 4444',
    '3782-822463-10005',
    '6011111111111117',
    '2223003122003222',
  ];
  for (const card of cards) {
    assert.ok(holdsCardNumber(`pay ${card}, please`), card);
    assert.equal(hideCardNumbers(`pay ${card}.`), 'pay [card number].');
  }
  const others = [
    '4242424242424241',
    '01020304050607080910',
    '+58 412 555 1234',
    'a4242424242424242',
    '42424242424242424242',
    '',
  ];
  for (const other of others) assert.ok(!holdsCardNumber(other), other);
  assert.equal(redactUrl('/events?q=4242424242424242'), '/events?q=[card number]');
});

test('amounts are converted by the rate, half up, with the digits of each currency', () => {
  assert.equal(convert(2_900, 'USD', 'VES', parseRate('245.6789')!), 712_469);
  assert.equal(convert(1_000, 'USD', 'JPY', parseRate('150.05')!), 1_501);
  assert.equal(convert(1_501, 'JPY', 'USD', parseRate('0.00666444')!), 1_000);
  for (const wrong of ['', '0', '0.0', '-1', '1,5', '1.123456789', '12345678', 'x'])
    assert.equal(parseRate(wrong), null);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999_999_999_999 }), (rate) => {
      assert.equal(parseRate(formatRate(rate)), rate);
    }),
  );
});

test('payments are the total to the unit, or refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 10 }),
      fc.integer({ min: -2, max: 2 }),
      (amounts, off) => {
        const total = amounts.reduce((sum, amount) => sum + amount, 0) + off;
        const parts = amounts.map((amount) => ({ method: 'cash' as const, amount }));
        const order = () => orderTenders(total, null, parts, means);
        if (off === 0)
          assert.deepEqual(
            order().map((tender) => tender.amount),
            amounts,
          );
        else assert.throws(order, problem('payment_amounts_differ'));
      },
    ),
  );
  const [card] = orderTenders(100, { method: 'card_online' }, [], means);
  assert.deepEqual([card!.state, card!.provider], ['pending', 'stripe']);
  const [cash] = orderTenders(100, { method: 'cash', tendered: 150 }, [], means);
  assert.deepEqual([cash!.state, changeOf(cash!)], ['captured', 50]);
  const refused = (
    whole: Parameters<typeof orderTenders>[1],
    code: string,
    provider: string | null = 'stripe',
  ) => assert.throws(() => orderTenders(100, whole, [], { ...means, provider }), problem(code));
  refused({ method: 'card_online' }, 'payment_method_unavailable', null);
  refused({ method: 'cash', tendered: 99 }, 'cash_too_little');
  refused({ method: 'cash', currency: 'VES' }, 'exchange_rate_missing');
});

test("a bank's file is read with either kind of number, and each bad line is named", () => {
  const file = '\uFEFFMonto;Referencia;Nota\n1.234,56;ab 12;x\n1,234.56;13;\n12;14\nx;15\n1.2.3;16\n1;\n';
  assert.deepEqual(readBankFile(file, 10), {
    rows: [
      { line: 2, reference: 'AB12', amount: 123_456 },
      { line: 3, reference: '13', amount: 123_456 },
      { line: 4, reference: '14', amount: 1_200 },
    ],
    unreadable: [5, 6, 7],
  });
  assert.equal(readBankFile('reference,amount\n1,"2,50"\n', 10).rows[0]!.amount, 250);
  assert.throws(() => readBankFile('a,b\n1,2', 10), problem('bank_file_invalid'));
  assert.throws(() => readBankFile('reference,amount\n1,2\n2,3', 1), problem('bank_file_invalid'));
  assert.throws(() => readBankFile('reference,amount\n"1,2', 9), problem('bank_file_invalid'));
});
