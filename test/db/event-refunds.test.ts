import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { codeOf, json, sold } from '../support/payment-hall.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

type BulkJson = {
  id: string;
  state: string;
  sales_found: number;
  sales_refunded: number;
  amount: number;
  paid_back: number;
  failed: number;
  failures: { code: string }[];
};

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

const reason = { reason: 'The singer is ill' };

async function untilEnded(): Promise<BulkJson> {
  let last: BulkJson | undefined;
  await waitUntil('the walk has ended', async () => {
    [last] = json<{ data: BulkJson[] }>(await hall.staff.send('GET', `${hall.eventPath}/refunds`)).data;
    return last?.state === 'ended';
  });
  return last!;
}

test('a cancelled event: every sale is refunded once, cards by their provider, and staff see how far it is', async () => {
  const { house } = hall;
  const card = await house.orderOnline([1, 2]);
  house.stripe.act(card.session, 'pay');
  await house.untilStatus(card, ...sold);
  for (let i = 0; i < 6; i++) await hall.sell([10 + i], 1);
  const partly = await hall.sell([20, 21]);
  await hall.refund(partly, { ticket_ids: [hall.ticket(partly, 1)] });
  await hall.refund(await hall.sell([22]));
  assert.equal(
    codeOf(await hall.staff.send('POST', `${hall.eventPath}/refunds`, reason)),
    'event_not_cancelled',
  );
  await hall.staff.send('POST', `${hall.eventPath}/cancel`, {});
  const started = await hall.staff.send('POST', `${hall.eventPath}/refunds`, reason);
  assert.equal(started.status, 202, started.text);
  assert.equal(json<BulkJson>(started).sales_found, 8);
  const ended = await untilEnded();
  assert.deepEqual([ended.sales_refunded, ended.failed], [8, 0]);
  assert.equal(ended.amount, card.total + 6 * (2_900 + 1_160) + 2_900);
  await waitUntil('the card is paid back', async () =>
    (await hall.refundsOf(card)).every((one) => one.settled_at),
  );
  assert.equal((await untilEnded()).paid_back, card.total);
  assert.equal(await hall.count('transactions', `status = 'refunded'`), 9);
  await house.assertSound();
});

test('what stands in the way is said sale by sale, and a walk that is resumed misses none and refunds none twice', async () => {
  for (let i = 0; i < 4; i++) await hall.sell([1 + i]);
  await hall.staff.send('POST', `${hall.eventPath}/cancel`, {});
  await hall.setDay(false);
  const { id } = json<BulkJson>(await hall.staff.send('POST', `${hall.eventPath}/refunds`, reason));
  const blocked = await untilEnded();
  assert.deepEqual(
    [blocked.sales_refunded, blocked.failed, blocked.failures[0]!.code],
    [0, 4, 'fiscal_day_closed'],
  );
  await hall.setDay(true);
  const resume = `${hall.eventPath}/refunds/${id}/resume`;
  assert.equal((await hall.staff.send('POST', resume, {})).status, 202);
  const ended = await untilEnded();
  assert.deepEqual([ended.sales_refunded, ended.failed], [4, 0]);
  const elsewhere = resume.replace(id, '019a5b7e-6f10-7abc-9def-0123456789ab');
  assert.equal(codeOf(await hall.staff.send('POST', elsewhere, {})), 'bulk_refund_not_found');
  await hall.house.assertSound();
});

test('a process that dies on its way loses nothing: what it refunded is noted in the same transaction', async () => {
  for (let i = 0; i < 5; i++) await hall.sell([1 + i]);
  await hall.staff.send('POST', `${hall.eventPath}/cancel`, {});
  await hall.house.pool.query(
    `create function third() returns trigger language plpgsql as $$ begin
       if new.number >= 3 then raise exception 'the process died'; end if; return new; end $$;
     create trigger third before insert on credit_notes for each row execute function third()`,
  );
  const start = () => hall.staff.send('POST', `${hall.eventPath}/refunds`, reason);
  try {
    assert.equal((await start()).status, 202);
    await waitUntil('two are refunded', async () => (await hall.count('refunds')) === 2);
    assert.equal(codeOf(await start()), 'bulk_refund_running');
  } finally {
    await hall.house.pool.query('drop function third cascade');
  }
  await hall.house.pool.query('update bulk_refunds set leased_until = now() where ended_at is null');
  assert.equal((await untilEnded()).sales_refunded, 5);
  await hall.house.assertSound();
});
