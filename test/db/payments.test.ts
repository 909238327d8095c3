import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { formatEventId, formatSeatId } from '../../src/base/ids.ts';
import { paymentStates, paymentTransitions } from '../../src/payments/payment.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startStripeFake, type StripeFake } from '../support/fakes/stripe.ts';
import { withoutGuard } from '../support/guards.ts';
import { createHall, type Hall } from '../support/hall.ts';
import { createHttpClient, type Answer } from '../support/http-client.ts';
import { readEvents } from '../support/read-events.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';

type Placed = { hold_token: string; quote: { total: number } };
type Confirmed = {
  transaction_id: string;
  status: string;
  fiscal_number: string | null;
  total: number;
  payment?: { state: string; url?: string; change?: number };
  links: { self: string; events: string; pay?: string };
};
type Order = {
  status: string;
  fiscal_number: string | null;
  items: { row?: string; number?: string; seat_id?: string }[];
  payment?: { state: string; detail?: string; url?: string };
};

let database: TestDatabase;
let pool: Pool;
let stripe: StripeFake;
let servers: TestServer[];
let client: ReturnType<typeof createHttpClient>;
let hall: Hall;
let tenantId = 0;
let keys = 0;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 6, name: 'test' });
  stripe = await startStripeFake();
  const start = () =>
    startServer({
      databaseUrl: database.url,
      env: {
        ...stripe.env,
        PAYMENT_ASK_SECONDS: '1',
        HOLDS_PER_CLIENT_MAX: '1000',
        TAQUILLA_SECRET: 's'.repeat(32),
      },
      worker: false,
    });
  // Two processes, since a webhook may reach either and both reconcile.
  servers = [await start(), await start()];
  client = createHttpClient(servers[0]!.url, 16);
  stripe.sendTo(servers[0]!.url);
});
beforeEach(async () => {
  stripe.setWebhooks('send');
  hall = await createHall(pool, { tenantId: ++tenantId, seats: 60, standing: 20 });
});
after(async () => {
  client.close();
  await stripe.stop();
  for (const server of servers) await server.stop();
  await pool.end();
  await database.drop();
});

const json = <T>(answer: Answer): T => answer.json as T;
const codeOf = ({ json: body }: Answer) => (body as { code?: string }).code;

async function hold(seatNos: number[], standing = 0): Promise<Placed> {
  const body = {
    event_id: formatEventId(hall),
    ...(seatNos.length > 0 && { seats: seatNos.map((no) => formatSeatId(hall, no)) }),
    ...(standing > 0 && { zones: [{ zone_id: `${formatEventId(hall)}-z2`, quantity: standing }] }),
  };
  let answer = await client.send('POST', '/sales/holds', body);
  // What another process has swept is known here a moment later.
  await waitUntil('the places are free', async () => {
    if (answer.status !== 409) return true;
    answer = await client.send('POST', '/sales/holds', body);
    return false;
  });
  assert.equal(answer.status, 201, answer.text);
  return json<Placed>(answer);
}

function confirm(token: string, payment: unknown, more: Record<string, unknown> = {}, key = `key-${++keys}`) {
  const customer = { name: 'Ana Pérez', email: 'ana@example.com', locale: 'en' };
  const body = { hold_token: token, customer, payment, ...more };
  return client.send('POST', '/sales/checkout/confirm', body, { 'idempotency-key': key });
}

const online = { method: 'card_online' };

/** An order that waits for a card, and the page on which it is paid. */
async function orderOnline(seatNos: number[], more: Record<string, unknown> = {}) {
  const { hold_token } = await hold(seatNos);
  const answer = await confirm(hold_token, online, more);
  assert.equal(answer.status, 202, answer.text);
  const confirmed = json<Confirmed>(answer);
  const page = await client.send('GET', confirmed.links.pay!);
  assert.equal(page.status, 303, page.text);
  return { ...confirmed, hold_token, session: await stripe.sessionOf(confirmed.transaction_id) };
}

async function read({ links }: { links: { self: string } }): Promise<Order> {
  return json<Order>(await client.send('GET', links.self));
}

async function untilStatus(one: { links: { self: string } }, ...statuses: string[]): Promise<Order> {
  let last: Order | undefined;
  await waitUntil(`the order is ${statuses.join(' or ')}`, async () => {
    last = await read(one);
    return statuses.includes(last.status) && last.payment?.state !== 'refunding';
  });
  return last!;
}

const sold = ['processing', 'completed'];

