import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid } from '../src/base/ids.ts';
import { digestBody, digestKey } from '../src/checkout/idempotency.ts';

test('a body has one digest, whatever the order of its properties', () => {
  const one = { hold_token: 'x', customer: { name: 'Ana', email: 'a@b.c' }, seats: [1, 2] };
  const other = { seats: [1, 2], customer: { email: 'a@b.c', name: 'Ana' }, hold_token: 'x' };
  assert.equal(digestBody(one), digestBody(other));
  assert.ok(isUuid(digestBody(one)));
});

test('another value, another order of a list, or another nesting is another body', () => {
  const digests = [{ a: [1, 2] }, { a: [2, 1] }, { a: ['1', 2] }, { a: { b: 1 } }, { a: null }, {}].map(
    digestBody,
  );
  assert.equal(new Set(digests).size, digests.length);
});

test('the same key of another caller or for another route is another key', () => {
  const digests = [
    digestKey('a', '/x', 'k'),
    digestKey('b', '/x', 'k'),
    digestKey('a', '/y', 'k'),
    digestKey('a', '/x', 'l'),
  ];
  assert.equal(new Set(digests).size, 4);
});
