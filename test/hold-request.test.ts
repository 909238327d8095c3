import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../src/base/errors.ts';
import { resolveHoldRequest, type HoldBody } from '../src/holds/hold-request.ts';
import { sampleEvent } from './support/sample-event.ts';

// Event 1-3 of seller 1, with two seats in zone 1 and standing places in zone 2.
const event = sampleEvent({
  seats: [1, 2].map((position) => ({ zoneNo: 1, rowNo: 1, position, x: position, y: 0 })),
  zones: [
    { zoneNo: 1, name: 'Platea', kind: 'numbered', price: null, capacity: 2 },
    { zoneNo: 2, name: 'De pie', kind: 'general', price: 1_000, capacity: 100 },
  ],
});

function refusal(body: Partial<HoldBody>): {
  code: string;
  path: string | undefined;
  reason: string | undefined;
} {
  try {
    resolveHoldRequest(event, { event_id: '1-3', ...body });
  } catch (error) {
    assert.ok(error instanceof Problem);
    return { code: error.code, path: error.errors?.[0]?.path, reason: error.errors?.[0]?.code };
  }
  assert.fail('the request was accepted');
}

test('seats and zones become numbers of the event', () => {
  const cart = resolveHoldRequest(event, {
    event_id: '1-3',
    seats: ['1-3-s2'],
    zones: [{ zone_id: '1-3-z2', quantity: 3 }],
  });
  assert.deepEqual(cart, { seatNos: [2], zones: [{ zoneNo: 2, quantity: 3 }] });
});

test('what is of nobody or of another seller is not found', () => {
  assert.deepEqual(refusal({ seats: ['1-3-s3'] }), {
    code: 'seat_not_found',
    path: '/seats/0',
    reason: 'seat_not_found',
  });
  assert.deepEqual(refusal({ seats: ['1-3-s1', '2-3-s1'] }), {
    code: 'seat_not_found',
    path: '/seats/1',
    reason: 'seat_not_found',
  });
  assert.deepEqual(refusal({ seats: ['nonsense'] }), {
    code: 'seat_not_found',
    path: '/seats/0',
    reason: 'seat_not_found',
  });
  const zone = { code: 'zone_not_found', path: '/zones/0/zone_id', reason: 'zone_not_found' };
  assert.deepEqual(refusal({ zones: [{ zone_id: '1-3-z3', quantity: 1 }] }), zone);
  assert.deepEqual(refusal({ zones: [{ zone_id: '2-3-z2', quantity: 1 }] }), zone);
});

test('seats of two events in one cart are refused as such', () => {
  assert.deepEqual(refusal({ seats: ['1-3-s1', '1-4-s1'] }), {
    code: 'body_invalid',
    path: '/seats/1',
    reason: 'other_event',
  });
});

test('a cart is neither empty, nor has anything twice, nor more places than the limit', () => {
  assert.equal(refusal({}).reason, 'empty');
  assert.equal(refusal({ seats: [] }).reason, 'empty');
  assert.deepEqual(refusal({ seats: ['1-3-s1', '1-3-s1'] }), {
    code: 'body_invalid',
    path: '/seats/1',
    reason: 'duplicate',
  });
  assert.equal(
    refusal({ seats: ['1-3-s1'], zones: [{ zone_id: '1-3-z2', quantity: 50 }] }).reason,
    'too_many_places',
  );
});

test('numbered seats are not bought by the number, nor best available beside a cart', () => {
  assert.equal(refusal({ zones: [{ zone_id: '1-3-z1', quantity: 1 }] }).reason, 'zone_numbered');
  assert.equal(refusal({ seats: ['1-3-s1'], best_available: { quantity: 1 } }).reason, 'exclusive');
});
