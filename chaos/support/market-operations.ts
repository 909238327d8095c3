import { setTimeout as sleep } from 'node:timers/promises';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import type { Browser } from '../../test/support/identity.ts';
import { till, type Market, type Order, type Stall } from './market.ts';
import type { Random } from './random.ts';

type Held = { hold_token: string; quote: { total: number } };
type Confirmed = {
  transaction_id: string;
  fiscal_number: string | null;
  total: number;
  links: Order['links'];
};
type PlanJson = {
  state: string;
  remaining: number;
  next?: { amount: number };
  payments: unknown[];
  pay_url?: string;
};
type PointJson = { id: number; open_day_id: number | null; open_shift_id: number | null };

const confirmPath = '/sales/checkout/confirm';
const closed = ['fiscal_day_closed'];
const undone = ['transaction_not_found', 'ticket_returned', 'exchange_pending', ...closed];

function stallOf(market: Market, random: Random): Stall {
  return random.pick(market.stalls);
}

/** Holds seats that are asked for, the best there are, or standing places; undefined when others have them. */
async function hold(market: Market, random: Random, { hall }: Stall): Promise<Held | undefined> {
  const event_id = formatEventId(hall);
  const first = random.int(1, hall.seats - 1);
  const quantity = random.int(1, 3);
  const some = [
    { seats: [formatSeatId(hall, first)] },
    { seats: [formatSeatId(hall, first), formatSeatId(hall, first + 1)] },
    { best_available: { quantity } },
    { zones: [{ zone_id: `${event_id}-z2`, quantity }] },
  ];
  const body = { event_id, ...random.pick(some) };
  const answer = await market.ask(
    'hold',
    market.buyer(random),
    ['POST', '/sales/holds', body],
    ['seat_unavailable'],
  );
  return answer.status === 201 ? (answer.json as Held) : undefined;
}

/** Confirms a hold; sometimes twice, which must be one. */
async function confirm(
  market: Market,
  random: Random,
  operation: string,
  {
    token,
    payment,
    who = market.buyer(random),
    more = {},
    allowed = [],
  }: {
    token: string;
    payment: unknown;
    who?: Browser;
    more?: Record<string, unknown>;
    allowed?: string[];
  },
): Promise<Confirmed | undefined> {
  const customer = {
    name: 'Ana Pérez',
    locale: 'es',
    ...(random.chance(0.1) && { email: 'ana@example.com' }),
  };
  const body = { hold_token: token, customer, payment, accept_substitutes: random.chance(0.5), ...more };
  const key = market.key();
  const answer = await market.ask(operation, who, ['POST', confirmPath, body, key], [...closed, ...allowed]);
  if (answer.status !== 202) return undefined;
  const made = answer.json as Confirmed;
  if (random.chance(0.1)) {
    const again = await market.ask(`${operation} again`, who, ['POST', confirmPath, body, key], allowed);
    const same = again.json as Confirmed;
    if (again.status === 202 && (same.transaction_id !== made.transaction_id || same.total !== made.total))
      market.faults.push(`a replay of ${made.transaction_id} was answered ${again.text}`);
  }
  return made;
}

function orderOf({ transaction_id: id, links }: Confirmed): Order {
  return { id, links };
}

async function buy(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const held = await hold(market, random, stall);
  if (!held) return;
  const { total } = held.quote;
  const parts = [
    { method: 'cash', amount: 500 },
    { method: 'card_terminal', amount: total - 500, reference: '77' },
  ];
  const payment = random.pick([
    { method: 'cash' },
    { method: 'card_terminal', reference: '78' },
    { method: 'split', parts },
  ]);
  const atTill = random.chance(0.2);
  const made = await confirm(market, random, atTill ? 'buy at a till' : 'buy', {
    token: held.hold_token,
    payment,
    ...(atTill && { who: stall.owner, more: { point_id: till }, allowed: ['shift_not_open'] }),
  });
  if (!made) return;
  if (made.fiscal_number !== null)
    market.told.push({ id: made.transaction_id, number: made.fiscal_number, total: made.total });
  stall.sales.push(orderOf(made));
}

