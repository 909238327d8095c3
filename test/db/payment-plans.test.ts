import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { formatEventId } from '../../src/base/ids.ts';
import { withoutGuard } from '../support/guards.ts';
import { outcomeOf } from '../support/identity.ts';
import { sold } from '../support/payment-hall.ts';
import { cash, PlanHall, rules, total } from '../support/plan-hall.ts';
import { freeRule, instalmentsRule, type Ordered, type Plan } from '../support/plan-rules.ts';
import { waitUntil } from '../support/wait.ts';

let plans: PlanHall;

before(async () => {
  plans = await PlanHall.start();
});
beforeEach(() => {
  plans.seat += 1;
});
after(async () => {
  await plans.stop();
});

test('a hold is offered plans whose instalments add up to its total; the last payment makes the sale', async () => {
  const token = await plans.hold();
  const offered = (await plans.house.client.send('GET', `/sales/holds/${token}`)).json as {
    payment_plans: { rule_id: number; down_payment_min: number; instalments: { amount: number }[] }[];
  };
  const amountsOf = (id: number) =>
    offered.payment_plans.find((one) => one.rule_id === id)!.instalments.map(({ amount }) => amount);
  assert.deepEqual(
    [amountsOf(plans.thirds), amountsOf(plans.free)],
    [
      [870, 1_015, 1_015],
      [1_000, 1_900],
    ],
  );
  const plan = { rule_id: plans.thirds, down_payment: cash(871), expected_amounts: [871, 1_015, 1_014] };
  const answer = await plans.confirm(token, plan, 'whole');
  assert.equal(answer.status, 202, answer.text);
  const order = answer.json as Ordered;
  assert.deepEqual([order.status, order.fiscal_number], ['awaiting_payment', null]);
  assert.deepEqual((await plans.confirm(token, plan, 'whole')).json, answer.json);
  const begun = await plans.planOf(order);
  assert.deepEqual(
    [begun.state, begun.paid, begun.remaining, begun.next!.amount],
    ['awaiting', 871, 2_029, 1_015],
  );
  // The places are the plan's: neither time nor the buyer takes them away.
  const kept = (await plans.house.client.send('GET', `/sales/holds/${token}`)).json as { expires_at: string };
  assert.ok(kept.expires_at >= begun.deadline_at);
  assert.equal(outcomeOf(await plans.house.client.send('DELETE', `/sales/holds/${token}`)), 'plan_under_way');
  assert.equal(
    outcomeOf(await plans.house.client.send('PATCH', `/sales/holds/${token}`, {})),
    'plan_under_way',
  );
  const path = order.links.self.replace('?', '/give-up-payment?');
  assert.equal(outcomeOf(await plans.house.client.send('POST', path)), 'plan_under_way');
  // Other prices than were agreed.
  await plans.house.pool.query('update events set pricing_version = pricing_version + 1 where tenant_id = 1');
  const first = await plans.take(plans.cashier, order, cash(1_015), 'first');
  assert.deepEqual([first.status, (first.json as Plan).remaining], [200, 1_014], first.text);
  assert.deepEqual((await plans.take(plans.cashier, order, cash(1_015), 'first')).json, first.json);
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1), 'first')), 'idempotency_key_reused');
  const last = await plans.take(plans.cashier, order, cash(1_014));
  assert.equal((last.json as Plan).state, 'settled', last.text);
  assert.ok(sold.includes(await plans.statusOf(order)));
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1))), 'plan_complete');
  await plans.assertSound();
});

