import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createHall } from '../support/hall.ts';
import { codeOf, json, type Confirmed } from '../support/payment-hall.ts';
import { UndoingHall, type RefundJson } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

type ExchangeJson = Confirmed & {
  state: string;
  credit: number;
  total: number;
  difference: number;
  refund?: RefundJson;
};

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

const exchange = (sale: Confirmed, token: string, more: Record<string, unknown> = {}, key?: string) =>
  hall.post(sale, 'exchange', { hold_token: token, ...more }, key);

test('a seat for another at the same price, once for each key; both documents and both sales stand', async () => {
  const sale = await hall.sell([1, 2]);
  const { hold_token } = await hall.house.hold([3]);
  const ticket_ids = [hall.ticket(sale, 1)];
  const first = await exchange(sale, hold_token, { ticket_ids }, 'exchange');
  assert.equal(first.status, 201, first.text);
  const made = json<ExchangeJson>(first);
  assert.deepEqual([made.state, made.difference, made.refund?.kind], ['done', 0, 'exchange']);
  assert.ok(made.refund?.settled_at, 'all of it stays with the new sale');
  assert.deepEqual(json(await exchange(sale, hold_token, { ticket_ids }, 'exchange')), made);
  assert.equal(codeOf(await exchange(sale, hold_token, {}, 'exchange')), 'idempotency_key_reused');
  assert.equal(codeOf(await exchange(sale, hold_token, { ticket_ids })), 'ticket_returned');
  assert.equal(await hall.count('transactions'), 2);
  assert.equal(await hall.count('messages', `kind = 'refund'`), 0);
  await hall.house.assertSound();
});

test('dearer places want the difference, cheaper ones give it back', async () => {
  const sale = await hall.sell([1]);
  const dearer = await hall.house.hold([3, 4]);
  assert.equal(codeOf(await exchange(sale, dearer.hold_token)), 'exchange_payment_missing');
  const payment = { method: 'card_terminal', reference: '12' };
  const made = json<ExchangeJson>(await exchange(sale, dearer.hold_token, { payment }));
  assert.deepEqual([made.state, made.credit, made.total, made.difference], ['done', 2_900, 5_800, 2_900]);
  const { rows } = await hall.house.pool.query<{ method: string; amount: number }>(
    'select method, amount from payments where transaction_id = $1 order by payment_no',
    [made.transaction_id],
  );
  assert.deepEqual(rows, [
    { method: 'exchange', amount: 2_900 },
    { method: 'card_terminal', amount: 2_900 },
  ]);
  const cheaper = await hall.house.hold([], 1);
  const back = json<ExchangeJson>(await exchange(made, cheaper.hold_token));
  assert.deepEqual([back.difference, back.refund?.to_pay_back_by_hand], [1_160 - 5_800, 5_800 - 1_160]);
  assert.equal(await hall.count('messages', `kind = 'refund'`), 1);
  await hall.house.assertSound();
});

test('another date: the new places are of another event of the seller', async () => {
  const { house } = hall;
  const sale = await hall.sell([1]);
  const first = house.hall;
  house.hall = await createHall(house.pool, { tenantId: hall.tenantId, seats: 5, standing: 5 });
  const { hold_token } = await house.hold([1]);
  house.hall = first;
  const made = json<ExchangeJson>(await exchange(sale, hold_token));
  assert.deepEqual([made.state, made.difference], ['done', 0]);
  assert.equal(await hall.count('seat_states', `state = 'sold' and event_id <> ${first.eventId}`), 1);
  assert.equal(await hall.count('seat_states', `state = 'sold' and event_id = ${first.eventId}`), 0);
  await house.assertSound();
});

test('what cannot be sold is not exchanged: the old places stay, and the key says so ever after', async () => {
  const sale = await hall.sell([1]);
  const { hold_token } = await hall.house.hold([3]);
  // Between the decision and the sale, the event is called off.
  await hall.house.pool.query(
    `create function call_off() returns trigger language plpgsql as $$ begin
       update events set status = 'cancelled' where tenant_id = new.tenant_id; return null; end $$;
     create trigger call_off after insert on exchanges for each row execute function call_off()`,
  );
  try {
    assert.equal(codeOf(await exchange(sale, hold_token, {}, 'failed')), 'sales_closed');
  } finally {
    await hall.house.pool.query('drop function call_off cascade');
  }
  assert.equal(codeOf(await exchange(sale, hold_token, {}, 'failed')), 'sales_closed');
  assert.deepEqual([await hall.count('refunds'), await hall.count('transactions')], [0, 1]);
  await hall.house.pool.query(`update events set status = 'published' where tenant_id = $1`, [hall.tenantId]);
  const other = await hall.sell([5]);
  await hall.house.client.send('DELETE', `/sales/holds/${hold_token}`);
  assert.equal(codeOf(await exchange(other, hold_token)), 'hold_released');
  await hall.setDay(false);
  const late = await hall.house.hold([6]);
  assert.equal(codeOf(await exchange(other, late.hold_token)), 'fiscal_day_closed');
  await hall.house.assertSound();
});