async function openPage(market: Market, random: Random, order: Order): Promise<boolean> {
  const allowed = ['payment_ended'];
  const answer = await market.ask('open the page', market.buyer(random), ['GET', order.links.pay!], allowed);
  return answer.status === 303;
}

async function orderByCard(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const held = await hold(market, random, stall);
  if (!held) return;
  const made = await confirm(market, random, 'order by card', {
    token: held.hold_token,
    payment: { method: 'card_online' },
  });
  if (made && (await openPage(market, random, orderOf(made)))) stall.orders.push(orderOf(made));
}

/** The newest page of an order at its provider is paid, or declined; now and then the provider's word of it is lost. */
function act(market: Market, random: Random, operation: string, { id }: Order): void {
  const { stripe } = market;
  const page = stripe.sessions.find((session) => session.metadata['transaction_id'] === id);
  if (!page) return;
  if (random.chance(0.1)) stripe.setWebhooks('keep');
  const outcome = stripe.act(page, random.chance(0.92) ? 'pay' : 'decline');
  stripe.setWebhooks('send');
  market.count(operation, outcome);
  if (random.chance(0.1))
    for (const event of stripe.kept.splice(0)) void stripe.deliver(event).catch(() => {});
}

async function pay(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const order = market.take(random, stall.orders);
  if (!order) return orderByCard(market, random);
  act(market, random, 'pay', order);
  stall.sales.push(order);
}

/** The hold of an order, or its own time, is over when its money comes; meanwhile others may have taken the places. */
async function payLate(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const order = market.take(random, stall.orders);
  if (!order) return orderByCard(market, random);
  const values = [order.id];
  if (random.chance(0.3)) {
    await market.pool.query(
      'update payment_intents set expires_at = now() where transaction_id = $1',
      values,
    );
  } else {
    await market.pool.query(
      `update holds set expires_at = now() where state = 'live'
          and hold_id = (select hold_id from payment_intents where transaction_id = $1)`,
      values,
    );
    await sleep(random.int(0, 2_500));
    if (random.chance(0.5)) await buy(market, random);
  }
  act(market, random, 'pay late', order);
  stall.sales.push(order);
}

let references = 0;

async function report(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const held = await hold(market, random, stall);
  if (!held) return;
  const made = await confirm(market, random, 'report a transfer', {
    token: held.hold_token,
    payment: { method: 'transfer', report: { bank: 'Banesco', reference: String(++references) } },
  });
  if (!made) return;
  const decide = (what: string) =>
    market.ask(
      `${what} a transfer`,
      stall.owner,
      ['POST', `${stall.path}/payments/${made.transaction_id}-1/${what}`, {}],
      ['payment_decided'],
    );
  if (random.chance(0.3)) await decide('reject');
  // Also late, after it was rejected and its places were on sale again.
  if (random.chance(0.8)) await decide('verify');
  stall.sales.push(orderOf(made));
}

/** Gives a sale back, in whole or by ticket; sometimes twice with one key, sometimes twice at once. */
async function refund(market: Market, random: Random, way: 'refunds' | 'void'): Promise<void> {
  const stall = stallOf(market, random);
  if (stall.sales.length === 0) return buy(market, random);
  const sale = random.pick(stall.sales);
  const path = `${stall.path}/sales/${sale.id}/${way}`;
  const byTicket = way === 'refunds' && random.chance(0.5);
  const body = {
    reason: 'asked for',
    return_fees: random.chance(0.8),
    resell: random.chance(0.95),
    ...(byTicket && { ticket_ids: [`${sale.id}-1`] }),
  };
  const allowed = [...undone, ...(way === 'void' ? ['void_too_late'] : [])];
  const key = market.key();
  const send = (with_: string) => market.ask(way, stall.owner, ['POST', path, body, with_], allowed);
  const [answer] = await Promise.all([send(key), ...(random.chance(0.2) ? [send(market.key())] : [])]);
  if (answer.status !== 201) return;
  const made = answer.json as { refund_no: number; to_pay_back_by_hand: number };
  if (random.chance(0.2)) {
    const again = await send(key);
    if (again.status !== 201 || (again.json as typeof made).refund_no !== made.refund_no)
      market.faults.push(`a refund that was sent twice was answered ${again.text}`);
  }
  if (made.to_pay_back_by_hand === 0 || random.chance(0.3)) return;
  const back = `${stall.path}/sales/${sale.id}/refunds/${made.refund_no}/repayments`;
  await market.ask('pay back', stall.owner, ['POST', back, { method: 'cash' }, market.key()]);
}

