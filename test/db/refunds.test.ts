import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { saleTransitions } from '../../src/orders/sale-status.ts';
import type { SaleStatus } from '../../src/orders/sale.ts';
import { codeOf, json, sold } from '../support/payment-hall.ts';
import { UndoingHall, type RefundJson } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

type SaleJson = {
  status: string;
  items: { ticket_id: string; returned?: boolean }[];
  refunds: { kind: string; credit_note: string; total: number }[];
};

test('what a sale may become is the same in SQL and in the rules', async () => {
  const statuses = Object.keys(saleTransitions) as SaleStatus[];
  for (const from of statuses) {
    for (const to of statuses) {
      const { rows } = await hall.house.pool.query<{ may: boolean }>(
        'select sale_may_become($1, $2) as may',
        [from, to],
      );
      assert.equal(rows[0]!.may, saleTransitions[from].includes(to), `${from} to ${to}`);
    }
  }
});

test('a void takes all of a sale back on its day, with a credit note, and its places are sold again', async () => {
  const sale = await hall.sell([1, 2], 2);
  const answer = await hall.post(sale, 'void', {}, 'void');
  assert.equal(answer.status, 201, answer.text);
  const refund = json<RefundJson>(answer);
  assert.deepEqual(
    [refund.kind, refund.total, refund.credit_note, refund.ticket_ids.length, refund.to_pay_back_by_hand],
    ['void', sale.total, 'NC-A-00000001', 4, sale.total],
  );
  assert.deepEqual(json(await hall.post(sale, 'void', {}, 'void')), refund, 'the same void twice is one');
  assert.equal(codeOf(await hall.post(sale, 'void', { resell: false }, 'void')), 'idempotency_key_reused');
  assert.equal(codeOf(await hall.post(sale, 'void', {})), 'ticket_returned');
  assert.equal(codeOf(await hall.post(sale, 'void', {}, 'x', hall.tenantId - 1)), 'transaction_not_found');
  const read = json<SaleJson>(await hall.house.client.send('GET', sale.links.self));
  assert.deepEqual(
    [read.status, read.items.every((item) => item.returned), read.refunds.length],
    ['cancelled', true, 1],
  );
  assert.equal((await hall.sell([1, 2], 20)).status, 'processing');
  assert.equal(await hall.count('messages', `kind = 'refund'`), 1);
  await hall.house.assertSound();
});

test('a closed day: nothing is undone until the next is opened, and then no sale of it is voided any more', async () => {
  const sale = await hall.sell([1]);
  await hall.setDay(false);
  assert.equal(codeOf(await hall.post(sale, 'void', {})), 'fiscal_day_closed');
  assert.equal(codeOf(await hall.post(sale, 'refunds', {})), 'fiscal_day_closed');
  assert.equal(await hall.count('refunds'), 0);
  assert.equal(await hall.count('seat_states', `state = 'sold'`), 1);
  await hall.setDay(true);
  assert.equal(codeOf(await hall.post(sale, 'void', {})), 'void_too_late');
  assert.equal((await hall.refund(sale)).credit_note, 'NC-A-00000001');
  await hall.house.assertSound();
});

test('a refund by ticket, off the market: the seat is blocked, the general zone has a place less, the rest stays sold', async () => {
  const sale = await hall.sell([1, 2], 2);
  const ticket_ids = [hall.ticket(sale, 1), hall.ticket(sale, 3)];
  const refund = await hall.refund(sale, { ticket_ids, resell: false });
  assert.deepEqual([refund.ticket_ids, refund.total], [ticket_ids, 2_900 + 1_160]);
  assert.equal(codeOf(await hall.post(sale, 'refunds', { ticket_ids: [ticket_ids[0]] })), 'ticket_returned');
  assert.equal(
    codeOf(await hall.post(sale, 'refunds', { ticket_ids: [`${sale.transaction_id}-9`] })),
    'ticket_not_found',
  );
  assert.equal(codeOf(await hall.post(sale, 'refunds', { ticket_ids: ['nonsense'] })), 'ticket_not_found');
  assert.equal(codeOf(await hall.post(sale, 'void', {})), 'ticket_returned');
  const read = json<SaleJson>(await hall.house.client.send('GET', sale.links.self));
  assert.equal(read.status, 'processing');
  assert.deepEqual(
    read.items.filter((item) => item.returned).map((item) => item.ticket_id),
    ticket_ids,
  );
  assert.equal(await hall.count('seat_states', `state = 'blocked'`), 1);
  assert.equal(await hall.count('zones', `zone_no = 2 and capacity = 19`), 1);
  await hall.house.assertSound();
  await hall.refund(sale);
  assert.equal(json<SaleJson>(await hall.house.client.send('GET', sale.links.self)).status, 'refunded');
  await hall.house.assertSound();
});

