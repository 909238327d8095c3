import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../src/base/errors.ts';
import { again, GroupLane, GroupLanes, type GroupLaneOptions } from '../src/base/group-lane.ts';

type Options = GroupLaneOptions<number, string>;

const defaults: Options = {
  run: async (requests) => requests.map(String),
  isPassing: () => false,
  groupMax: 4,
  queueMax: 100,
  retrySecondsMax: 0.2,
};

const laneOf = (changes: Partial<Options>) => new GroupLane<number, string>({ ...defaults, ...changes });

test('what arrives while a group is in flight forms the next one, up to its limit', async () => {
  const started = Promise.withResolvers<void>();
  const groups: number[][] = [];
  const lane = laneOf({
    run: async (requests) => {
      groups.push(requests);
      started.resolve();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return requests.map(String);
    },
  });
  const first = lane.submit(0);
  await started.promise;
  const rest = [1, 2, 3, 4, 5].map((n) => lane.submit(n));
  assert.deepEqual(await Promise.all([first, ...rest]), ['0', '1', '2', '3', '4', '5']);
  assert.deepEqual(groups, [[0], [1, 2, 3, 4], [5]]);
});

test('a group is answered when the next one is on its way', async () => {
  const log: string[] = [];
  const lane = laneOf({
    run: async (requests) => {
      log.push(`sent ${requests.join()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return requests.map(String);
    },
    groupMax: 1,
  });
  await Promise.all([1, 2].map(async (n) => log.push(`answered ${await lane.submit(n)}`)));
  assert.deepEqual(log, ['sent 1', 'sent 2', 'answered 1', 'answered 2']);
});

test('whoever must come again goes first into the next group', async () => {
  const groups: number[][] = [];
  const lane = laneOf({
    run: async (requests) => {
      groups.push(requests);
      return requests.map((n) => (n === 2 && groups.length === 1 ? again : String(n)));
    },
  });
  await Promise.all([1, 2, 3, 4, 5].map((n) => lane.submit(n)));
  assert.deepEqual(groups, [
    [1, 2, 3, 4],
    [2, 5],
  ]);
});

test('a group that fails is split until the culprit stands alone', async () => {
  const lane = laneOf({
    run: async (requests) => {
      if (requests.includes(3)) throw new Error('bad row');
      return requests.map(String);
    },
  });
  const results = await Promise.allSettled([1, 2, 3, 4].map((n) => lane.submit(n)));
  assert.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
});

test('an error that passes is waited out, and the same group is sent again', async () => {
  let failures = 2;
  const groups: number[][] = [];
  const lane = laneOf({
    isPassing: () => true,
    retrySecondsMax: 60,
    run: async (requests) => {
      groups.push(requests);
      if (failures-- > 0) throw new Error('connection lost');
      return requests.map(String);
    },
  });
  assert.deepEqual(await Promise.all([lane.submit(1), lane.submit(2)]), ['1', '2']);
  assert.deepEqual(groups, [
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
});

test('when the database stays away everybody is told so, and the lane goes on', async () => {
  let down = true;
  const lane = laneOf({
    isPassing: () => true,
    run: async (requests) => {
      if (down) throw new Error('connection lost');
      return requests.map(String);
    },
  });
  const isUnavailable = (error: unknown) =>
    error instanceof Problem && error.code === 'unavailable' && error.retryAfterSeconds === 5;
  await Promise.all([1, 2].map((n) => assert.rejects(lane.submit(n), isUnavailable)));
  down = false;
  assert.equal(await lane.submit(3), '3');
});

test('beyond the limit of its queue a lane refuses at once', async () => {
  const lane = laneOf({ queueMax: 2 });
  const accepted = [lane.submit(1), lane.submit(2)];
  await assert.rejects(lane.submit(3), (error) => error instanceof Problem && error.code === 'overloaded');
  assert.deepEqual(await Promise.all(accepted), ['1', '2']);
});

/** A lane whose one group stays in flight until it is let go, and whose clock stands still until it is moved. */
function stalledLane(changes: Partial<Options> = {}) {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const clock = { now: 0 };
  const lane = laneOf({
    waitSecondsMax: 2,
    now: () => clock.now,
    async run(requests) {
      started.resolve();
      await gate.promise;
      return requests.map(String);
    },
    ...changes,
  });
  return { lane, clock, started: started.promise, letGo: () => gate.resolve() };
}

const isOverloaded = (error: unknown) =>
  error instanceof Problem && error.code === 'overloaded' && error.retryAfterSeconds === 1;

test('a queue takes as many groups as are served in time at the pace of the one in flight', async () => {
  const { lane, clock, started, letGo } = stalledLane();
  const first = lane.submit(0);
  await started;
  clock.now = 500;
  // Four groups of four in two seconds, and not one more.
  const rest = Array.from({ length: 16 }, (_, i) => lane.submit(i + 1));
  await assert.rejects(lane.submit(17), isOverloaded);
  assert.equal(lane.waiting, 16);
  letGo();
  assert.equal((await Promise.all([first, ...rest])).length, 17);
});

test('nobody is made to wait behind a group that does not end', async () => {
  const { lane, clock, started, letGo } = stalledLane();
  const first = lane.submit(0);
  await started;
  clock.now = 1_999;
  const second = lane.submit(1);
  clock.now = 2_000;
  await assert.rejects(lane.submit(2), isOverloaded);
  letGo();
  assert.deepEqual(await Promise.all([first, second]), ['0', '1']);
});

test('whoever has waited too long is refused while the group in flight goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { lane, clock, started, letGo } = stalledLane();
  const first = lane.submit(0);
  await started;
  const early = assert.rejects(lane.submit(1), isOverloaded);
  clock.now = 1_000;
  const late = lane.submit(2);
  clock.now = 2_000;
  t.mock.timers.tick(250);
  await early;
  assert.equal(lane.waiting, 1);
  letGo();
  assert.deepEqual(await Promise.all([first, late]), ['0', '2']);
});

test('while the database is away those who wait have as long as a group is sent again', async () => {
  let away = true;
  const clock = { now: 0 };
  const failed = Promise.withResolvers<void>();
  const lane = laneOf({
    waitSecondsMax: 2,
    retrySecondsMax: 30,
    now: () => clock.now,
    isPassing: () => true,
    isAway: () => true,
    async run(requests) {
      if (!away) return requests.map(String);
      failed.resolve();
      throw new Error('connection lost');
    },
  });
  const first = lane.submit(1);
  await failed.promise;
  await new Promise((resolve) => setImmediate(resolve));
  const second = lane.submit(2);
  clock.now = 5_000;
  const third = lane.submit(3);
  away = false;
  assert.deepEqual(await Promise.all([first, second, third]), ['1', '2', '3']);
});

test('lanes share a limit, so that many of them do not fill the memory', async () => {
  const lanes = new GroupLanes<string, number, string>(() => defaults, 3);
  const accepted = [lanes.submit('a', 1), lanes.submit('b', 2), lanes.submit('c', 3)];
  await assert.rejects(lanes.submit('d', 4), isOverloaded);
  assert.equal(lanes.waiting, 3);
  assert.deepEqual(await Promise.all(accepted), ['1', '2', '3']);
  assert.equal(lanes.waiting, 0);
});

test('lanes of different keys run beside each other and are forgotten when idle', async () => {
  const running = new Set<string>();
  let most = 0;
  const lanes = new GroupLanes<string, number, string>((key) => ({
    ...defaults,
    run: async (requests) => {
      running.add(key);
      most = Math.max(most, running.size);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running.delete(key);
      return requests.map(String);
    },
  }));
  await Promise.all([lanes.submit('a', 1), lanes.submit('b', 2), lanes.submit('a', 3)]);
  assert.equal(most, 2);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(lanes.idle);
});