test('what is wrong with a plan or a payment of it has its own code, and changes nothing', async () => {
  const token = await plans.hold();
  const outcome = async (plan: unknown) => outcomeOf(await plans.confirm(token, plan));
  assert.equal(await outcome({ rule_id: 99, down_payment: cash(900) }), 'plan_not_offered');
  assert.equal(await outcome({ rule_id: plans.thirds, down_payment: cash(869) }), 'down_payment_too_small');
  assert.equal(
    await outcome({ rule_id: plans.thirds, down_payment: cash(2_901) }),
    'amount_beyond_remaining',
  );
  assert.equal(
    await outcome({ rule_id: plans.thirds, down_payment: cash(870), expected_amounts: [870, 2_030] }),
    'instalment_amounts_differ',
  );
  assert.equal(
    await outcome({ rule_id: plans.free, down_payment: { ...cash(1_000), currency: 'VES' } }),
    'exchange_rate_missing',
  );
  assert.equal(await outcome(undefined), 'body_invalid');
  plans.seat += 1;
  const order = await plans.begin(plans.thirds, cash(870));
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1_014))), 'instalment_amounts_differ');
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(2_031))), 'amount_beyond_remaining');
  assert.equal(
    outcomeOf(
      await plans.take(plans.cashier, order, { method: 'card_online', amount: 1_015, currency: 'VES' }),
    ),
    'exchange_rate_missing',
  );
  assert.equal(outcomeOf(await plans.pay(order, cash(1_015))), 'payment_method_unavailable');
  assert.equal(
    outcomeOf(await plans.take(plans.cashier, order, { ...cash(1_015), tendered: 1_000 })),
    'cash_too_little',
  );
  assert.equal(outcomeOf(await plans.take(plans.stranger, order, cash(1_015))), 'seller_not_found');
  const foreign = `/sellers/2/payment-plans/${order.transaction_id}`;
  assert.equal(outcomeOf(await plans.stranger.send('GET', foreign)), 'plan_not_found');
  assert.equal(outcomeOf(await plans.stranger.send('GET', '/sellers/2/payment-plans/x')), 'plan_not_found');
  assert.equal(outcomeOf(await plans.cashier.send('POST', rules, instalmentsRule)), 'forbidden');
  for (const wrong of [
    { instalments: undefined },
    { kind: 'free' },
    { down_payment: { percent: 1, amount: 1 } },
    { deadline: { from: 'sale', days: 19 } },
  ]) {
    assert.equal(
      outcomeOf(await plans.owner.send('POST', rules, { ...instalmentsRule, ...wrong })),
      'body_invalid',
    );
  }
  const euros = { ...instalmentsRule, currency: 'EUR', event_id: formatEventId(plans.hall) };
  assert.equal(outcomeOf(await plans.owner.send('POST', rules, euros)), 'currency_mismatch');
  assert.deepEqual([(await plans.planOf(order)).paid, (await plans.planOf(order)).payments.length], [870, 1]);
  const made = (await plans.owner.send('POST', rules, freeRule)).json as { id: number };
  assert.equal((await plans.owner.send('POST', `${rules}/${made.id}/end`)).status, 200);
  assert.equal(outcomeOf(await plans.owner.send('POST', `${rules}/${made.id}/end`)), 'plan_rule_ended');
  assert.equal(outcomeOf(await plans.owner.send('POST', `${rules}/9999/end`)), 'plan_rule_not_found');
  await plans.assertSound();
});

test('each payment by its own means: a card for the down payment, a report that is verified, cash', async () => {
  const order = await plans.begin(plans.free, { method: 'card_online', amount: 1_000 });
  assert.equal((await plans.house.client.send('GET', order.links.pay!)).status, 303);
  plans.stripe.act(await plans.stripe.sessionOf(order.transaction_id), 'pay');
  await waitUntil('the down payment is there', async () => (await plans.planOf(order)).paid === 1_000);
  const report = { bank: 'Banesco', reference: `77${plans.seat}`, phone: '0414 1234567' };
  const reported = await plans.pay(order, { method: 'mobile_payment', amount: 900, report });
  assert.equal(reported.status, 200, reported.text);
  assert.equal((await plans.planOf(order)).paid, 1_000);
  // What waits is spoken for.
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1_001))), 'amount_beyond_remaining');
  assert.equal(
    (await plans.cashier.send('POST', `/sellers/1/payments/${order.transaction_id}-2/verify`, {})).status,
    200,
  );
  assert.equal((await plans.planOf(order)).paid, 1_900);
  await plans.payByCard(order, 1_000);
  await plans.untilState(order, 'settled');
  assert.ok(sold.includes(await plans.statusOf(order)));
  await plans.assertSound();
});

test('the last payment and the sale are one transaction: what is killed between them leaves neither', async () => {
  const order = await plans.begin(plans.free, cash(1_000));
  const states = async () => {
    const { rows } = await plans.house.pool.query<{ paid: number; sales: number }>(
      `select plan_paid(1, $1)::integer as paid, (select count(*)::integer from transactions where transaction_id = $1) as sales`,
      [order.transaction_id],
    );
    return rows[0];
  };
  const other = await plans.house.pool.connect();
  try {
    // The payment is recorded, and waits for the series of the sale's number.
    await other.query('begin');
    await other.query('select from fiscal_series where tenant_id = 1 and series_id = 1 for update');
    const answer = plans.take(plans.cashier, order, cash(1_900), 'killed');
    await waitUntil('the sale waits for its number', async () => {
      const { rows } = await plans.house.pool.query<{ killed: boolean }>(
        `select pg_terminate_backend(pid) as killed from pg_stat_activity
          where wait_event_type = 'Lock' and query like '%confirm_sales%' and pid <> pg_backend_pid() and datname = current_database()`,
      );
      return rows.length > 0;
    });
    assert.ok((await answer).status >= 500);
    assert.deepEqual(await states(), { paid: 1_000, sales: 0 });
  } finally {
    await other.query('rollback');
    other.release();
  }
  const again = await plans.take(plans.cashier, order, cash(1_900), 'killed');
  assert.equal((again.json as Plan).state, 'settled', again.text);
  assert.deepEqual(await states(), { paid: total, sales: 1 });
  await plans.assertSound();
});

