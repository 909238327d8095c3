import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TokenBucket } from '../src/notifications/token-bucket.ts';

test('a burst goes at once, and then so many a second', () => {
  const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
  const waits = [1, 2, 3, 4, 5, 6].map(() => bucket.take(0, 60).waitSeconds);
  assert.deepEqual(waits, [0, 0, 0, 0.5, 1, 1.5]);
});

test('who may not wait so long takes no turn from others', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 0);
  bucket.take(0, 0);
  assert.deepEqual(bucket.take(0, 0.5), { granted: false, waitSeconds: 1 });
  assert.deepEqual(bucket.take(0, 1), { granted: true, waitSeconds: 1 });
  assert.deepEqual(bucket.take(2_000, 0), { granted: true, waitSeconds: 0 });
});

test('during a pause there is no turn, and after it no burst that the pause has saved', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 10 }, 0);
  bucket.pause(0, 30);
  assert.deepEqual(bucket.take(1_000, 0), { granted: false, waitSeconds: 29 });
  assert.equal(bucket.take(30_000, 0).granted, true);
  assert.equal(bucket.take(30_000, 0).granted, false);
});

test('turns never come faster than the rate and the burst allow', () => {
  const asking = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(asking, fc.integer({ min: 1, max: 5 }), (pauses, burst) => {
      const bucket = new TokenBucket({ perSecond: 4, burst }, 0);
      const turns: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const { granted, waitSeconds } = bucket.take(now, 2);
        if (granted) turns.push(now + waitSeconds * 1_000);
      }
      for (const [i, first] of turns.entries()) {
        for (const [j, last] of turns.entries()) {
          if (j > i) assert.ok(j - i + 1 <= burst + 1e-6 + ((last - first) / 1_000) * 4 + 1e-6, `${i}…${j}`);
        }
      }
    }),
  );
});
