import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { transact } from '../../src/db/transaction.ts';
import { withoutGuard } from '../support/guards.ts';
import { PaymentHall, sold } from '../support/payment-hall.ts';

let house: PaymentHall;

before(async () => {
  house = await PaymentHall.start();
});
beforeEach(() => house.renew());
after(() => house.stop());

let attempt = 0;

test('50 orders are paid at the instant that they and their holds expire: each is a sale or a refund, never both', async () => {
  const orders = [];
  for (let i = 0; i < 50; i++)
    orders.push(await house.orderOnline([i + 1], { accept_substitutes: i % 2 === 0 }));
  await Promise.all(
    orders.map(async (one, i) => {
      const pay = async () => house.stripe.act(one.session, 'pay');
      const end = () =>
        house.pool.query(
          `with ended as (update payment_intents set expires_at = now() where transaction_id = $1 returning tenant_id, hold_id)
           update holds h set expires_at = now() from ended e where h.tenant_id = e.tenant_id and h.hold_id = e.hold_id`,
          [one.transaction_id],
        );
      await (i % 3 === 0 ? Promise.all([pay(), end()]) : i % 3 === 1 ? end().then(pay) : pay().then(end));
    }),
  );
  for (const one of orders) await house.untilStatus(one, ...sold, 'refunded', 'cancelled');
  await house.assertSound();
});

test('money is taken over once however often it is told at once; without its guard it is taken over each time', async () => {
  const tellAtOnce = async (): Promise<number> => {
    house.stripe.setWebhooks('keep');
    const { transaction_id: id, hold_token: _, ...one } = await house.orderOnline([1 + (attempt++ % 60)]);
    house.stripe.act(one.session, 'pay');
    await house.untilStatus(one, ...sold);
    const told = await Promise.all(
      Array.from({ length: 6 }, () =>
        house.pool.query<{ changed: boolean }>(
          `select changed from note_tender($1, $2, 1::smallint, 'captured', $3, null, null, 60)`,
          [house.hall.tenantId, id, one.session.amount],
        ),
      ),
    );
    return told.filter(({ rows }) => rows[0]!.changed).length;
  };
  assert.equal(await tellAtOnce(), 0);
  await withoutGuard(house.pool, 'note_tender', /and may_become\(t\.state, p_state\)/, '', async () => {
    assert.equal(await tellAtOnce(), 6);
  });
});

test('an order that was paid is not given up when its time is over; without its guard its money would go back', async () => {
  const giveUp = async (): Promise<string> => {
    const one = await house.orderOnline([1 + (attempt++ % 60)]);
    house.stripe.act(one.session, 'pay');
    await house.untilStatus(one, ...sold);
    await house.expireOrder(one.transaction_id);
    const undo = new Error('undo');
    let state = '';
    await transact(house.pool, async (tx) => {
      const [row] = await tx.query<{ state: string }>({
        text: `select give_up_intent($1, $2, 'not_paid_in_time', 0) as state`,
        values: [house.hall.tenantId, one.transaction_id],
      });
      ({ state } = row!);
      throw undo;
    }).catch((error: unknown) => assert.equal(error, undo));
    return state;
  };
  assert.equal(await giveUp(), 'settled');
  await withoutGuard(
    house.pool,
    'give_up_intent',
    /v_intent\.state is distinct from 'awaiting'/,
    'false',
    async () => {
      assert.equal(await giveUp(), 'refunding');
    },
  );
  await house.assertSound();
});

test('a refund is decided against the sale: whoever has the key wins, and without that guard both would happen', async () => {
  const decide = async (): Promise<{ sales: number; states: Set<string> }> => {
    house.stripe.setWebhooks('keep');
    const one = await house.orderOnline([1 + (attempt++ % 60)]);
    // Its sale is made while the refund believes that it is not.
    house.stripe.act(one.session, 'pay');
    await house.untilStatus(one, ...sold);
    await house.pool.query(
      `update payment_intents set state = 'paid', leased_until = 'infinity' where transaction_id = $1`,
      [one.transaction_id],
    );
    const { rows: known } = await house.pool.query<{ key_digest: string }>(
      `select key_digest from idempotency_keys where transaction_id = $1
        and body_digest <> (select body_digest from idempotency_keys where transaction_id = $1 order by replays limit 1 offset 1)`,
      [one.transaction_id],
    );
    const states = new Set<string>();
    for (const { key_digest } of known) {
      const { rows } = await house.pool.query<{ state: string }>(
        'select decide_refund($1, $2, $3, $4) as state',
        [house.hall.tenantId, one.transaction_id, key_digest, 'places_gone'],
      );
      states.add(rows[0]!.state);
    }
    const { rows } = await house.pool.query('select from transactions where transaction_id = $1', [
      one.transaction_id,
    ]);
    await house.pool.query(
      `update payment_intents set state = 'settled', leased_until = now() where transaction_id = $1`,
      [one.transaction_id],
    );
    return { sales: rows.length, states };
  };
  assert.deepEqual(await decide(), { sales: 1, states: new Set(['settled']) });
  await withoutGuard(
    house.pool,
    'decide_refund',
    /case when found then 'refunding' else 'settled' end/,
    `'refunding'`,
    async () => {
      assert.deepEqual((await decide()).states, new Set(['refunding']));
    },
  );
});
