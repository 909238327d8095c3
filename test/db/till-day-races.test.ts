import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runAudit } from '../../src/audit/run-audit.ts';
import { gate } from '../support/gate.ts';
import { withoutGuard } from '../support/guards.ts';
import type { Answer } from '../support/http-client.ts';
import { outcomeOf } from '../support/identity.ts';
import { Forger } from '../support/till-forger.ts';
import { startTillHall, type TillHall } from '../support/till-hall.ts';
import { waitUntil } from '../support/wait.ts';

let hall: TillHall;

before(async () => {
  hall = await startTillHall({ seats: 60, standing: 10 });
  await hall.pool.query(
    `create function wait_at_gate() returns trigger language plpgsql as $$ begin
       perform pg_advisory_xact_lock_shared(${gate}); return new; end $$`,
  );
});
after(async () => {
  await hall.stop();
});

/**
 * Has `first` stop at the gate in the middle of its transaction, starts `second`, and opens the gate once that waits for a lock
 * of the first, or has ended without waiting.
 * @param at the table whose rows the first waits to write, and when.
 */
async function cross(
  at: { table: string; when: 'insert' | 'update' },
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
): Promise<{ answers: [Answer, Answer]; waited: boolean }> {
  const waiting = async (): Promise<number> => {
    const { rows } = await hall.pool.query<{ waiting: number }>(
      `select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows[0]!.waiting;
  };
  await hall.pool.query(
    `create trigger at_gate before ${at.when} on ${at.table} for each row execute function wait_at_gate()`,
  );
  const keeper = await hall.pool.connect();
  try {
    await keeper.query('begin');
    await keeper.query('select pg_advisory_xact_lock($1)', [gate]);
    const one = first();
    await waitUntil('the first is at the gate', async () => (await waiting()) === 1);
    let ended = false;
    const two = second().finally(() => (ended = true));
    let waited = false;
    await waitUntil('the second waits, or has ended', async () => {
      waited = (await waiting()) === 2;
      return waited || ended;
    });
    await keeper.query('commit');
    return { answers: [await one, await two], waited };
  } finally {
    await keeper.query('rollback');
    keeper.release();
    await hall.pool.query(`drop trigger at_gate on ${at.table}`);
  }
}

async function numbersOfZ(forger: Forger, dayNo: number): Promise<number[]> {
  const { rows } = await hall.pool.query<{ number: number }>(
    `select generate_series(first_number, last_number)::integer as number from fiscal_day_ranges
      where tenant_id = 1 and series_id = $1 and day_no = $2 order by 1`,
    [forger.till.seriesId, dayNo],
  );
  return rows.map(({ number }) => number);
}

const outcomes = (answer: Answer) =>
  (answer.json as { results: { outcome: string }[] }).results.map(({ outcome }) => outcome);

test('a day that closes while a sync has its number waits, and the number stands in its Z', async () => {
  const forger = await Forger.lease(hall, [1, 2]);
  await forger.turnDay();
  const lines = [forger.line(forger.record(1, 1))];
  const { answers, waited } = await cross(
    { table: 'till_records', when: 'insert' },
    () => forger.sync(lines, 1),
    () => forger.askDay(1),
  );
  assert.ok(waited);
  assert.deepEqual(outcomes(answers[0]), ['recorded']);
  assert.equal(answers[1].status, 200, answers[1].text);
  assert.deepEqual(await numbersOfZ(forger, 1), [1]);
  await hall.audit();
});

test('a sync that comes while the day closes waits, is refused, and is taken on the next day', async () => {
  const forger = await Forger.lease(hall, [3, 4]);
  await forger.turnDay();
  assert.deepEqual(await forger.send([forger.line(forger.record(1, 3))], 1), ['recorded']);
  const later = [forger.line(forger.record(2, 4))];
  const { answers, waited } = await cross(
    { table: 'fiscal_days', when: 'update' },
    () => forger.askDay(1),
    () => forger.sync(later, 2),
  );
  assert.ok(waited);
  assert.equal(answers[0].status, 200, answers[0].text);
  assert.equal(outcomeOf(answers[1]), 'fiscal_day_closed');
  assert.deepEqual(await numbersOfZ(forger, 1), [1]);
  assert.deepEqual(await forger.documents(), [1]);
  await hall.audit();
  await forger.turnDay();
  assert.deepEqual(await forger.send(later, 2), ['recorded']);
  await forger.turnDay(2);
  assert.deepEqual(await numbersOfZ(forger, 2), [2]);
  await hall.audit();
});

// The last, since it leaves a document that no Z has.
test('the control: a day that locks no blocks closes over a sync, and its document stands in no Z', async () => {
  const forger = await Forger.lease(hall, [5, 6]);
  await forger.turnDay();
  const lines = [forger.line(forger.record(1, 5))];
  await withoutGuard(hall.pool, 'lock_point_numbers', /b\.block_no for update/, 'b.block_no', async () => {
    const { answers, waited } = await cross(
      { table: 'till_records', when: 'insert' },
      () => forger.sync(lines, 1),
      () => forger.askDay(1),
    );
    assert.equal(waited, false);
    assert.deepEqual(outcomes(answers[0]), ['recorded']);
    assert.equal(answers[1].status, 200, answers[1].text);
  });
  assert.deepEqual(await numbersOfZ(forger, 1), []);
  const { lines: found } = await runAudit(hall.pool);
  assert.ok(found.some(({ id, count }) => id === 'I14 documents' && count > 0));
});