test('two who pay the last instalment at once: one is taken, and without that guard both would be', async () => {
  const race = async () => {
    plans.seat += 1;
    const order = await plans.begin(plans.free, cash(1_000));
    const answers = await Promise.all(
      [plans.cashier, plans.owner].map((who) => plans.take(who, order, cash(1_900))),
    );
    const plan = await plans.planOf(order);
    return {
      order,
      outcomes: answers.map(outcomeOf).toSorted((one) => (one === 200 ? -1 : 1)),
      captured: plan.payments.reduce((sum, one) => sum + one.captured, 0),
    };
  };
  const { outcomes, captured } = await race();
  assert.equal(captured, total);
  assert.ok(
    outcomes[0] === 200 && ['plan_complete', 'amount_beyond_remaining'].includes(String(outcomes[1])),
  );
  await withoutGuard(
    plans.house.pool,
    'add_plan_tender',
    /when v_intent\.state in \('paid', 'settled'\)[\s\S]*when v_amount > remaining then 'beyond_remaining'/,
    '',
    async () => {
      const unguarded = await race();
      assert.equal(unguarded.captured, total + 1_900);
      // Even so the plan keeps no more than its total: the rest is to go back.
      const surplus = (await plans.planOf(unguarded.order)).payments.filter((one) => one.surplus);
      assert.equal(surplus.length, 1);
    },
  );
  await plans.assertSound();
});

test('a plan that lapses frees its places, keeps what the rule says by a numbered settlement, and gives the rest back', async () => {
  const order = await plans.begin(plans.thirds, cash(870));
  await plans.payByCard(order, 1_015);
  await plans.lapse(order);
  await waitUntil('the plan has ended', async () => (await plans.planOf(order)).state !== 'awaiting');
  await waitUntil('the seat is on sale', () => plans.isFree(plans.seat));
  await waitUntil(
    'the card has its money back',
    async () => (await plans.planOf(order)).payments[1]!.refunded === 1_015,
  );
  const ended = await plans.planOf(order);
  // A tenth of 18.85, of the cash that came first.
  assert.deepEqual(
    [ended.reason, ended.settlement!.paid, ended.settlement!.kept, ended.settlement!.returned],
    ['plan_lapsed', 1_885, 188, 1_697],
  );
  assert.equal(outcomeOf(await plans.take(plans.cashier, order, cash(1_015))), 'plan_lapsed');
  const cashId = `/sellers/1/payments/${order.transaction_id}-1`;
  const listed = (await plans.cashier.send('GET', '/sellers/1/payments?order_state=refunding')).json as {
    data: { id: string; to_return: number }[];
  };
  assert.equal(listed.data.find(({ id }) => cashId.endsWith(id))!.to_return, 682);
  assert.equal((await plans.cashier.send('POST', `${cashId}/refunded`, {})).status, 200);
  const settled = await plans.untilState(order, 'refunded');
  assert.deepEqual([settled.payments[0]!.refunded, settled.payments[0]!.kept], [682, 188]);
  await plans.assertSound();
});

test('an instalment overdue beyond its grace ends a plan; one that was reported in time waits to be verified', async () => {
  const overdue = async (order: Ordered) => {
    await plans.house.pool.query(
      `update plan_instalments set due_at = now() - interval '4 days' where transaction_id = $1 and instalment_no = 1`,
      [order.transaction_id],
    );
    await plans.house.pool.query('update payment_intents set expires_at = now() where transaction_id = $1', [
      order.transaction_id,
    ]);
  };
  const late = await plans.begin(plans.thirds, cash(870));
  await overdue(late);
  await waitUntil('it has lapsed', async () => (await plans.planOf(late)).state === 'refunding');
  plans.seat += 1;
  const told = await plans.begin(plans.thirds, cash(870));
  const report = { bank: 'Banesco', reference: `88${plans.seat}` };
  await plans.pay(told, { method: 'transfer', amount: 1_015, report });
  await overdue(told);
  await waitUntil('it was looked at', async () => {
    const { rows } = await plans.house.pool.query<{ open: boolean }>(
      'select expires_at > now() as open from payment_intents where transaction_id = $1',
      [told.transaction_id],
    );
    return rows[0]!.open;
  });
  assert.equal((await plans.planOf(told)).state, 'awaiting');
  // Not verified: then it ends, and money that turns out to have come goes back whole.
  await plans.house.pool.query(
    `update tenders set expires_at = now() - interval '1 second' where transaction_id = $1 and tender_no = 2`,
    [told.transaction_id],
  );
  await overdue(told);
  await waitUntil('it has lapsed', async () => (await plans.planOf(told)).state === 'refunding');
  await plans.cashier.send('POST', `/sellers/1/payments/${told.transaction_id}-2/verify`, {});
  const [first, second] = (await plans.planOf(told)).payments;
  assert.deepEqual([first!.kept, second!.kept, second!.surplus], [87, 0, true]);
  await plans.assertSound();
});

