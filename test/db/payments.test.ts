import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { paymentStates, paymentTransitions } from '../../src/payments/payment.ts';
import { codeOf, json, online, PaymentHall, sold, type Confirmed } from '../support/payment-hall.ts';
import { readEvents } from '../support/read-events.ts';
import { startServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';

let house: PaymentHall;

before(async () => {
  house = await PaymentHall.start();
});
beforeEach(() => house.renew());
after(() => house.stop());

test('what a payment may become is the same in SQL and in the rules', async () => {
  for (const from of paymentStates) {
    for (const to of paymentStates) {
      const { rows } = await house.pool.query<{ may: boolean }>('select may_become($1, $2) as may', [
        from,
        to,
      ]);
      assert.equal(rows[0]!.may, paymentTransitions[from].includes(to), `${from} to ${to}`);
    }
  }
});

test('a card on line: the order waits without a number, is paid on the page, and becomes a sale as any other', async () => {
  const one = await house.orderOnline([1, 2]);
  assert.equal(one.status, 'awaiting_payment');
  assert.equal(one.fiscal_number, null);
  assert.equal(one.payment!.url, one.links.pay);
  const waiting = await house.read(one);
  assert.deepEqual(
    [waiting.status, waiting.items.length, waiting.payment!.state],
    ['awaiting_payment', 2, 'awaiting'],
  );
  const { rows } = await house.pool.query('select from transactions where transaction_id = $1', [
    one.transaction_id,
  ]);
  assert.equal(rows.length, 0, 'an unpaid order is no sale');
  const opened = Promise.withResolvers<void>();
  const streamed = readEvents(`${house.servers[1]!.url}${one.links.events}`, {
    until: ({ event, data }) => {
      if (data.state === 'pending') opened.resolve();
      return event === 'confirmed';
    },
  });
  await opened.promise;
  const paid = await fetch(`${house.stripe.url}/pay/${one.session.id}`, {
    method: 'POST',
    body: 'outcome=pay',
    redirect: 'manual',
  });
  assert.match(paid.headers.get('location') ?? '', new RegExp(`/orders/${one.transaction_id}\\?token=`));
  const sale = await house.untilStatus(one, ...sold);
  assert.equal(sale.fiscal_number, 'A-00000001');
  const seen = (await streamed).map(({ event, data }) => `${event} ${data.state}`);
  assert.equal(seen[0], 'payment pending');
  assert.ok(seen.includes('payment done') && seen.includes('confirmed done'), seen.join());
  await house.assertSound();
});

test('the same key replays, with another body it is refused, and one hold has one payment under way', async () => {
  const { hold_token } = await house.hold([1]);
  const first = await house.confirm(hold_token, online, {}, 'replayed');
  const again = await house.confirm(hold_token, online, {}, 'replayed');
  assert.deepEqual([again.status, again.json], [202, first.json]);
  assert.equal(
    codeOf(await house.confirm(hold_token, { method: 'cash' }, {}, 'replayed')),
    'idempotency_key_reused',
  );
  assert.equal(codeOf(await house.confirm(hold_token, online, {}, 'another')), 'payment_pending');
  const many = await Promise.all(
    [11, 12, 13, 14].map(async (no) =>
      house.confirm((await house.hold([no])).hold_token, online, {}, 'at-once'),
    ),
  );
  assert.equal(many.filter((answer) => answer.status === 202).length, 1);
  await house.assertSound();
});

test('a declined card leaves the order waiting, and another card pays it', async () => {
  const one = await house.orderOnline([1]);
  assert.equal(house.stripe.act(one.session, 'decline'), 'declined');
  assert.equal((await house.read(one)).status, 'awaiting_payment');
  house.stripe.act(one.session, 'pay');
  await house.untilStatus(one, ...sold);
  await house.assertSound();
});

test('a provider that breaks or is silent costs no seat: the page is opened by the next try', async () => {
  const { hold_token } = await house.hold([1]);
  const one = json<Confirmed>(await house.confirm(hold_token, online));
  house.stripe.next('break');
  assert.equal(codeOf(await house.client.send('GET', one.links.pay!)), 'payment_provider_unavailable');
  house.stripe.next('break');
  const led = await house.client.send('GET', one.links.pay!, undefined, { accept: 'text/html' });
  assert.match(String(led.headers['location']), /payment=payment_provider_unavailable/);
  house.stripe.next('accept_in_silence');
  assert.equal(codeOf(await house.client.send('GET', one.links.pay!)), 'payment_provider_unavailable');
  assert.equal((await house.client.send('GET', one.links.pay!)).status, 303);
  // What the silent one opened and what was found is one page.
  const pages = house.stripe.sessions.filter(
    (page) => page.metadata['transaction_id'] === one.transaction_id,
  );
  assert.equal(pages.length, 1);
});

test('webhooks that are lost, come twice, forged, or before the buyer is back, end in one sale', async () => {
  house.stripe.setWebhooks('keep');
  const lost = await house.orderOnline([1]);
  house.stripe.act(lost.session, 'pay');
  await house.untilStatus(lost, ...sold);
  const twice = await house.orderOnline([2]);
  const mark = house.stripe.kept.length;
  house.stripe.act(twice.session, 'pay');
  const event = house.stripe.kept[mark]!;
  assert.equal(await house.stripe.deliver(event, { secret: 'whsec_of_others' }), 403);
  assert.equal(await house.stripe.deliver(event, { at: Math.floor(Date.now() / 1_000) - 3_600 }), 403);
  const statuses = await Promise.all(Array.from({ length: 8 }, () => house.stripe.deliver(event)));
  assert.deepEqual(new Set(statuses), new Set([204]));
  await house.untilStatus(twice, ...sold);
  const { rows } = await house.pool.query<{ times: number; handled: boolean }>(
    'select times, handled_at is not null as handled from provider_events where event_id = $1',
    [event.id],
  );
  assert.deepEqual(rows, [{ times: 8, handled: true }]);
  await house.assertSound();
});

test('an order that is not paid in time ends, its page takes no money, and its places are on sale again', async () => {
  const one = await house.orderOnline([1]);
  await house.expireOrder(one.transaction_id);
  const ended = await house.untilStatus(one, 'cancelled');
  assert.equal(ended.payment!.detail, 'not_paid_in_time');
  assert.equal(house.stripe.act(one.session, 'pay'), 'closed');
  await waitUntil('the seat is free', async () => {
    const { rows } = await house.pool.query<{ state: string }>(
      'select state from seat_states where tenant_id = $1 and event_id = $2 and seat_no = 1',
      [house.hall.tenantId, house.hall.eventId],
    );
    return rows[0]!.state === 'free';
  });
  await house.hold([1]);
  await house.assertSound();
});

test('a buyer who gives a payment up gets the hold back and pays otherwise', async () => {
  const one = await house.orderOnline([1]);
  const path = one.links.self.replace('?', '/give-up-payment?');
  const given = await house.client.send('POST', path);
  assert.deepEqual([given.status, given.json], [200, { hold_token: one.hold_token }]);
  assert.equal((await house.read(one)).payment!.detail, 'cancelled_by_buyer');
  const cash = await house.confirm(one.hold_token, { method: 'cash' });
  assert.equal(cash.status, 202, cash.text);
  const paid = await house.orderOnline([2]);
  house.stripe.setWebhooks('keep');
  house.stripe.act(paid.session, 'pay');
  assert.equal(
    codeOf(await house.client.send('POST', paid.links.self.replace('?', '/give-up-payment?'))),
    'payment_ended',
  );
  await house.untilStatus(paid, ...sold);
  await house.assertSound();
});

test('late money: the same seats when they are free', async () => {
  const one = await house.orderOnline([1, 2]);
  await house.expireHold(one.transaction_id);
  house.stripe.act(one.session, 'pay');
  const sale = await house.untilStatus(one, ...sold);
  assert.deepEqual(new Set(sale.items.map((item) => item.number)), new Set(['1', '2']));
  await house.assertSound();
});

test('late money: equal seats, together and as near, when the buyer ticked that', async () => {
  // The farthest row, so that what is nearer is as good.
  const one = await house.orderOnline([41, 42], { accept_substitutes: true });
  await house.expireHold(one.transaction_id);
  const other = await house.hold([41, 42]);
  const streamed = readEvents(`${house.servers[0]!.url}${one.links.events}`, {
    until: ({ data }) => (data as { payment?: string }).payment === 'settled',
  });
  house.stripe.act(one.session, 'pay');
  const sale = await house.untilStatus(one, ...sold);
  const [a, b] = sale.items
    .map((item) => Number(/s(\d+)$/.exec(item.seat_id!)![1]))
    .toSorted((x, y) => x - y);
  assert.equal(b! - a!, 1);
  assert.ok(a! < 41);
  const told = (await streamed).map(({ data }) => data as { payment?: string; detail?: string });
  assert.ok(
    told.some(({ payment, detail }) => payment === 'settled' && detail === 'substituted'),
    JSON.stringify(told),
  );
  assert.equal((await house.confirm(other.hold_token, { method: 'cash' })).status, 202);
  await house.assertSound();
});

test('late money: back by itself when there are no such seats, told live and by mail', async () => {
  const refused = await house.orderOnline([1]);
  // Nearer ones there are not, so equal ones there are not.
  const best = await house.orderOnline([10], { accept_substitutes: true });
  for (const one of [refused, best]) await house.expireHold(one.transaction_id);
  await house.hold([1, ...Array.from({ length: 19 }, (_, i) => i + 2)]);
  const streamed = readEvents(`${house.servers[0]!.url}${refused.links.events}`);
  for (const one of [refused, best]) house.stripe.act(one.session, 'pay');
  for (const one of [refused, best]) {
    const order = await house.untilStatus(one, 'refunded');
    assert.deepEqual([order.payment!.detail, order.fiscal_number], ['places_gone', null]);
  }
  const told = (await streamed).map(({ data }) => (data as { payment?: string }).payment);
  assert.equal(told.at(-1), 'refunded');
  await waitUntil('the mails are in the outbox', async () => {
    const { rows } = await house.pool.query<{ kind: string; subject: string }>(
      `select kind, subject from messages where transaction_id = any ($1) and state = 'accepted'`,
      [[refused.transaction_id, best.transaction_id]],
    );
    return (
      rows.length === 2 &&
      rows.every(({ kind, subject }) => kind === 'refund' && subject.startsWith('Refund'))
    );
  });
  await house.assertSound();
});

test('a refund whose answer is lost is asked again and goes back once', async () => {
  const one = await house.orderOnline([1]);
  await house.expireHold(one.transaction_id);
  await house.hold([1]);
  house.stripe.setWebhooks('keep');
  await house.pool.query(`update tenders set asked_at = 'infinity' where transaction_id = $1`, [
    one.transaction_id,
  ]);
  house.stripe.act(one.session, 'pay');
  // The reading of the payment, then the refund.
  house.stripe.next('accept', 'break');
  await house.stripe.deliver(house.stripe.kept.at(-1)!);
  await house.untilStatus(one, 'refunded');
  await house.assertSound();
});

test('the price that was paid is honoured although prices have changed since', async () => {
  const one = await house.orderOnline([1]);
  await house.pool.query('update categories set price = price * 2 where tenant_id = $1 and event_id = $2', [
    house.hall.tenantId,
    house.hall.eventId,
  ]);
  await house.pool.query('update events set pricing_version = pricing_version + 1 where tenant_id = $1', [
    house.hall.tenantId,
  ]);
  house.stripe.act(one.session, 'pay');
  await house.untilStatus(one, ...sold);
  await house.assertSound();
});

test('the day is read again: money of which neither webhook nor question told is found', async () => {
  house.stripe.setWebhooks('keep');
  const one = await house.orderOnline([1]);
  await house.pool.query(`update tenders set page_id = null, page_url = null where transaction_id = $1`, [
    one.transaction_id,
  ]);
  house.stripe.act(one.session, 'pay');
  const late = await startServer({
    databaseUrl: house.database.url,
    env: PaymentHall.env(house.stripe),
    worker: false,
  });
  await house.untilStatus(one, ...sold);
  await late.stop();
  await house.assertSound();
});

test('a page that nobody kept is known by its webhook', async () => {
  house.stripe.setWebhooks('keep');
  const one = await house.orderOnline([1]);
  await house.pool.query('update tenders set page_id = null, page_url = null where transaction_id = $1', [
    one.transaction_id,
  ]);
  house.stripe.act(one.session, 'pay');
  await house.stripe.deliver(house.stripe.kept.at(-1)!);
  await house.untilStatus(one, ...sold);
  await house.assertSound();
});
