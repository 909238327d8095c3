import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { formatEventId } from '../../src/base/ids.ts';
import { outcomeOf } from '../support/identity.ts';
import { findLedgerFaults } from '../support/ledger.ts';
import { cash, PlanHall, total } from '../support/plan-hall.ts';
import type { Ordered, Plan } from '../support/plan-rules.ts';
import type { RefundJson } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let plans: PlanHall;
let keys = 0;

before(async () => {
  plans = await PlanHall.start();
});
beforeEach(() => {
  plans.seat += 1;
});
after(async () => {
  await plans.stop();
});

const points = '/sellers/1/points';

async function undo({ transaction_id: id }: Ordered, path: string, body: Record<string, unknown> = {}) {
  const answer = await plans.owner.send(
    'POST',
    `/sellers/1/sales/${id}/${path}`,
    { reason: 'asked for', ...body },
    { 'idempotency-key': `undo-${++keys}` },
  );
  assert.equal(answer.status, 201, answer.text);
  return answer.json as RefundJson;
}

async function refundOf({ transaction_id: id }: Ordered): Promise<RefundJson> {
  const answer = await plans.owner.send('GET', `/sellers/1/sales/${id}/refunds`);
  return (answer.json as { data: RefundJson[] }).data[0]!;
}

async function assertSound(): Promise<void> {
  await plans.assertSound();
  assert.deepEqual(await findLedgerFaults(plans.house.pool, plans.stripe), []);
}

test('the sale of a plan is refunded by what paid for it; what a plan had no place for is none of it', async () => {
  const order = await plans.begin(plans.free, { method: 'card_online', amount: 1_000 });
  assert.equal((await plans.house.client.send('GET', order.links.pay!)).status, 303);
  plans.stripe.act(plans.pageOf(order, 1), 'pay');
  await waitUntil('the down payment is there', async () => (await plans.planOf(order)).paid === 1_000);
  // The page takes another amount than it was to.
  const wrong = await plans.pay(order, { method: 'card_online', amount: 500 });
  assert.equal((await plans.house.client.send('GET', (wrong.json as Plan).pay_url!)).status, 303);
  const page = plans.pageOf(order, 2);
  page.amount = 501;
  plans.stripe.act(page, 'pay');
  await waitUntil('what is wrong has gone back', async () => {
    const { surplus, refunded } = (await plans.planOf(order)).payments[1]!;
    return surplus && refunded === 501;
  });
  await plans.payByCard(order, 900);
  const settled = await plans.take(plans.cashier, order, cash(1_000));
  assert.equal((settled.json as Plan).state, 'settled', settled.text);
  assert.equal((await undo(order, 'refunds')).total, total);
  await waitUntil('the cards have their money', async () => (await refundOf(order)).paid_back === 1_900);
  assert.equal((await refundOf(order)).to_pay_back_by_hand, 1_000);
  const { state, paid, payments } = await plans.planOf(order);
  assert.deepEqual(
    [state, paid, payments.map(({ refunded }) => refunded)],
    ['settled', total, [1_000, 501, 900, 0]],
  );
  await assertSound();
});

test('the sale of a plan is voided, and exchanged, as any other', async () => {
  const voided = await plans.begin(plans.free, cash(1_000));
  await plans.take(plans.cashier, voided, cash(1_900));
  assert.equal((await undo(voided, 'void')).total, total);
  plans.seat += 1;
  const exchanged = await plans.begin(plans.free, cash(1_000));
  // A hold that a plan is under way on is for nobody else.
  plans.seat += 1;
  const other = await plans.begin(plans.free, cash(1_000));
  await plans.take(plans.cashier, exchanged, cash(1_900));
  const taken = await plans.owner.send(
    'POST',
    `/sellers/1/sales/${exchanged.transaction_id}/exchange`,
    { reason: 'asked for', hold_token: other.hold_token },
    { 'idempotency-key': 'taken' },
  );
  assert.equal(outcomeOf(taken), 'payment_pending');
  plans.seat += 1;
  await undo(exchanged, 'exchange', { hold_token: await plans.hold() });
  await assertSound();
});

test('money that completes a plan on a closed day is a sale once the next day is open', async () => {
  const order = await plans.begin(plans.free, cash(1_000));
  assert.equal((await plans.owner.send('POST', `${points}/1/days`)).status, 201);
  assert.equal((await plans.owner.send('POST', `${points}/1/days/1/close`)).status, 200);
  const last = await plans.take(plans.cashier, order, cash(1_900));
  assert.equal((last.json as Plan).state, 'paid', last.text);
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1))), 'plan_complete');
  await assertSound();
  assert.equal((await plans.owner.send('POST', `${points}/1/days`)).status, 201);
  await plans.untilState(order, 'settled');
  await assertSound();
});

test("cash of a plan is in the drawer of the shift that took it; its sale is the shop's", async () => {
  assert.equal((await plans.owner.send('POST', points, { name: 'Norte' })).status, 201);
  const till = `${points}/2`;
  assert.equal((await plans.owner.send('POST', `${till}/days`)).status, 201);
  const shift = { opening_float: [{ currency: 'USD', amount: 500 }] };
  assert.equal((await plans.cashier.send('POST', `${till}/shifts`, shift)).status, 201);
  const plan = { rule_id: plans.free, down_payment: cash(1_000) };
  const token = await plans.hold();
  const answer = await plans.confirm(token, plan, 'till', { point_id: 2 }, plans.cashier);
  assert.equal(answer.status, 202, answer.text);
  const order = answer.json as Ordered;
  const expected = async () =>
    ((await plans.cashier.send('GET', `${till}/shifts/1`)).json as { expected: unknown }).expected;
  assert.deepEqual(await expected(), [{ currency: 'USD', amount: 1_500 }]);
  await plans.take(plans.owner, order, cash(700));
  assert.deepEqual(await expected(), [{ currency: 'USD', amount: 1_500 }]);
  const last = await plans.take(plans.cashier, order, cash(1_200));
  assert.equal((last.json as Plan).state, 'settled', last.text);
  const counted = [{ currency: 'USD', amount: 2_700 }];
  const closed = await plans.cashier.send('POST', `${till}/shifts/1/close`, { counted });
  assert.deepEqual((closed.json as { expected: unknown }).expected, counted);
  const { rows } = await plans.house.pool.query<{ series_id: number }>(
    'select series_id from fiscal_documents where tenant_id = 1 and transaction_id = $1',
    [order.transaction_id],
  );
  assert.equal(rows[0]!.series_id, 1);
  await assertSound();
});

test('when the event is cancelled its plans end, and all of their money goes back', async () => {
  const order = await plans.begin(plans.free, { method: 'card_online', amount: 1_000 });
  assert.equal((await plans.house.client.send('GET', order.links.pay!)).status, 303);
  plans.stripe.act(plans.pageOf(order, 1), 'pay');
  await waitUntil('the down payment is there', async () => (await plans.planOf(order)).paid === 1_000);
  const cancelled = await plans.owner.send(
    'POST',
    `/sellers/1/events/${formatEventId(plans.hall)}/cancel`,
    {},
  );
  assert.equal(cancelled.status, 200, cancelled.text);
  const { reason, settlement, payments } = await plans.untilState(order, 'refunded');
  assert.deepEqual([reason, settlement!.kept, payments[0]!.refunded], ['cancelled_by_seller', 0, 1_000]);
  await waitUntil('all plans have ended', async () => {
    const { rows } = await plans.house.pool.query(`select from payment_intents where state = 'awaiting'`);
    return rows.length === 0;
  });
  await assertSound();
});
