import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { json, PaymentHall, sold, type Confirmed } from '../support/payment-hall.ts';
import { startServer } from '../support/server.ts';
import { UndoingHall, type RefundJson } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

async function sellOnline(seatNos: number[]) {
  const { house } = hall;
  const sale = await house.orderOnline(seatNos);
  house.stripe.act(sale.session, 'pay');
  await house.untilStatus(sale, ...sold);
  return sale;
}

type Refunds = {
  data: RefundJson[];
  provider_refunds: { refund_id: string; amount: number; used: number }[];
};

async function refundsOf(sale: Confirmed): Promise<Refunds> {
  const path = `/sellers/${hall.tenantId}/sales/${sale.transaction_id}/refunds`;
  return json<Refunds>(await hall.staff.send('GET', path));
}

async function paymentsIn(state: string): Promise<{ transaction_id: string; refunded: number }[]> {
  const path = `/sellers/${hall.tenantId}/payments?state=${state}`;
  return json<{ data: { transaction_id: string; refunded: number }[] }>(await hall.staff.send('GET', path))
    .data;
}

const untilNoted = (sale: Confirmed, count: number) =>
  waitUntil('staff see it', async () => (await refundsOf(sale)).provider_refunds.length === count);

const untilBack = (sale: Confirmed, count: number) =>
  waitUntil(
    'the money is back',
    async () => (await refundsOf(sale)).data.filter((one) => one.settled_at).length === count,
  );

const wentBack = (sale: Confirmed) => hall.house.stripe.ledger().get(sale.transaction_id)!.refunded;

test('a part that went back by hand at the provider is noted once, and the tickets stand until they are refunded', async () => {
  const { house } = hall;
  const sale = await sellOnline([1, 2]);
  house.stripe.setWebhooks('keep');
  const { id } = house.stripe.refundByHand(sale.session, 1_000);
  const event = house.stripe.kept.at(-1)!;
  await Promise.all(Array.from({ length: 5 }, () => house.stripe.deliver(event)));
  await untilNoted(sale, 1);
  assert.deepEqual(
    (await refundsOf(sale)).provider_refunds.map(({ refund_id, amount, used }) => [refund_id, amount, used]),
    [[id, 1_000, 0]],
  );
  assert.deepEqual(
    (await paymentsIn('partially_refunded')).map(({ transaction_id, refunded }) => [
      transaction_id,
      refunded,
    ]),
    [[sale.transaction_id, 1_000]],
  );
  assert.ok(sold.includes((await house.read(sale)).status));
  await house.assertSound();

  const refund = await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] });
  assert.equal(refund.paid_back, 1_000, 'what went back already is not asked for again');
  await untilBack(sale, 1);
  assert.equal(wentBack(sale), 2_900);
  assert.equal((await refundsOf(sale)).provider_refunds[0]!.used, 1_000);
  await house.assertSound();
  await hall.refund(sale);
  await untilBack(sale, 2);
  assert.equal(wentBack(sale), sale.total);
  assert.equal((await paymentsIn('refunded')).length, 1);
  await house.assertSound();
});

test('all of it by hand, and the webhook lost: it is found again, and a refund of the tickets asks for nothing', async () => {
  const { house } = hall;
  const sale = await sellOnline([1]);
  house.stripe.setWebhooks('keep');
  house.stripe.refundByHand(sale.session, sale.total);
  // A process reads the day again when it starts.
  const server = await startServer({
    databaseUrl: house.database.url,
    env: PaymentHall.env(house.stripe),
    worker: false,
  });
  await untilNoted(sale, 1);
  await server.stop();
  assert.equal((await paymentsIn('refunded')).length, 1);
  const refund = await hall.refund(sale);
  assert.ok(refund.settled_at);
  assert.equal(wentBack(sale), sale.total);
  await house.assertSound();
});

test('by hand at the instant of a refund of ours: nothing goes back twice that was not given twice', async () => {
  const { house } = hall;
  for (const amount of [1_000, 2_900, 5_800]) {
    await house.renew();
    const sale = await sellOnline([1, 2]);
    house.stripe.next('accept_in_silence');
    await Promise.all([
      hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)] }),
      Promise.resolve().then(() => house.stripe.refundByHand(sale.session, amount)),
    ]);
    await untilBack(sale, 1);
    await untilNoted(sale, 1);
    assert.ok(wentBack(sale) <= sale.total);
    await house.assertSound();
    await hall.refund(sale);
    await untilBack(sale, 2);
    assert.equal(wentBack(sale), sale.total);
    await house.assertSound();
  }
});