test('money for the whole that comes after a plan ended unpaid gets its places, or goes back when they are gone', async () => {
  const late = async () => {
    const report = { bank: 'Banesco', reference: `99${plans.seat}` };
    const order = await plans.begin(plans.free, { method: 'transfer', amount: total, report });
    await plans.cashier.send('POST', `/sellers/1/payments/${order.transaction_id}-1/reject`, {});
    assert.equal((await plans.planOf(order)).state, 'ended');
    await waitUntil('the seat is on sale', () => plans.isFree(plans.seat));
    return order;
  };
  const lucky = await late();
  await plans.cashier.send('POST', `/sellers/1/payments/${lucky.transaction_id}-1/verify`, {});
  await plans.untilState(lucky, 'settled');
  plans.seat += 1;
  const gone = await late();
  await plans.hold();
  await plans.cashier.send('POST', `/sellers/1/payments/${gone.transaction_id}-1/verify`, {});
  const ended = await plans.untilState(gone, 'refunding');
  assert.deepEqual([ended.reason, ended.payments[0]!.kept], ['places_gone', 0]);
  await plans.assertSound();
});

test('staff cancel a plan: all goes back, or what the rule keeps is kept', async () => {
  const order = await plans.begin(plans.free, cash(1_000));
  assert.equal(
    outcomeOf(await plans.cashier.send('POST', `${plans.staffPath(order)}/cancel`, {})),
    'forbidden',
  );
  const cancelled = (
    await plans.owner.send('POST', `${plans.staffPath(order)}/cancel`, { reason: 'Gira suspendida' })
  ).json as Plan;
  assert.deepEqual([cancelled.state, cancelled.settlement!.kept], ['refunding', 0]);
  assert.equal(
    outcomeOf(await plans.owner.send('POST', `${plans.staffPath(order)}/cancel`, {})),
    'plan_lapsed',
  );
  plans.seat += 1;
  const other = await plans.begin(plans.free, cash(1_000));
  const kept = (await plans.owner.send('POST', `${plans.staffPath(other)}/cancel`, { keep_penalty: true }))
    .json as Plan;
  assert.deepEqual([kept.settlement!.kept, kept.settlement!.returned], [300, 700]);
  const listed = (await plans.cashier.send('GET', '/sellers/1/payment-plans?state=refunding&limit=1'))
    .json as {
    data: Plan[];
    has_more: boolean;
  };
  assert.deepEqual([listed.data.length, listed.has_more], [1, true]);
  await plans.assertSound();
});

test('its buyer is told of each payment, and reminded before an instalment is due and when it is overdue', async () => {
  await plans.house.pool.query(
    `insert into message_settings (tenant_id, quiet_from_minute, quiet_until_minute) values (1, 0, 0)`,
  );
  const order = await plans.begin(plans.thirds, cash(870));
  const messages = async () => {
    const { rows } = await plans.house.pool.query<{
      kind: string;
      occasion_no: number;
      facts: { amount: string };
    }>(`select kind, occasion_no, facts from messages where transaction_id = $1 order by kind, occasion_no`, [
      order.transaction_id,
    ]);
    return rows.map(
      ({ kind, occasion_no, facts }) => `${kind} ${occasion_no} ${facts.amount.replaceAll(/\s/g, ' ')}`,
    );
  };
  const received = 'payment_received 1 USD 8,70';
  await waitUntil('the payment is told', async () => (await messages()).length === 1);
  assert.deepEqual(await messages(), [received]);
  const due = (days: number) =>
    plans.house.pool.query(
      `update plan_instalments set due_at = now() + make_interval(days => $2) where transaction_id = $1 and instalment_no = 1`,
      [order.transaction_id, days],
    );
  // Nobody is reminded in quiet hours.
  await plans.house.pool.query(
    'update message_settings set quiet_from_minute = 0, quiet_until_minute = 1439 where tenant_id = 1',
  );
  await due(2);
  await plans.house.pool.query('update message_settings set quiet_until_minute = 0 where tenant_id = 1');
  await waitUntil('it is reminded', async () => (await messages()).length === 2);
  await due(-1);
  await waitUntil('it is reminded again', async () => (await messages()).length === 3);
  assert.deepEqual(await messages(), [
    received,
    'payment_reminder 3 USD 10,15',
    'payment_reminder 4 USD 10,15',
  ]);
  await plans.assertSound();
});
