import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { lockTicket } from '../../src/admission/renew-ticket.store.ts';
import { runAudit } from '../../src/audit/run-audit.ts';
import { uuidv7 } from '../../src/base/ids.ts';
import { issueCreditNote, returnPlaces } from '../../src/cancellation/refund.store.ts';
import type { RefundOrder } from '../../src/cancellation/refund.ts';
import { confirmSales } from '../../src/checkout/confirm-sales.store.ts';
import { transact } from '../../src/db/transaction.ts';
import { placeHolds } from '../../src/holds/place-holds.store.ts';
import { withoutGuard } from '../support/guards.ts';
import { confirmOrder, placeOrder } from '../support/hall.ts';
import type { Confirmed } from '../support/payment-hall.ts';
import { outcomeOf } from '../support/identity.ts';
import { UndoingHall } from '../support/undoing-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: UndoingHall;

before(async () => {
  hall = await UndoingHall.start();
});
beforeEach(() => hall.house.renew());
after(() => hall.house.stop());

const orderOf = (transactionId: string, changes: Partial<RefundOrder> = {}): RefundOrder => ({
  tenantId: hall.tenantId,
  transactionId,
  kind: 'refund',
  itemNos: null,
  feesReturned: true,
  resold: true,
  reason: 'asked for',
  note: null,
  staffId: null,
  keyDigest: null,
  bodyDigest: null,
  bulkId: null,
  exchange: null,
  ...changes,
});

/** Waits until so many sessions of this database wait for a lock. */
async function untilBlocked(): Promise<void> {
  await waitUntil('somebody waits for the lock', async () => {
    const { rows } = await hall.house.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });
}

/** Makes the ticket of a place, as the worker would. */
async function makeTicket({ transaction_id }: Confirmed): Promise<void> {
  await hall.house.pool.query(
    `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature) values ($1, $2, 1, 1, '\\x00')`,
    [hall.tenantId, transaction_id],
  );
}

test('of 12 refunds of one place at once, over two processes, one goes through', async () => {
  const sale = await hall.sell([], 2);
  const ticket_ids = [hall.ticket(sale, 1)];
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => hall.post(sale, 'refunds', { ticket_ids })),
  );
  const outcomes = answers.map(outcomeOf);
  assert.equal(outcomes.filter((outcome) => outcome === 201).length, 1, outcomes.join());
  assert.deepEqual(new Set(outcomes), new Set([201, 'ticket_returned']));
  const same = await Promise.all(
    Array.from({ length: 12 }, () => hall.post(sale, 'refunds', {}, 'the-same-key')),
  );
  assert.deepEqual(new Set(same.map(outcomeOf)), new Set([201]));
  assert.equal(await hall.count('refunds'), 2);
  await hall.house.assertSound();
});

test('a day that closes while a refund is under way: its credit note has no number behind the cut', async () => {
  const refundWhileClosing = async (): Promise<string> => {
    const sale = await hall.sell([], 1);
    const closed = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const values = [hall.tenantId];
    const closing = transact(hall.house.pool, async (tx) => {
      await tx.query({ text: 'select from fiscal_series where tenant_id = $1 for update', values });
      locked.resolve();
      await closed.promise;
      await tx.query({ text: 'update fiscal_series set day_closed = true where tenant_id = $1', values });
    });
    await locked.promise;
    const undo = new Error('undo');
    let outcome = '';
    const refunding = transact(hall.house.pool, async (tx) => {
      const { refundNo } = await returnPlaces(tx, orderOf(sale.transaction_id));
      outcome = await issueCreditNote(tx, orderOf(sale.transaction_id), refundNo);
      throw undo;
    }).catch((error: unknown) => assert.equal(error, undo));
    await untilBlocked();
    closed.resolve();
    await Promise.all([closing, refunding]);
    await hall.setDay(true);
    return outcome;
  };
  assert.equal(await refundWhileClosing(), 'fiscal_day_closed');
  await withoutGuard(hall.house.pool, 'issue_credit_note', /and s\.day_closed\)/, 'and false)', async () => {
    assert.equal(await refundWhileClosing(), 'issued');
  });
});

