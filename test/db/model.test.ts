import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { withoutGuard } from '../support/guards.ts';
import { assertSame, assertSellable, seats, standing, steps } from '../support/model/commands.ts';
import { House } from '../support/model/house.ts';
import { emptyModel } from '../support/model/spec.ts';

// The same runs each time, so that every machine judges alike; others by
// `MODEL_RUNS=1000 MODEL_SEED=$RANDOM npm test -- unit test/db/model.test.ts`.
const runs = Number(process.env['MODEL_RUNS'] ?? 300);
const seed = Number(process.env['MODEL_SEED'] ?? 1);
const commandsMax = 50;

let house: House;

before(async () => {
  house = await House.start();
});
after(() => house.stop());

async function play(numRuns: number, more: fc.Parameters<unknown> = {}): Promise<fc.RunDetails<unknown>> {
  const property = fc.asyncProperty(steps(commandsMax), fc.scheduler(), async (commands, scheduler) => {
    await house.renew(seats, standing);
    const model = emptyModel(standing);
    await fc.asyncModelRun(() => ({ model, real: { house, scheduler } }), commands);
    await assertSame(model, house);
    await assertSellable(model, house);
  });
  return await fc.check<unknown>(property as fc.IAsyncProperty<unknown>, {
    numRuns,
    endOnFailure: true,
    ...more,
  });
}

test(`whatever happens in whatever order, the house answers as its model, and all that is free stays sellable`, async () => {
  const found = await play(runs, { seed });
  assert.ok(
    !found.failed,
    `MODEL_SEED=${found.seed}: ${String(found.errorInstance)}\n${fc.defaultReportMessage(found)}`,
  );
  assert.deepEqual(await house.violations(), []);
});

for (const [what, name, guard, replacement] of [
  [
    'a hold may be confirmed after its time',
    'confirm_sales',
    /h\.state = 'expired' or h\.expires_at <= v_now/,
    `h.state = 'expired'`,
  ],
  [
    'another process may take what is held',
    'place_holds',
    /and seat_no = any \(p_seats\) and state = 'free'/,
    'and seat_no = any (p_seats)',
  ],
] as const) {
  test(`the model finds it when ${what}`, async () => {
    await withoutGuard(house.pool, name, guard, replacement, async () => {
      const found = await play(300, { seed: 1 });
      assert.ok(found.failed, 'nothing was found');
    });
  });
}