async function exchange(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  if (stall.sales.length === 0) return buy(market, random);
  const sale = random.pick(stall.sales);
  const held = await hold(market, random, stall);
  if (!held) return;
  const body = {
    reason: 'asked for',
    hold_token: held.hold_token,
    return_fees: random.chance(0.8),
    payment: { method: 'cash' },
    ...(random.chance(0.3) && { ticket_ids: [`${sale.id}-1`] }),
  };
  const path = `${stall.path}/sales/${sale.id}/exchange`;
  const answer = await market.ask('exchange', stall.owner, ['POST', path, body, market.key()], undone);
  if (answer.status === 201) stall.sales.push(orderOf(answer.json as Confirmed));
}

async function pointsOf(market: Market, stall: Stall): Promise<PointJson[]> {
  const answer = await market.ask('read the points', stall.owner, ['GET', `${stall.path}/points`]);
  return (answer.json as { data: PointJson[] }).data;
}

/** Closes the day of a point, with the shift that is open at the till, and opens the next. */
export async function closeDay(
  market: Market,
  stall: Stall,
  pointNo: number,
  pauseMilliseconds: number,
): Promise<void> {
  const path = `${stall.path}/points/${pointNo}`;
  const point = (await pointsOf(market, stall)).find((one) => one.id === pointNo)!;
  const post = (operation: string, to: string, body: unknown, allowed: string[]) =>
    market.ask(operation, stall.owner, ['POST', `${path}/${to}`, body], allowed);
  if (point.open_shift_id !== null) {
    const shift = await market.ask('read a shift', stall.owner, [
      'GET',
      `${path}/shifts/${point.open_shift_id}`,
    ]);
    const { expected } = shift.json as { expected: { currency: string; amount: number }[] };
    // More may have gone back by a shift than it took; nobody counts less than nothing.
    const counted = expected.map(({ currency, amount }) => ({ currency, amount: Math.max(amount, 0) }));
    await post('close a shift', `shifts/${point.open_shift_id}/close`, { counted }, [
      'shift_closed',
      'count_missing',
    ]);
  }
  const another = ['fiscal_day_closed', 'shift_still_open'];
  if (point.open_day_id !== null)
    await post('close a day', `days/${point.open_day_id}/close`, undefined, another);
  await sleep(pauseMilliseconds);
  await post('open a day', 'days', undefined, ['fiscal_day_open']);
  if (pointNo !== till) return;
  const float = { opening_float: [{ currency: 'USD', amount: 0 }] };
  await post('open a shift', 'shifts', float, [
    'fiscal_day_closed',
    'shift_already_open',
    'cashier_has_shift',
  ]);
}

async function beginPlan(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const held = await hold(market, random, stall);
  if (!held) return;
  const { total } = held.quote;
  const byCard = random.chance(0.4);
  const down = { method: byCard ? 'card_online' : 'cash', amount: random.int(Math.min(1_000, total), total) };
  const atTill = !byCard && random.chance(0.3);
  const made = await confirm(market, random, atTill ? 'begin a plan at a till' : 'begin a plan', {
    token: held.hold_token,
    payment: { method: 'plan', plan: { rule_id: random.pick(stall.ruleIds), down_payment: down } },
    allowed: ['shift_not_open', 'down_payment_too_small'],
    ...(atTill && { who: stall.owner, more: { point_id: till } }),
  });
  if (!made) return;
  const order = orderOf(made);
  if (byCard && (await openPage(market, random, order))) act(market, random, 'pay a down payment', order);
  stall.plans.push(order);
}