test('whoever dies between the sale and the credit is followed: no tickets without money, no money without tickets', async () => {
  const sale = await hall.sell([1]);
  const { hold_token } = await hall.house.hold([3]);
  await hall.house.pool.query(
    `create function fail() returns trigger language plpgsql as $$ begin raise exception 'the process died'; end $$;
     create trigger fail before insert on credit_notes for each row execute function fail()`,
  );
  try {
    assert.equal((await exchange(sale, hold_token, {}, 'died')).status, 500);
    assert.deepEqual([await hall.count('transactions'), await hall.count('refunds')], [2, 0]);
    assert.equal(codeOf(await hall.post(sale, 'refunds', {})), 'exchange_pending');
  } finally {
    await hall.house.pool.query('drop function fail cascade');
  }
  await hall.house.pool.query(`update exchanges set leased_until = now() where state = 'open'`);
  await waitUntil(
    'the exchange is done',
    async () => (await hall.count('exchanges', `state = 'done'`)) === 1,
  );
  assert.equal(json<ExchangeJson>(await exchange(sale, hold_token, {}, 'died')).state, 'done');
  assert.deepEqual([await hall.count('transactions'), await hall.count('refunds')], [2, 1]);
  await hall.house.assertSound();
});

/** An exchange of a seat for two, whose difference is paid by a card on line. */
async function exchangeOnline() {
  const sale = await hall.sell([1]);
  const { hold_token } = await hall.house.hold([3, 4]);
  const body = { payment: { method: 'card_online' } };
  const answer = await exchange(sale, hold_token, body, `online-${sale.transaction_id}`);
  assert.equal(answer.status, 201, answer.text);
  const opened = json<ExchangeJson & { expires_at: string }>(answer);
  assert.deepEqual([opened.state, opened.credit, opened.difference], ['awaiting_payment', 2_900, 2_900]);
  assert.ok(Date.parse(opened.expires_at) > Date.now());
  const again = () => exchange(sale, hold_token, body, `online-${sale.transaction_id}`);
  const openPage = async () => {
    assert.equal((await hall.house.client.send('GET', opened.links.pay!)).status, 303);
    return hall.house.stripe.sessionOf(opened.transaction_id);
  };
  return { sale, opened, again, openPage };
}

const untilEnded = (id: string, state: string) =>
  waitUntil(`the exchange is ${state}`, async () => {
    const { rows } = await hall.house.pool.query<{ state: string }>(
      'select state from exchanges where exchange_id = $1',
      [id],
    );
    return rows[0]!.state === state;
  });

test('a difference that is paid by card on line: the new places wait for it, then the old ones go back', async () => {
  const { sale, opened, again, openPage } = await exchangeOnline();
  assert.deepEqual(json(await again()), opened, 'once for each key');
  assert.equal(codeOf(await hall.post(sale, 'refunds', {})), 'exchange_pending');
  assert.equal(await hall.count('seat_states', `state = 'held'`), 2);
  const session = await openPage();
  assert.equal(session.amount, 2_900, 'the difference alone');
  await hall.house.assertSound();
  hall.house.stripe.act(session, 'pay');
  await untilEnded(opened.transaction_id, 'done');
  const made = json<ExchangeJson>(await again());
  assert.deepEqual([made.state, made.refund?.kind, made.links.pay], ['done', 'exchange', undefined]);
  assert.equal(await hall.count('seat_states', `state = 'sold'`), 2);
  const { rows } = await hall.house.pool.query<{ method: string; amount: number }>(
    'select method, amount from payments where transaction_id = $1 order by payment_no',
    [opened.transaction_id],
  );
  assert.deepEqual(rows, [
    { method: 'exchange', amount: 2_900 },
    { method: 'card_online', amount: 2_900 },
  ]);
  await hall.house.assertSound();
  await hall.refund(made);
  await waitUntil('the card has its part back', () => {
    return hall.house.stripe.ledger().get(opened.transaction_id)!.refunded === 2_900;
  });
  await hall.house.assertSound();
});

test('a difference that is not paid: nothing has changed, and money that comes later goes back', async () => {
  const { sale, opened, again, openPage } = await exchangeOnline();
  const session = await openPage();
  await hall.house.expireOrder(opened.transaction_id);
  await untilEnded(opened.transaction_id, 'failed');
  assert.equal(codeOf(await again()), 'sales_closed');
  assert.deepEqual([await hall.count('refunds'), await hall.count('transactions')], [0, 1]);
  await hall.house.assertSound();
  // As if the provider had taken the money in the moment in which its page was closed.
  session.status = 'open';
  hall.house.stripe.act(session, 'pay');
  await waitUntil('the late money is back', () => {
    return hall.house.stripe.ledger().get(opened.transaction_id)!.refunded === 2_900;
  });
  await hall.house.assertSound();
  await hall.refund(sale);
  await hall.house.assertSound();
});

test('paid, given up and swept at once: each exchange is done and paid, or has failed and its money is back', async () => {
  const { house } = hall;
  for (let i = 0; i < 6; i++) {
    await house.renew();
    const { opened, openPage } = await exchangeOnline();
    const session = await openPage();
    await Promise.all([
      Promise.resolve().then(() => house.stripe.act(session, 'pay')),
      house.expireOrder(opened.transaction_id),
    ]);
    await waitUntil('the exchange has ended', async () => {
      const { rows } = await house.pool.query(
        `select from exchanges where exchange_id = $1 and state <> 'open'`,
        [opened.transaction_id],
      );
      return rows.length === 1;
    });
    await house.assertSound();
  }
});
