import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFailpoints, failpoints, parseFailOrders } from '../src/base/failpoint.ts';

test('orders are read, and whatever is none is refused', () => {
  assert.deepEqual(parseFailOrders('committed confirm_sales=kill@3; mail=delay:20'), [
    { point: 'committed confirm_sales', action: { kind: 'kill' }, hit: 3 },
    { point: 'mail', action: { kind: 'delay', milliseconds: 20 }, hit: 1 },
  ]);
  assert.deepEqual(parseFailOrders('note'), []);
  for (const text of ['', 'kill', 'a=', '=kill', 'a=kill@0', 'a=delay', 'a=burn', 'a=kill;'])
    assert.equal(parseFailOrders(text), null, text);
});

test('an order is carried out at its reaching and no other, and each point is told of once', async () => {
  const told: string[] = [];
  let kills = 0;
  const orders = parseFailOrders('a=kill@2;b=fail')!;
  const points = createFailpoints(orders, { kill: () => kills++, note: (point) => told.push(point) });
  for (let i = 1; i <= 3; i++) {
    await points.reach('a');
    assert.equal(kills, i < 2 ? 0 : 1);
  }
  await assert.rejects(points.reach('b'), { code: 'ECONNRESET' });
  await points.reach('b');
  assert.deepEqual(told, ['a', 'b']);
});

test('no point is armed unless the process was told so', () => {
  assert.equal(failpoints, undefined);
});
