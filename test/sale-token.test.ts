import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { uuidv7 } from '../src/base/ids.ts';
import { openSale, openShortCode, saleToken, shortCode } from '../src/orders/sale-token.ts';

const secret = 'a secret of tests, of at least 32 characters';

test('token and short code open their sale, and no other', () => {
  const tenant = fc.integer({ min: 1, max: 2_147_483_647 });
  fc.assert(
    fc.property(tenant, fc.integer({ min: 0, max: 2 ** 47 }), (tenantId, at) => {
      const key = { tenantId, transactionId: uuidv7(at) };
      const code = shortCode(secret, tenantId, key.transactionId);
      assert.match(code, /^\d+\.[\w-]{46}$/);
      assert.deepEqual(openShortCode(secret, code), key);
      assert.deepEqual(
        openSale(secret, key.transactionId, saleToken(secret, tenantId, key.transactionId)),
        key,
      );
      assert.equal(openShortCode(`${secret}.`, code), null);
      assert.equal(
        openShortCode(
          secret,
          code.replace(/^\d+/, (n) => String((Number(n) % 2_147_483_646) + 1)),
        ),
        null,
      );
    }),
  );
});

test('a code with any character changed opens nothing', () => {
  const code = shortCode(secret, 1, '019a5b7e-6f10-7abc-9def-0123456789ab');
  for (let i = 2; i < code.length - 1; i++) {
    const changed = code.slice(0, i) + (code[i] === 'A' ? 'B' : 'A') + code.slice(i + 1);
    assert.equal(openShortCode(secret, changed), null, changed);
  }
  for (const bad of [
    '',
    '1.',
    code.slice(0, -1),
    `${code}A`,
    `0${code}`,
    code.replace('1.', '99999999999.'),
  ]) {
    assert.equal(openShortCode(secret, bad), null, bad);
  }
});