test('cards: equal parts each go back once, whatever the provider does, and its ledger says the same', async () => {
  const { house } = hall;
  const sale = await house.orderOnline([1, 2, 3]);
  house.stripe.act(sale.session, 'pay');
  await house.untilStatus(sale, ...sold);
  house.stripe.next('break');
  const first = await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] });
  assert.equal(first.to_pay_back_by_hand, 0);
  const settled = async (count: number) =>
    waitUntil(
      'the money is back',
      async () => (await hall.refundsOf(sale)).filter((one) => one.settled_at).length === count,
    );
  await settled(1);
  house.stripe.next('accept_in_silence');
  await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 2)] });
  await settled(2);
  await house.assertSound();
  await hall.refund(sale);
  await settled(3);
  assert.equal(house.stripe.ledger().get(sale.transaction_id)!.refunded, sale.total);
  assert.equal((await house.read(sale)).status, 'refunded');
  await house.assertSound();
});

test('money by hand is recorded once, in parts, and never more than is to go back', async () => {
  const sale = await hall.sell([1]);
  await hall.refund(sale);
  const path = 'refunds/1/repayments';
  const part = await hall.post(sale, path, { method: 'cash', amount: 900 }, 'part');
  assert.equal(part.status, 201, part.text);
  assert.equal(
    json<RefundJson>(await hall.post(sale, path, { method: 'cash', amount: 900 }, 'part')).paid_back,
    900,
  );
  assert.equal(
    codeOf(await hall.post(sale, path, { method: 'zelle', amount: 900 }, 'part')),
    'idempotency_key_reused',
  );
  assert.equal(codeOf(await hall.post(sale, path, { method: 'cash', amount: 2_001 })), 'refund_exceeds_paid');
  assert.equal(codeOf(await hall.post(sale, 'refunds/2/repayments', { method: 'cash' })), 'refund_not_found');
  const rest = json<RefundJson>(await hall.post(sale, path, { method: 'transfer', reference: '77' }));
  assert.ok(rest.settled_at);
  assert.deepEqual([rest.paid_back, rest.to_pay_back_by_hand], [2_900, 0]);
  assert.equal(codeOf(await hall.post(sale, path, { method: 'cash' })), 'refund_exceeds_paid');
  const timeline = await hall.staff.send(
    'GET',
    `/sellers/${hall.tenantId}/transactions/${sale.transaction_id}/timeline`,
  );
  assert.match(timeline.text, /undone.*paid_back/s);
  await hall.house.assertSound();
});

test('bad input changes nothing and is no fault of ours', async () => {
  const sale = await hall.sell([1]);
  const bodies = [
    { reason: '' },
    { ticket_ids: [] },
    { ticket_ids: 'all' },
    { return_fees: 1 },
    { more: true },
  ];
  for (const body of bodies)
    assert.equal((await hall.post(sale, 'refunds', body)).status, 422, JSON.stringify(body));
  const bare = await hall.staff.send(
    'POST',
    `/sellers/${hall.tenantId}/sales/${sale.transaction_id}/refunds`,
    { reason: 'r' },
  );
  assert.equal(codeOf(bare), 'idempotency_key_missing');
  assert.equal(
    codeOf(await hall.post({ ...sale, transaction_id: 'no-sale' }, 'refunds', {})),
    'transaction_not_found',
  );
  assert.equal(await hall.count('refunds'), 0);
  await hall.house.assertSound();
});
