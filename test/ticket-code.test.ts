import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import encodeQR from 'qr';
import {
  formatTicketCode,
  readPrivateKey,
  readPublicKey,
  signTicket,
  verifyTicket,
  type TicketClaims,
} from '../src/admission/ticket-code.ts';
import { decodeBase32, encodeBase32 } from '../src/base/base32.ts';

const pair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
});
const privateKey = readPrivateKey(pair.privateKey);
const publicKey = readPublicKey(pair.publicKey);
const claims: TicketClaims = {
  tenantId: 1,
  eventId: 3,
  transactionId: '019a5b7e-6f10-7abc-9def-0123456789ab',
  itemNo: 2,
  keyId: 1,
  generation: 1,
};
const findKey = (tenantId: number, keyId: number) => (tenantId === 1 && keyId === 1 ? publicKey : undefined);
const code = formatTicketCode(claims, signTicket(claims, privateKey));

test('a ticket code verifies with the public key alone and says what was signed', () => {
  assert.deepEqual(verifyTicket(code, findKey), { valid: true, claims });
  const ids = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  const smallIds = fc.integer({ min: 1, max: 32_767 });
  const anyClaims = fc.record(
    {
      tenantId: ids,
      eventId: ids,
      transactionId: fc.uuid(),
      itemNo: smallIds,
      keyId: smallIds,
      generation: fc.integer({ min: 1, max: 255 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(anyClaims, (some) => {
      const verdict = verifyTicket(formatTicketCode(some, signTicket(some, privateKey)), () => publicKey);
      assert.deepEqual(verdict, { valid: true, claims: some });
    }),
  );
});

test('of 10,000 mutations of a code none verifies', () => {
  const chars = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdefghijklmnopqrstuvwxyz0189-_ ';
  const random = (below: number) => Math.floor(Math.random() * below);
  for (let i = 0; i < 10_000; i++) {
    let mutated = code;
    while (mutated === code) {
      const at = random(code.length);
      const char = chars[random(chars.length)]!;
      const kinds = [
        code.slice(0, at) + char + code.slice(at + 1),
        code.slice(0, at) + code.slice(at + 1),
        code.slice(0, at) + char + code.slice(at),
        code.slice(0, at) + code.slice(at).toLowerCase(),
        code.slice(0, at) + (code[at + 1] ?? '') + code[at] + code.slice(at + 2),
      ];
      mutated = kinds[random(kinds.length)]!;
    }
    const verdict = verifyTicket(mutated, () => publicKey);
    assert.equal(verdict.valid, false, `${mutated} verifies`);
  }
});

test('each single bit of a code is protected', () => {
  const bytes = decodeBase32(code.slice(3))!;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(verifyTicket(`TQ-${encodeBase32(flipped)}`, () => publicKey).valid, false, `bit ${bit}`);
  }
});

test('a code of a key that the seller does not have is told from a forged one', () => {
  const other = { ...claims, keyId: 2 };
  assert.deepEqual(verifyTicket(formatTicketCode(other, signTicket(other, privateKey)), findKey), {
    valid: false,
    reason: 'unknown_key',
  });
  const signature = signTicket(other, privateKey);
  assert.deepEqual(verifyTicket(formatTicketCode(claims, signature), findKey), {
    valid: false,
    reason: 'forged',
  });
});

test('a code fits a QR code of version 6 at level M', () => {
  const modules = encodeQR(code, 'raw', { ecc: 'medium', border: 1 }).length - 2;
  assert.equal((modules - 17) / 4, 6);
});

test('base32 has one spelling for each value', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.deepEqual(decodeBase32(encodeBase32(bytes)), Buffer.from(bytes));
    }),
  );
  assert.equal(decodeBase32('AAB'), null, 'left-over bits are zero');
  assert.equal(decodeBase32('A'), null, 'one character is no byte');
  assert.equal(decodeBase32('aa'), null, 'lower case is another text');
});
