import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { limits } from '../src/base/limits.ts';
import {
  calmAfterBurst,
  releaseMemory,
  watchSpareMemory,
  type BusySample,
  type ThreadSample,
} from '../src/telemetry/spare-memory.ts';

const small = 40_000_000;
const droppedBytes = 268_435_456;
// Less than half of it, whatever else takes memory meanwhile.
const gainBytesMin = 67_108_864;
const grown = small + limits.spareHeapBytesMin;
const busy = { busyShare: 0.9, heapBytes: grown };
const calm = { busyShare: limits.calmBusyShareMax, heapBytes: grown };
const calmSeconds = (sample: BusySample, seconds: number = limits.calmSecondsMin) =>
  Array.from({ length: seconds }, () => sample);

/** The places of the samples at which memory is given back. */
function dueAt(samples: BusySample[]): number[] {
  const isDue = calmAfterBurst();
  return samples.flatMap((sample, place) => (isDue(sample) ? [place] : []));
}

test('memory is given back once a burst, when it has been calm for long enough', () => {
  const start = { busyShare: 0, heapBytes: small };
  const burst = [busy, ...calmSeconds(calm)];
  assert.deepEqual(dueAt([start, ...burst, ...calmSeconds(calm, 60)]), [limits.calmSecondsMin + 1]);
  const after = [{ busyShare: 0, heapBytes: small }];
  assert.deepEqual(dueAt([start, ...burst, ...after, ...burst]).length, 2, 'the next burst counts anew');
});

test('it is not while the process works, after too short a calm, or where little is to be had', () => {
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
  takeAndDrop(droppedBytes);
  const before = getHeapStatistics();
  assert.ok(before.total_heap_size > gainBytesMin * 2, 'there is something to give back');
  await releaseMemory();
  const after = getHeapStatistics();
  assert.ok(before.total_heap_size - after.total_heap_size > gainBytesMin);
  assert.ok(after.total_heap_size < after.used_heap_size + gainBytesMin, 'what is kept is in use');
});

function tickSeconds(t: TestContext, seconds: number): void {
  for (let i = 0; i < seconds; i++) t.mock.timers.tick(1_000);
}

test('the watch gives back when the thread is calm, again when the process is, and ends', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  takeAndDrop(droppedBytes);
  const before = getHeapStatistics().total_heap_size;
  let now: ThreadSample = { threadShare: 0, processShare: 0, heapBytes: small };
  let releases = 0;
  let released = Promise.withResolvers<void>();
  const tell = () => {
    releases++;
    released.resolve();
  };
  const end = watchSpareMemory(
    tell,
    (error) => released.reject(error),
    () => now,
  );
  const pass = (sample: Partial<ThreadSample>, seconds: number) => {
    now = { ...now, ...sample };
    tickSeconds(t, seconds);
  };
  pass({}, 1);
  pass({ threadShare: 0.9, processShare: 1.8, heapBytes: grown }, 3);
  pass({ threadShare: 0, processShare: 0.9 }, limits.calmSecondsMin);
  await released.promise;
  assert.ok(before - getHeapStatistics().total_heap_size > gainBytesMin);
  released = Promise.withResolvers();
  pass({ heapBytes: small }, 1);
  pass({ heapBytes: grown }, 60);
  pass({ processShare: 0 }, limits.calmSecondsMin);
  await released.promise;
  end();
  pass({ threadShare: 0.9, processShare: 0.9 }, 1);
  pass({ threadShare: 0, processShare: 0, heapBytes: grown * 9 }, limits.calmSecondsMin * 2);
  await releaseMemory();
  assert.equal(releases, 2, 'neither between nor after the end');
});
