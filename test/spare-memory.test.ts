import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { limits } from '../src/base/limits.ts';
import {
  calmAfterBurst,
  releaseMemory,
  watchSpareMemory,
  type ThreadSample,
} from '../src/telemetry/spare-memory.ts';

const small = 40_000_000;
const grown = small + limits.spareHeapBytesMin;
const busy = { busyShare: 0.9, heapBytes: grown };
const calm = { busyShare: limits.calmBusyShareMax, heapBytes: grown };
const calmSeconds = (sample: ThreadSample, seconds: number = limits.calmSecondsMin) =>
  Array.from({ length: seconds }, () => sample);

/** The places of the samples at which memory is given back. */
function dueAt(samples: ThreadSample[]): number[] {
  const isDue = calmAfterBurst();
  return samples.flatMap((sample, place) => (isDue(sample) ? [place] : []));
}

test('memory is given back once a burst, when the thread has been calm for long enough', () => {
  const start = { busyShare: 0, heapBytes: small };
  const burst = [busy, ...calmSeconds(calm)];
  assert.deepEqual(dueAt([start, ...burst, ...calmSeconds(calm, 60)]), [limits.calmSecondsMin + 1]);
  const after = [{ busyShare: 0, heapBytes: small }];
  assert.deepEqual(dueAt([start, ...burst, ...after, ...burst]).length, 2, 'the next burst counts anew');
});

test('it is not while the thread works, after too short a calm, or where little is to be had', () => {
  const start = { busyShare: 0, heapBytes: small };
  assert.deepEqual(dueAt([start, ...calmSeconds(busy, 60)]), []);
  const short = [busy, ...calmSeconds(calm, limits.calmSecondsMin - 1)];
  assert.deepEqual(dueAt([start, ...short, ...short]), []);
  const little = { busyShare: 0, heapBytes: grown - 1 };
  assert.deepEqual(dueAt([start, busy, ...calmSeconds(little, 60)]), []);
  assert.deepEqual(dueAt([start, ...calmSeconds(calm, 60)]), [], 'nothing was done');
});

test('what stays in use is not tried for again after a burst that left no more', () => {
  const start = { busyShare: 0, heapBytes: small };
  const burst = [busy, ...calmSeconds(calm, 60)];
  assert.equal(dueAt([start, ...burst, ...burst, ...burst]).length, 1);
});

/** Takes memory in many small objects, and drops it; old enough to have left the young generation. */
function takeAndDrop(bytes: number): void {
  const kept: unknown[] = [];
  for (let i = 0; i < bytes / 64; i++) kept.push({ i, next: [i] });
  assert.ok(kept.length > 0);
}

test('garbage goes back to the system', async () => {
  takeAndDrop(limits.spareHeapBytesMin * 4);
  const before = getHeapStatistics();
  assert.ok(before.total_heap_size > limits.spareHeapBytesMin * 2, 'there is something to give back');
  await releaseMemory();
  const after = getHeapStatistics();
  assert.ok(before.total_heap_size - after.total_heap_size > limits.spareHeapBytesMin);
  assert.ok(
    after.total_heap_size < after.used_heap_size + limits.spareHeapBytesMin,
    'what is kept is in use',
  );
});

function tickSeconds(t: TestContext, seconds: number): void {
  for (let i = 0; i < seconds; i++) t.mock.timers.tick(1_000);
}

test('the watch gives back after a burst, tells so, and ends', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  takeAndDrop(limits.spareHeapBytesMin * 4);
  const before = getHeapStatistics().total_heap_size;
  let now: ThreadSample = { busyShare: 0, heapBytes: small };
  let releases = 0;
  const released = Promise.withResolvers<void>();
  const tell = () => {
    releases++;
    released.resolve();
  };
  const end = watchSpareMemory(tell, released.reject, () => now);
  tickSeconds(t, 1);
  now = busy;
  tickSeconds(t, 3);
  now = calm;
  tickSeconds(t, limits.calmSecondsMin);
  await released.promise;
  assert.ok(before - getHeapStatistics().total_heap_size > limits.spareHeapBytesMin);
  end();
  now = busy;
  tickSeconds(t, 1);
  now = { ...calm, heapBytes: grown * 9 };
  tickSeconds(t, limits.calmSecondsMin * 2);
  await releaseMemory();
  assert.equal(releases, 1, 'what comes after the end is not looked at');
});
