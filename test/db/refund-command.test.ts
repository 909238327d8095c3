import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { refundCommand } from '../../src/cli/refund.ts';
import { json, sold, type Confirmed } from '../support/payment-hall.ts';
import { runCommand } from '../support/run-command.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

const refund = (sale: string, ...args: string[]) =>
  runCommand([refundCommand], { DATABASE_URL: hall.house.database.url }, [
    ...['refund', sale, '--seller', String(hall.tenantId)],
    ...args,
  ]);

const statusOf = async (sale: Confirmed) =>
  json<{ status: string }>(await hall.house.client.send('GET', sale.links.self)).status;

test('a sale goes back by ticket and then in whole, and its places are on sale at every server', async () => {
  const sale = await hall.sell([1, 2], 1);
  const number = sale.fiscal_number!;
  const part = await refund(number, '--reason', 'no show', '--ticket', '2', '--ticket', '2');
  assert.equal(part.code, 0, part.err);
  assert.equal(
    part.out,
    'Refunded 1 ticket for $29.00; credit note NC-A-00000001.\n$29.00 is to be given back by hand.',
  );
  assert.equal((await hall.sell([2])).status, 'processing', 'the servers heard of the seat');
  const again = await refund(number, '--reason', 'no show', '--ticket', `${sale.transaction_id}-2`);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /given back before/);
  const rest = await refund(sale.transaction_id, '--reason', 'no show', '--off-sale', '--note', 'Sorry');
  assert.match(rest.out, /^Refunded 2 tickets .* NC-A-00000002\./);
  assert.equal(await statusOf(sale), 'refunded');
  assert.equal(await hall.count('seat_states', `state = 'blocked'`), 1);
  assert.equal(await hall.count('audit_log', `actor_id = 'refund' and verb = 'refund'`), 2);
  await hall.house.assertSound();
});

test('a void, and the money of a card, which the server has given back', async () => {
  const { house } = hall;
  const sale = await house.orderOnline([1]);
  house.stripe.act(sale.session, 'pay');
  await house.untilStatus(sale, ...sold);
  const done = await refund(sale.transaction_id, '--reason', 'mistake', '--void');
  assert.match(done.out, /^Voided 1 ticket .*\nThe server has \$29\.00 given back to the card\.$/);
  assert.equal(await statusOf(sale), 'cancelled');
  await waitUntil(
    'the money is back',
    () => house.stripe.ledger().get(sale.transaction_id)!.refunded === 2_900,
  );
  await house.assertSound();
});

test('what is wrong is said in a sentence, and nothing changes', async () => {
  const sale = await hall.sell([1]);
  const fails = async (pattern: RegExp, ...args: string[]) => {
    const { code, err } = await refund(sale.transaction_id, ...args);
    assert.equal(code, 1);
    assert.match(err, pattern);
  };
  await fails(/--reason/);
  await fails(/--reason takes/, '--reason', ' ');
  await fails(/no ticket/, '--reason', 'x', '--ticket', 'nonsense');
  await fails(/no such ticket/, '--reason', 'x', '--ticket', '9');
  await fails(/leave --ticket out/, '--reason', 'x', '--ticket', '1', '--void');
  assert.match((await refund('A-99999999', '--reason', 'x')).err, /there is no sale/);
  assert.equal(await hall.count('refunds'), 0);
  assert.equal(await statusOf(sale), 'processing');
});
