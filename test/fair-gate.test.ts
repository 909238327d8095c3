import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { FairGate } from '../src/base/fair-gate.ts';

/** Work that ends when it is told to. */
function hanging() {
  let end = () => {};
  const done = new Promise<void>((resolve) => (end = resolve));
  return { work: () => done, end: () => end() };
}

/** How many of the pieces of work have begun. */
async function begun(gate: FairGate<string>, keys: readonly string[], pieces: number): Promise<number[]> {
  const counts: number[] = [];
  for (const [i, key] of keys.entries()) {
    counts[i] = 0;
    for (let n = 0; n < pieces; n++) {
      void gate.run(key, () => {
        counts[i]! += 1;
        return new Promise<void>(() => {});
      });
    }
    await setImmediate();
  }
  return counts;
}

test('work that hangs leaves room for whoever comes later', async () => {
  assert.deepEqual(await begun(new FairGate(10), ['a', 'b', 'c', 'd'], 20), [5, 3, 1, 1]);
  // The control: as one key's, the same work of the later ones never begins.
  assert.deepEqual(await begun(new FairGate(10), ['a', 'a', 'a', 'a'], 20), [5, 0, 0, 0]);
});

test('keys take turns, however much one of them has waiting', async () => {
  const gate = new FairGate<string>(2);
  const order: string[] = [];
  const piece = (name: string) => async () => {
    order.push(name);
    await setImmediate();
  };
  const first = hanging();
  const all = [gate.run('a', first.work)];
  for (let i = 1; i <= 4; i++) all.push(gate.run('a', piece(`a${i}`)));
  for (let i = 1; i <= 2; i++) all.push(gate.run('b', piece(`b${i}`)));
  first.end();
  await Promise.all(all);
  assert.equal(order[0], 'b1', 'a has the room that it may have');
  assert.ok(order.indexOf('b2') < order.indexOf('a3'));
  assert.equal(gate.count, 0);
});

test('what fails gives its room back', async () => {
  const gate = new FairGate<string>(1);
  for (let i = 0; i < 3; i++)
    await assert.rejects(
      gate.run('a', () => Promise.reject(new Error('no'))),
      /no/,
    );
  assert.equal(await gate.run('a', async () => 7), 7);
});
