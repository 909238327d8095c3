import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { dayIn } from '../../src/payments/payment-intents.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { outcomeOf, signedIn, type Browser } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { readEvents } from '../support/read-events.ts';
import { waitUntil } from '../support/wait.ts';

type Confirmed = {
  transaction_id: string;
  status: string;
  fiscal_number: string | null;
  total: number;
  payment: { state: string; change?: number };
  links: { self: string; events: string };
};

let house: IdentityHall;
let hall: Hall;
let cashier: Browser;
let owner: Browser;
let steward: Browser;
let stranger: Browser;
let seat = 0;
let keys = 0;

before(async () => {
  house = await startIdentityHall(0);
  const { pool, client } = house;
  hall = await createHall(pool, { tenantId: 1, seats: 60, standing: 20 });
  await createHall(pool, { tenantId: 2 });
  owner = await signedIn(pool, client, 1, 'owner');
  cashier = await signedIn(pool, client, 1, 'cashier');
  steward = await signedIn(pool, client, 1, 'steward');
  stranger = await signedIn(pool, client, 2, 'owner');
});
beforeEach(() => {
  seat += 1;
});
after(() => house.stop());

async function hold(seatNos: number[]): Promise<string> {
  const seats = seatNos.map((no) => formatSeatId(hall, no));
  const answer = await house.client.send('POST', '/sales/holds', { event_id: formatEventId(hall), seats });
  assert.equal(answer.status, 201, answer.text);
  return (answer.json as { hold_token: string }).hold_token;
}

async function confirm(token: string, payment: unknown, key = `key-${++keys}`) {
  const customer = { name: 'Ana Pérez', email: 'ana@example.com', locale: 'es' };
  const headers = { 'idempotency-key': key };
  return house.client.send(
    'POST',
    '/sales/checkout/confirm',
    { hold_token: token, customer, payment },
    headers,
  );
}

const report = (reference: string) => ({
  bank: 'Banco Mercantil',
  phone: '0414 1234567',
  document: 'V-12345678',
  reference,
});
const mobile = (reference: string, more = {}) => ({
  method: 'mobile_payment',
  report: report(reference),
  ...more,
});

async function pay(payment: unknown): Promise<Confirmed> {
  const answer = await confirm(await hold([seat]), payment);
  assert.equal(answer.status, 202, answer.text);
  return answer.json as Confirmed;
}

async function statusOf({ links }: Confirmed): Promise<string> {
  const { status, payment } = (await house.client.send('GET', links.self)).json as {
    status: string;
    payment?: { state: string; detail?: string };
  };
  return status === 'processing' ? status : `${status} ${payment?.state} ${payment?.detail ?? ''}`.trim();
}

const payments = '/sellers/1/payments';

async function assertSound(): Promise<void> {
  const { lines } = await runAudit(house.pool);
  assert.deepEqual(
    lines.filter((line) => line.count > 0),
    [],
  );
}

test('a mobile payment is reported, waits, is verified by staff, and is a sale then', async () => {
  const one = await pay(mobile('0001'));
  assert.deepEqual([one.status, one.fiscal_number], ['awaiting_payment', null]);
  const streamed = readEvents(`${house.url}${one.links.events}`, {
    until: ({ event }) => event === 'confirmed',
  });
  const listed = await cashier.send('GET', `${payments}?state=pending`);
  const [payment] = (
    listed.json as { data: { id: string; bank: string; reference: string; phone: string }[] }
  ).data;
  assert.deepEqual(
    [payment!.bank, payment!.reference, payment!.phone],
    ['banco mercantil', '0001', '0414 1234567'],
  );
  const path = `${payments}/${payment!.id}`;
  assert.equal(outcomeOf(await steward.send('POST', `${path}/verify`, {})), 'forbidden');
  assert.equal(outcomeOf(await stranger.send('POST', `${path}/verify`, {})), 'seller_not_found');
  assert.equal(
    outcomeOf(await stranger.send('POST', `/sellers/2/payments/${payment!.id}/verify`, {})),
    'payment_not_found',
  );
  const both = await Promise.all([cashier, owner].map((who) => who.send('POST', `${path}/verify`, {})));
  assert.deepEqual(new Set(both.map(outcomeOf)), new Set([200, 'payment_decided']));
  await streamed;
  assert.equal(await statusOf(one), 'processing');
  const log = await owner.send('GET', '/sellers/1/audit-log');
  const entries = (log.json as { data: { verb: string; object: { kind: string; id: string } }[] }).data;
  assert.equal(entries.filter(({ object }) => object.id === payment!.id).length, 1);
  await assertSound();
});