test('fees stay with the seller when asked for, and what was counted is given back place by place', async () => {
  const { pool, hall: place } = hall.house;
  const order = placeOrder([], 3);
  const { quote } = order;
  const [line] = quote.lines;
  Object.assign(line!, { fees: 300, total: line!.total + 300, stage: 'early' });
  const take = (counter: string, count: number) => ({ counter, count, limit: 9, exhausts: false });
  Object.assign(quote, {
    fees: 300,
    total: quote.total + 300,
    terms: { buyer: null, paymentMethod: null, voucher: null, fees: [] },
    takes: [
      take(`stage:${place.eventId}:early`, 3),
      take('voucher:1', 1),
      take(`customer:${place.eventId}:ana`, 3),
      take('reserve:1:2', 2),
    ],
  });
  const { outcomes } = await placeHolds(pool, place, [order], 600);
  assert.deepEqual(outcomes, ['placed']);
  const confirmed = confirmOrder(order.holdId, { transactionId: uuidv7(Date.now()) });
  await confirmSales(pool, place, 1, [confirmed]);
  const sale = { transaction_id: confirmed.transactionId } as Confirmed;
  const used = async () => {
    const { rows } = await pool.query<{ used: number }>(
      'select used from use_counters where tenant_id = $1 order by counter_key',
      [hall.tenantId],
    );
    return rows.map((row) => row.used);
  };
  assert.deepEqual(await used(), [3, 2, 3, 1]);
  const kept = await hall.refund(sale, { ticket_ids: [hall.ticket(sale, 1)], return_fees: false });
  assert.deepEqual([kept.fees, kept.total], [0, 1_160]);
  assert.deepEqual(await used(), [2, 1, 2, 1]);
  await hall.house.assertSound();
  assert.equal((await hall.refund(sale)).total, 2 * (1_160 + 100));
  assert.deepEqual(await used(), [0, 0, 0, 0]);
  await pool.query('select rebuild_statistics($1, null, 100)', [hall.tenantId]);
  await hall.house.assertSound();
});

test('a ticket that is refunded while somebody waits for a new code of it gets none', async () => {
  const sale = await hall.sell([1]);
  await makeTicket(sale);
  const ticket = { tenantId: hall.tenantId, transactionId: sale.transaction_id, itemNo: 1 };
  const returned = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const refunding = transact(hall.house.pool, async (tx) => {
    await returnPlaces(tx, orderOf(sale.transaction_id));
    await issueCreditNote(tx, ticket, 1);
    returned.resolve();
    await go.promise;
  });
  await returned.promise;
  const reissuing = transact(hall.house.pool, (tx) => lockTicket(tx, ticket)).then(
    () => 'locked',
    (error: { code: string }) => error.code,
  );
  // The control: whoever locks the ticket alone still believes in its place.
  const control = transact(hall.house.pool, (tx) =>
    tx.query<{ live: boolean }>({
      text: `select i.state = 'live' as live from tickets k join transaction_items i using (tenant_id, transaction_id, item_no)
              where k.tenant_id = $1 and k.transaction_id = $2 for no key update of k`,
      values: [ticket.tenantId, ticket.transactionId],
    }),
  );
  await untilBlocked();
  await waitUntil('both wait', async () => {
    const { rows } = await hall.house.pool.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length === 2;
  });
  go.resolve();
  await refunding;
  assert.equal(await reissuing, 'ticket_returned');
  assert.deepEqual(await control, [{ live: true }]);
});

test('control: without its guard one place is refunded twice, and the audit says so', async () => {
  const sale = await hall.sell([], 2);
  const refundAtOnce = () =>
    Promise.all(
      Array.from({ length: 4 }, () => hall.post(sale, 'refunds', { ticket_ids: [hall.ticket(sale, 1)] })),
    );
  await withoutGuard(
    hall.house.pool,
    'return_places',
    /when not v_items <@ v_places\.live or cardinality\(v_items\) = 0/,
    'when cardinality(v_items) = 0',
    async () => {
      const outcomes = (await refundAtOnce()).map(outcomeOf);
      assert.equal(outcomes.filter((outcome) => outcome === 201).length, 2, outcomes.join());
      // The other guard holds: no more goes back than was paid.
      assert.equal(outcomes.filter((outcome) => outcome === 'refund_exceeds_paid').length, 2);
    },
  );
  const { lines } = await runAudit(hall.house.pool);
  assert.ok(lines.some((line) => line.id === 'I10 refunds' && line.count > 0));
});