/** Lets the time of an order's hold be over, and its places go back on sale. */
async function expireHold(transactionId: string): Promise<void> {
  await pool.query(
    `update holds set expires_at = now() - interval '1 second'
      where state = 'live' and hold_id = (select hold_id from payment_intents where transaction_id = $1)`,
    [transactionId],
  );
  await waitUntil('the hold has expired', async () => {
    const { rows } = await pool.query<{ state: string }>(
      'select h.state from holds h join payment_intents i using (tenant_id, hold_id) where i.transaction_id = $1',
      [transactionId],
    );
    return rows[0]!.state === 'expired';
  });
}

async function expireOrder(transactionId: string): Promise<void> {
  await pool.query(
    `update payment_intents set expires_at = now() - interval '1 second' where transaction_id = $1`,
    [transactionId],
  );
}

/** All that must be true is, and the provider's own ledger says the same as ours. */
async function assertSound(): Promise<void> {
  const { lines } = await runAudit(pool);
  assert.deepEqual(
    lines.filter((line) => line.count > 0),
    [],
  );
  const { rows } = await pool.query<{
    transaction_id: string;
    captured: number;
    refunded: number;
    state: string;
  }>(
    `select transaction_id, captured, refunded, i.state from tenders join payment_intents i using (tenant_id, transaction_id)
      where provider = 'stripe' and captured > 0`,
  );
  const ours = new Map(
    rows.map(({ transaction_id, captured, refunded }) => [transaction_id, { captured, refunded }]),
  );
  assert.deepEqual(
    [...ours].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [...stripe.ledger()].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  for (const { state, captured, refunded } of rows) {
    assert.equal(refunded, state === 'settled' ? 0 : captured, `money kept without tickets: ${state}`);
  }
}

test('what a payment may become is the same in SQL and in the rules', async () => {
  for (const from of paymentStates) {
    for (const to of paymentStates) {
      const { rows } = await pool.query<{ may: boolean }>('select may_become($1, $2) as may', [from, to]);
      assert.equal(rows[0]!.may, paymentTransitions[from].includes(to), `${from} to ${to}`);
    }
  }
});

test('a card on line: the order waits without a number, is paid on the page, and becomes a sale as any other', async () => {
  const one = await orderOnline([1, 2]);
  assert.equal(one.status, 'awaiting_payment');
  assert.equal(one.fiscal_number, null);
  assert.equal(one.payment!.url, one.links.pay);
  const waiting = await read(one);
  assert.deepEqual(
    [waiting.status, waiting.items.length, waiting.payment!.state],
    ['awaiting_payment', 2, 'awaiting'],
  );
  const { rows } = await pool.query('select from transactions where transaction_id = $1', [
    one.transaction_id,
  ]);
  assert.equal(rows.length, 0, 'an unpaid order is no sale');
  const opened = Promise.withResolvers<void>();
  const streamed = readEvents(`${servers[1]!.url}${one.links.events}`, {
    until: ({ event, data }) => {
      if (data.state === 'pending') opened.resolve();
      return event === 'confirmed';
    },
  });
  await opened.promise;
  const paid = await fetch(`${stripe.url}/pay/${one.session.id}`, {
    method: 'POST',
    body: 'outcome=pay',
    redirect: 'manual',
  });
  assert.match(paid.headers.get('location') ?? '', new RegExp(`/orders/${one.transaction_id}\\?token=`));
  const sale = await untilStatus(one, ...sold);
  assert.equal(sale.fiscal_number, 'A-00000001');
  const seen = (await streamed).map(({ event, data }) => `${event} ${data.state}`);
  assert.equal(seen[0], 'payment pending');
  assert.ok(seen.includes('payment done') && seen.includes('confirmed done'), seen.join());
  await assertSound();
});

test('the same key replays, with another body it is refused, and one hold has one payment under way', async () => {
  const { hold_token } = await hold([1]);
  const first = await confirm(hold_token, online, {}, 'replayed');
  const again = await confirm(hold_token, online, {}, 'replayed');
  assert.deepEqual([again.status, again.json], [202, first.json]);
  assert.equal(
    codeOf(await confirm(hold_token, { method: 'cash' }, {}, 'replayed')),
    'idempotency_key_reused',
  );
  assert.equal(codeOf(await confirm(hold_token, online, {}, 'another')), 'payment_pending');
  const many = await Promise.all(
    [11, 12, 13, 14].map(async (no) => confirm((await hold([no])).hold_token, online, {}, 'at-once')),
  );
  assert.equal(many.filter((answer) => answer.status === 202).length, 1);
  await assertSound();
});

test('a declined card leaves the order waiting, and another card pays it', async () => {
  const one = await orderOnline([1]);
  assert.equal(stripe.act(one.session, 'decline'), 'declined');
  assert.equal((await read(one)).status, 'awaiting_payment');
  stripe.act(one.session, 'pay');
  await untilStatus(one, ...sold);
  await assertSound();
});

test('a provider that breaks or is silent costs no seat: the page is opened by the next try', async () => {
  const { hold_token } = await hold([1]);
  const one = json<Confirmed>(await confirm(hold_token, online));
  stripe.next('break');
  assert.equal(codeOf(await client.send('GET', one.links.pay!)), 'payment_provider_unavailable');
  stripe.next('break');
  const led = await client.send('GET', one.links.pay!, undefined, { accept: 'text/html' });
  assert.match(String(led.headers['location']), /payment=payment_provider_unavailable/);
  stripe.next('accept_in_silence');
  assert.equal(codeOf(await client.send('GET', one.links.pay!)), 'payment_provider_unavailable');
  assert.equal((await client.send('GET', one.links.pay!)).status, 303);
  // What the silent one opened and what was found is one page.
  const pages = stripe.sessions.filter((page) => page.metadata['transaction_id'] === one.transaction_id);
  assert.equal(pages.length, 1);
});

test('webhooks that are lost, come twice, forged, or before the buyer is back, end in one sale', async () => {
  stripe.setWebhooks('keep');
  const lost = await orderOnline([1]);
  stripe.act(lost.session, 'pay');
  await untilStatus(lost, ...sold);
  const twice = await orderOnline([2]);
  const mark = stripe.kept.length;
  stripe.act(twice.session, 'pay');
  const event = stripe.kept[mark]!;
  assert.equal(await stripe.deliver(event, { secret: 'whsec_of_others' }), 403);
  assert.equal(await stripe.deliver(event, { at: Math.floor(Date.now() / 1_000) - 3_600 }), 403);
  const statuses = await Promise.all(Array.from({ length: 8 }, () => stripe.deliver(event)));
  assert.deepEqual(new Set(statuses), new Set([204]));
  await untilStatus(twice, ...sold);
  const { rows } = await pool.query<{ times: number; handled: boolean }>(
    'select times, handled_at is not null as handled from provider_events where event_id = $1',
    [event.id],
  );
  assert.deepEqual(rows, [{ times: 8, handled: true }]);
  await assertSound();
});

test('an order that is not paid in time ends, its page takes no money, and its places are on sale again', async () => {
  const one = await orderOnline([1]);
  await expireOrder(one.transaction_id);
  const ended = await untilStatus(one, 'cancelled');
  assert.equal(ended.payment!.detail, 'not_paid_in_time');
  assert.equal(stripe.act(one.session, 'pay'), 'closed');
  await waitUntil('the seat is free', async () => {
    const { rows } = await pool.query<{ state: string }>(
      'select state from seat_states where tenant_id = $1 and event_id = $2 and seat_no = 1',
      [hall.tenantId, hall.eventId],
    );
    return rows[0]!.state === 'free';
  });
  await hold([1]);
  await assertSound();
});

test('a buyer who gives a payment up gets the hold back and pays otherwise', async () => {
  const one = await orderOnline([1]);
  const path = one.links.self.replace('?', '/give-up-payment?');
  const given = await client.send('POST', path);
  assert.deepEqual([given.status, given.json], [200, { hold_token: one.hold_token }]);
  assert.equal((await read(one)).payment!.detail, 'cancelled_by_buyer');
  const cash = await confirm(one.hold_token, { method: 'cash' });
  assert.equal(cash.status, 202, cash.text);
  const paid = await orderOnline([2]);
  stripe.setWebhooks('keep');
  stripe.act(paid.session, 'pay');
  assert.equal(
    codeOf(await client.send('POST', paid.links.self.replace('?', '/give-up-payment?'))),
    'payment_ended',
  );
  await untilStatus(paid, ...sold);
  await assertSound();
});

test('late money: the same seats when they are free', async () => {
  const one = await orderOnline([1, 2]);
  await expireHold(one.transaction_id);
  stripe.act(one.session, 'pay');
  const sale = await untilStatus(one, ...sold);
  assert.deepEqual(new Set(sale.items.map((item) => item.number)), new Set(['1', '2']));
  await assertSound();
});

test('late money: equal seats, together and as near, when the buyer ticked that', async () => {
  // The farthest row, so that what is nearer is as good.
  const one = await orderOnline([41, 42], { accept_substitutes: true });
  await expireHold(one.transaction_id);
  const other = await hold([41, 42]);
  const streamed = readEvents(`${servers[0]!.url}${one.links.events}`, {
    until: ({ data }) => (data as { payment?: string }).payment === 'settled',
  });
  stripe.act(one.session, 'pay');
  const sale = await untilStatus(one, ...sold);
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
  assert.equal((await confirm(other.hold_token, { method: 'cash' })).status, 202);
  await assertSound();
});

test('late money: back by itself when there are no such seats, told live and by mail', async () => {
  const refused = await orderOnline([1]);
  // Nearer ones there are not, so equal ones there are not.
  const best = await orderOnline([10], { accept_substitutes: true });
  for (const one of [refused, best]) await expireHold(one.transaction_id);
  await hold([1, ...Array.from({ length: 19 }, (_, i) => i + 2)]);
  const streamed = readEvents(`${servers[0]!.url}${refused.links.events}`);
  for (const one of [refused, best]) stripe.act(one.session, 'pay');
  for (const one of [refused, best]) {
    const order = await untilStatus(one, 'refunded');
    assert.deepEqual([order.payment!.detail, order.fiscal_number], ['places_gone', null]);
  }
  const told = (await streamed).map(({ data }) => (data as { payment?: string }).payment);
  assert.equal(told.at(-1), 'refunded');
  await waitUntil('the mails are in the outbox', async () => {
    const { rows } = await pool.query<{ kind: string; subject: string }>(
      `select kind, subject from messages where transaction_id = any ($1) and state = 'accepted'`,
      [[refused.transaction_id, best.transaction_id]],
    );
    return (
      rows.length === 2 &&
      rows.every(({ kind, subject }) => kind === 'refund' && subject.startsWith('Refund'))
    );
  });
  await assertSound();
});

test('a refund whose answer is lost is asked again and goes back once', async () => {
  const one = await orderOnline([1]);
  await expireHold(one.transaction_id);
  await hold([1]);
  stripe.setWebhooks('keep');
  await pool.query(`update tenders set asked_at = 'infinity' where transaction_id = $1`, [
    one.transaction_id,
  ]);
  stripe.act(one.session, 'pay');
  // The reading of the payment, then the refund.
  stripe.next('accept', 'break');
  await stripe.deliver(stripe.kept.at(-1)!);
  await untilStatus(one, 'refunded');
  await assertSound();
});

test('the price that was paid is honoured although prices have changed since', async () => {
  const one = await orderOnline([1]);
  await pool.query('update categories set price = price * 2 where tenant_id = $1 and event_id = $2', [
    hall.tenantId,
    hall.eventId,
  ]);
  await pool.query('update events set pricing_version = pricing_version + 1 where tenant_id = $1', [
    hall.tenantId,
  ]);
  stripe.act(one.session, 'pay');
  await untilStatus(one, ...sold);
  await assertSound();
});

test('the day is read again: money of which neither webhook nor question told is found', async () => {
  stripe.setWebhooks('keep');
  const one = await orderOnline([1]);
  await pool.query(`update tenders set page_id = null, page_url = null where transaction_id = $1`, [
    one.transaction_id,
  ]);
  stripe.act(one.session, 'pay');
  const late = await startServer({
    databaseUrl: database.url,
    env: { ...stripe.env, TAQUILLA_SECRET: 's'.repeat(32) },
    worker: false,
  });
  await untilStatus(one, ...sold);
  await late.stop();
  await assertSound();
});

test('50 orders are paid at the instant that they and their holds expire: each is a sale or a refund, never both', async () => {
  const orders = [];
  for (let i = 0; i < 50; i++) orders.push(await orderOnline([i + 1], { accept_substitutes: i % 2 === 0 }));
  await Promise.all(
    orders.map(async (one, i) => {
      const pay = async () => stripe.act(one.session, 'pay');
      const end = () =>
        pool.query(
          `with ended as (update payment_intents set expires_at = now() where transaction_id = $1 returning tenant_id, hold_id)
           update holds h set expires_at = now() from ended e where h.tenant_id = e.tenant_id and h.hold_id = e.hold_id`,
          [one.transaction_id],
        );
      await (i % 3 === 0 ? Promise.all([pay(), end()]) : i % 3 === 1 ? end().then(pay) : pay().then(end));
    }),
  );
  for (const one of orders) await untilStatus(one, ...sold, 'refunded', 'cancelled');
  await assertSound();
});

test('a page that nobody kept is known by its webhook', async () => {
  stripe.setWebhooks('keep');
  const one = await orderOnline([1]);
  await pool.query('update tenders set page_id = null, page_url = null where transaction_id = $1', [
    one.transaction_id,
  ]);
  stripe.act(one.session, 'pay');
  await stripe.deliver(stripe.kept.at(-1)!);
  await untilStatus(one, ...sold);
  await assertSound();
});

test('money is taken over once however often it is told at once; without its guard it is taken over each time', async () => {
  const tellAtOnce = async (): Promise<number> => {
    stripe.setWebhooks('keep');
    const { transaction_id: id, hold_token: _, ...one } = await orderOnline([1 + (keys % 60)]);
    stripe.act(one.session, 'pay');
    await untilStatus(one, ...sold);
    const told = await Promise.all(
      Array.from({ length: 6 }, () =>
        pool.query<{ changed: boolean }>(
          `select changed from note_tender($1, $2, 1::smallint, 'captured', $3, null, null, 60)`,
          [hall.tenantId, id, one.session.amount],
        ),
      ),
    );
    return told.filter(({ rows }) => rows[0]!.changed).length;
  };
  assert.equal(await tellAtOnce(), 0);
  await withoutGuard(pool, 'note_tender', /and may_become\(t\.state, p_state\)/, '', async () => {
    assert.equal(await tellAtOnce(), 6);
  });
});

test('an order that was paid is not given up when its time is over; without its guard its money would go back', async () => {
  const giveUp = async (): Promise<string> => {
    const one = await orderOnline([1 + (keys % 60)]);
    stripe.act(one.session, 'pay');
    await untilStatus(one, ...sold);
    await expireOrder(one.transaction_id);
    const undo = new Error('undo');
    let state = '';
    await transact(pool, async (tx) => {
      const [row] = await tx.query<{ state: string }>({
        text: `select give_up_intent($1, $2, 'not_paid_in_time', 0) as state`,
        values: [hall.tenantId, one.transaction_id],
      });
      ({ state } = row!);
      throw undo;
    }).catch((error: unknown) => assert.equal(error, undo));
    return state;
  };
  assert.equal(await giveUp(), 'settled');
  await withoutGuard(
    pool,
    'give_up_intent',
    /v_intent\.state is distinct from 'awaiting'/,
    'false',
    async () => {
      assert.equal(await giveUp(), 'refunding');
    },
  );
  await assertSound();
});

test('a refund is decided against the sale: whoever has the key wins, and without that guard both would happen', async () => {
  const decide = async (): Promise<{ sales: number; states: Set<string> }> => {
    stripe.setWebhooks('keep');
    const one = await orderOnline([1 + (keys % 60)]);
    // Its sale is made while the refund believes that it is not.
    stripe.act(one.session, 'pay');
    await untilStatus(one, ...sold);
    await pool.query(
      `update payment_intents set state = 'paid', leased_until = 'infinity' where transaction_id = $1`,
      [one.transaction_id],
    );
    const { rows: known } = await pool.query<{ key_digest: string }>(
      `select key_digest from idempotency_keys where transaction_id = $1
        and body_digest <> (select body_digest from idempotency_keys where transaction_id = $1 order by replays limit 1 offset 1)`,
      [one.transaction_id],
    );
    const states = new Set<string>();
    for (const { key_digest } of known) {
      const { rows } = await pool.query<{ state: string }>('select decide_refund($1, $2, $3, $4) as state', [
        hall.tenantId,
        one.transaction_id,
        key_digest,
        'places_gone',
      ]);
      states.add(rows[0]!.state);
    }
    const { rows } = await pool.query('select from transactions where transaction_id = $1', [
      one.transaction_id,
    ]);
    await pool.query(
      `update payment_intents set state = 'settled', leased_until = now() where transaction_id = $1`,
      [one.transaction_id],
    );
    return { sales: rows.length, states };
  };
  assert.deepEqual(await decide(), { sales: 1, states: new Set(['settled']) });
  await withoutGuard(
    pool,
    'decide_refund',
    /case when found then 'refunding' else 'settled' end/,
    `'refunding'`,
    async () => {
      assert.deepEqual((await decide()).states, new Set(['refunding']));
    },
  );
});