test('a report is made once for each bank and reference, however it is written; a rejected one frees its reference', async () => {
  const first = await pay(mobile('00 02'));
  const token = await hold([59]);
  const again = await confirm(token, {
    method: 'transfer',
    report: { ...report('0002'), bank: ' banco  MERCANTIL ' },
  });
  assert.equal(outcomeOf(again), 'payment_reference_used');
  const other = await confirm(token, { method: 'transfer', report: { ...report('0002'), bank: 'BNC' } });
  assert.equal(other.status, 202, other.text);
  const id = `${first.transaction_id}-1`;
  assert.equal((await cashier.send('POST', `${payments}/${id}/reject`, { reason: 'No llegó' })).status, 200);
  assert.equal(await statusOf(first), 'cancelled ended payment_failed');
  seat += 1;
  assert.equal((await pay(mobile('0002'))).status, 'awaiting_payment');
  assert.equal(
    outcomeOf(await cashier.send('POST', `${payments}/${id}/verify`, {})),
    'payment_reference_used',
  );
  await assertSound();
});

test('a transfer that is verified late gets its seats; without them it is given back by people, who say so', async () => {
  const lucky = await pay(mobile('0003'));
  seat += 1;
  const late = await pay(mobile('0004'));
  for (const { transaction_id: id } of [lucky, late]) {
    await cashier.send('POST', `${payments}/${id}-1/reject`, {});
  }
  await waitUntil('the seat is on sale', async () => {
    const again = { event_id: formatEventId(hall), seats: [formatSeatId(hall, seat)] };
    return (await house.client.send('POST', '/sales/holds', again)).status === 201;
  });
  for (const { transaction_id: id } of [lucky, late]) {
    assert.equal((await cashier.send('POST', `${payments}/${id}-1/verify`, {})).status, 200);
  }
  assert.equal(await statusOf(lucky), 'processing');
  assert.equal(await statusOf(late), 'refunded refunding places_gone');
  const due = await cashier.send('GET', `${payments}?order_state=refunding`);
  assert.equal((due.json as { data: unknown[] }).data.length, 1);
  const path = `${payments}/${late.transaction_id}-1/refunded`;
  assert.deepEqual(
    [outcomeOf(await cashier.send('POST', path, {})), outcomeOf(await cashier.send('POST', path, {}))],
    [200, 'payment_decided'],
  );
  assert.equal(await statusOf(late), 'refunded refunded places_gone');
  await assertSound();
});

test("a bank's file verifies what it names with the right amount, and tells of every other row", async () => {
  const right = await pay(mobile('0005'));
  seat += 1;
  await pay(mobile('0006'));
  const file =
    'Fecha;Referencia;Monto\n24/11/2026;0005;29,00\n24/11/2026;0006;1.029,00\n24/11/2026;9999;1,00\n24/11/2026;0007;x\n';
  const send = (text: string) =>
    cashier.send('POST', '/sellers/1/bank-files?bank=Banco%20Mercantil', text, {
      'content-type': 'text/csv',
      'content-length': String(Buffer.byteLength(text)),
    });
  const outcomes = async (text: string) =>
    ((await send(text)).json as { rows: { outcome: string }[] }).rows.map((row) => row.outcome);
  assert.deepEqual(await outcomes(file), ['verified', 'amount_differs', 'not_reported', 'unreadable']);
  assert.equal(await statusOf(right), 'processing');
  assert.deepEqual(await outcomes(file), ['known', 'amount_differs', 'not_reported', 'unreadable']);
  assert.equal(outcomeOf(await send('a,b\n1,2\n')), 'bank_file_invalid');
  await assertSound();
});