async function payPlan(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  if (stall.plans.length === 0) return beginPlan(market, random);
  const order = random.pick(stall.plans);
  const buyer = market.buyer(random);
  const read = await market.ask('read a plan', buyer, ['GET', order.links.plan!]);
  const { state, remaining, next, payments } = read.json as PlanJson;
  if (state !== 'awaiting' || payments.length > 20 || remaining === 0) {
    stall.plans = stall.plans.filter((one) => one !== order);
    stall.sales.push(order);
    return payPlan(market, random);
  }
  const amount = random.chance(0.6)
    ? remaining
    : random.int(Math.min(next?.amount ?? 1, remaining), remaining);
  const allowed = [
    'plan_complete',
    'plan_lapsed',
    'amount_beyond_remaining',
    'instalment_amounts_differ',
    'shift_not_open',
  ];
  const way = random.next();
  if (way < 0.5) {
    const path = `${stall.path}/payment-plans/${order.id}/payments`;
    await market.ask(
      'take a payment of a plan',
      stall.owner,
      ['POST', path, { method: 'cash', amount }, market.key()],
      allowed,
    );
    return;
  }
  const isReported = way < 0.7;
  const payment = isReported
    ? { method: 'transfer', amount, report: { bank: 'Banesco', reference: String(++references) } }
    : { method: 'card_online', amount };
  const path = order.links.plan!.replace('/plan?', '/plan/payments?');
  const answer = await market.ask('pay on a plan', buyer, ['POST', path, payment, market.key()], allowed);
  if (answer.status !== 200) return;
  const { pay_url, payments: after } = answer.json as PlanJson;
  if (isReported) {
    const what = random.chance(0.8) ? 'verify' : 'reject';
    const to = `${stall.path}/payments/${order.id}-${after.length}/${what}`;
    await market.ask(
      `${what} a payment of a plan`,
      stall.owner,
      ['POST', to, {}],
      ['payment_decided', 'payment_not_found'],
    );
    return;
  }
  if (
    pay_url !== undefined &&
    (await openPage(market, random, { ...order, links: { ...order.links, pay: pay_url } }))
  )
    act(market, random, 'pay on a plan by card', order);
}

/** A plan is cancelled by its seller, or lapses while money may be on its way. */
async function endPlan(market: Market, random: Random): Promise<void> {
  const stall = stallOf(market, random);
  const order = market.take(random, stall.plans);
  if (!order) return beginPlan(market, random);
  if (random.chance(0.5)) {
    const path = `${stall.path}/payment-plans/${order.id}/cancel`;
    const body = { keep_penalty: random.chance(0.5) };
    await market.ask('cancel a plan', stall.owner, ['POST', path, body], ['plan_complete', 'plan_lapsed']);
  } else {
    for (const change of [
      'plan_instalments set due_at',
      'payment_plans set deadline_at',
      'payment_intents set expires_at',
    ]) {
      await market.pool.query(`update ${change} = now() where transaction_id = $1`, [order.id]);
    }
    market.count('let a plan lapse', 'done');
    if (random.chance(0.3)) act(market, random, 'pay on a plan that lapses', order);
  }
  stall.sales.push(order);
}

/** What clients do, and how often of a hundred times. */
const operations: [number, (market: Market, random: Random) => Promise<void>][] = [
  [26, buy],
  [10, orderByCard],
  [10, pay],
  [7, payLate],
  [5, report],
  [11, (market, random) => refund(market, random, 'refunds')],
  [7, exchange],
  [5, (market, random) => refund(market, random, 'void')],
  [
    2,
    (market, random) =>
      closeDay(market, stallOf(market, random), random.chance(0.6) ? 1 : till, random.int(0, 300)),
  ],
  [6, beginPlan],
  [9, payPlan],
  [2, endPlan],
];

/** Does one operation, which the random numbers choose. */
export async function operate(market: Market, random: Random): Promise<void> {
  let left = random.next() * operations.reduce((sum, [share]) => sum + share, 0);
  for (const [share, run] of operations) {
    left -= share;
    if (left < 0) return run(market, random);
  }
}
