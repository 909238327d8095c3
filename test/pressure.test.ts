import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPressureCell, openPressure } from '../src/fulfilment/pressure.ts';

/** Two threads over one cell; the worker's time is what the test says. */
function openBoth() {
  const cell = createPressureCell();
  const state = { now: 0, used: 0, rests: [] as number[] };
  const time = {
    now: () => state.now,
    used: () => state.used,
    rest: async (milliseconds: number) => void state.rests.push(milliseconds),
  };
  return { state, server: openPressure(cell, time), worker: openPressure(cell, time) };
}

test('without pressure the worker rests no longer than a turn of its loop', async () => {
  const { state, server, worker } = openBoth();
  server.note(15);
  state.used = 40;
  await worker.turn();
  assert.deepEqual(state.rests, [0]);
});

test('under pressure the worker takes a tenth of a processor, however many pieces are under way', async () => {
  const { state, server, worker } = openBoth();
  server.note(16);
  const piece = async (milliseconds: number) => {
    await worker.turn();
    state.used += milliseconds;
  };
  await Promise.all([piece(10), piece(20), piece(0)]);
  assert.deepEqual(state.rests, [0, 90, 180]);
});

test('a rest has an end, and pressure passes', async () => {
  const { state, server, worker } = openBoth();
  server.note(512);
  state.used = 500;
  await worker.turn();
  state.now = 201;
  state.used = 600;
  await worker.turn();
  assert.deepEqual(state.rests, [1_000, 0]);
});