test('cash with change, several payments, and other currencies by the rate of the day', async () => {
  const cash = await pay({ method: 'cash', tendered: 5_000 });
  assert.deepEqual([cash.status, cash.payment.change], ['processing', 2_100]);
  assert.ok(cash.fiscal_number);
  const token = await hold([58]);
  assert.equal(outcomeOf(await confirm(token, { method: 'cash', tendered: 100 })), 'cash_too_little');
  assert.equal(outcomeOf(await confirm(token, { method: 'card_online' })), 'payment_method_unavailable');
  const parts = (first: number) => ({
    method: 'split',
    parts: [
      { method: 'cash', amount: first },
      { method: 'card_terminal', amount: 1_900, reference: 'A-1' },
    ],
  });
  assert.equal(outcomeOf(await confirm(token, parts(999))), 'payment_amounts_differ');
  const foreign = { method: 'cash', currency: 'VES', tendered: 1_000_000 };
  assert.equal(outcomeOf(await confirm(token, foreign)), 'exchange_rate_missing');
  const split = await confirm(token, parts(1_000));
  assert.equal((split.json as Confirmed).status, 'processing', split.text);

  const day = dayIn('America/Caracas', new Date());
  const rate = { currency: 'VES', base_currency: 'USD', day, rate: '245.6789' };
  const rates = '/sellers/1/exchange-rates';
  assert.equal(outcomeOf(await cashier.send('POST', rates, rate)), 'forbidden');
  assert.equal((await owner.send('POST', rates, { ...rate, rate: '240' })).status, 201);
  const recorded = await owner.send('POST', rates, rate);
  assert.deepEqual([recorded.status, (recorded.json as { revision: number }).revision], [201, 2]);
  for (const wrong of [{ day: '2026-02-30' }, { rate: '0' }, { base_currency: 'VES' }]) {
    assert.equal(outcomeOf(await owner.send('POST', rates, { ...rate, ...wrong })), 'body_invalid');
  }
  seat += 1;
  const inBolivars = await pay(foreign);
  // 29.00 USD are 7,124.6881 VES.
  assert.deepEqual([inBolivars.status, inBolivars.payment.change], ['processing', 1_000_000 - 712_469]);
  // The same order is answered the same when its rate is of another day.
  seat += 1;
  const held = await hold([seat]);
  const paid = await confirm(held, foreign, 'yesterday');
  await house.pool.query('update exchange_rates set day = day - 1');
  assert.deepEqual((await confirm(held, foreign, 'yesterday')).json, paid.json);
  assert.equal(outcomeOf(await confirm(await hold([54]), foreign)), 'exchange_rate_missing');
  const listed = await cashier.send('GET', `${rates}?limit=1`);
  assert.equal((listed.json as { data: { rate: string }[] }).data[0]!.rate, '245.67890000');
  await assertSound();
});

test('a reference is named once, also where the money is there at once, and a transfer is reported or seen by the seller', async () => {
  const zelle = (reference: string) => ({ method: 'zelle', reference });
  const first = await pay(zelle('zq 12'));
  assert.deepEqual([first.status, first.payment.state], ['processing', 'settled']);
  assert.ok(first.fiscal_number);
  seat += 1;
  const token = await hold([seat]);
  assert.equal(outcomeOf(await confirm(token, zelle(' ZQ12 '))), 'payment_reference_used');
  const inParts = {
    method: 'split',
    parts: [
      { method: 'cash', amount: 1_000 },
      { method: 'zelle', amount: 1_900, reference: 'Zq12' },
    ],
  };
  assert.equal(outcomeOf(await confirm(token, inParts)), 'payment_reference_used');
  const seen = { method: 'transfer', reference: 'T-77' };
  assert.equal(outcomeOf(await confirm(token, seen)), 'payment_report_missing');
  assert.equal(outcomeOf(await confirm(token, { method: 'mobile_payment' })), 'payment_report_missing');
  const half = { method: 'split', parts: [{ ...seen, amount: 1_900 }, inParts.parts[0]] };
  assert.equal(outcomeOf(await confirm(token, half)), 'payment_report_missing');
  const by = (who: Browser) =>
    who.send(
      'POST',
      '/sales/checkout/confirm',
      { hold_token: token, customer: { name: 'Ana' }, payment: seen },
      { 'idempotency-key': `key-${++keys}` },
    );
  assert.equal(outcomeOf(await by(steward)), 'payment_report_missing');
  assert.equal(outcomeOf(await by(stranger)), 'payment_report_missing');
  const taken = await by(cashier);
  assert.equal((taken.json as Confirmed).status, 'processing', taken.text);
  const same = { method: 'other', reference: 'T-77' };
  seat += 1;
  assert.equal((await pay(same)).status, 'processing', 'by other means it is another payment');
  await assertSound();
});

test('what looks like the number of a card is refused in any text, and never repeated', async () => {
  const token = await hold([57]);
  for (const reference of [
    '4242 4242 4242 4242',
    'card 4242-4242-4242-4242',
    '378282246310005',
    '\\u0034242424242424242',
  ]) {
    const body = JSON.stringify({
      hold_token: token,
      customer: { name: 'Ana' },
      payment: { method: 'other', reference },
    });
    const answer = await house.client.send('POST', '/sales/checkout/confirm', body.replace('\\\\u', '\\u'), {
      'idempotency-key': 'card',
    });
    assert.equal(outcomeOf(answer), 'card_number_refused', answer.text);
    assert.doesNotMatch(answer.text, /4242|3782/);
  }
  assert.equal(
    outcomeOf(await house.client.send('GET', '/events?starting_after=4242424242424242')),
    'card_number_refused',
  );
  // A phone, an account of 20 digits, a reference without the check digit.
  for (const reference of ['+58 414 1234567', '01050045671234567890', '4242424242424241']) {
    assert.notEqual(
      outcomeOf(await confirm(await hold([56]).catch(() => token), { method: 'other', reference })),
      'card_number_refused',
    );
  }
});
