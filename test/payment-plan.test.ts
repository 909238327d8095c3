import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leastDownPayment, planOffers, planSchedule, type PlanRule } from '../src/payments/payment-plan.ts';

const rule: PlanRule = {
  ruleId: 1,
  eventId: null,
  name: 'Tres pagos',
  currency: 'USD',
  kind: 'instalments',
  instalments: 3,
  spacingDays: 10,
  down: { ppm: 333_333 },
  deadline: { from: 'event', days: 7 },
  graceDays: 2,
  penalty: { ppm: 100_000 },
  reminderDays: 3,
};
const at = new Date('2026-11-24T12:00:00Z');
const startsAt = new Date('2027-01-24T12:00:00Z');

test('instalments add up to the total, as evenly as they can, and none is due after the deadline', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000_000 }),
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 1, max: 5 }),
      (total, ppm, instalments) => {
        const own = { ...rule, down: { ppm }, instalments };
        const down = leastDownPayment(own, total);
        const { deadlineAt, instalments: due } = planSchedule(own, { total, down, at, startsAt })!;
        const amounts = due.map(({ amount }) => amount);
        const rest = amounts.slice(1);
        assert.equal(
          amounts.reduce((sum, amount) => sum + amount, 0),
          total,
        );
        assert.ok(Math.max(...rest) - Math.min(...rest) <= 1 && Math.min(...amounts) >= 0);
        assert.ok(due.every(({ dueAt }) => dueAt <= deadlineAt));
      },
    ),
  );
});

test('a plan that does not fit before its deadline is not offered', () => {
  const offers = (own: PlanRule, start = startsAt) =>
    planOffers([own], { total: 1_000, at, startsAt: start }).map((offer) => offer.leastDown);
  assert.deepEqual(offers(rule), [334]);
  assert.deepEqual(offers(rule, new Date('2026-12-24T12:00:00Z')), []);
  assert.deepEqual(
    offers({ ...rule, kind: 'free', instalments: 1 }, new Date('2026-12-24T12:00:00Z')),
    [334],
  );
  assert.deepEqual(offers({ ...rule, deadline: { from: 'sale', days: 90 } }), []);
  assert.deepEqual(offers({ ...rule, down: { amount: 5_000 } }), [1_000]);
});
