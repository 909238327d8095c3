import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bounceReason, findFailure, readDeliveryStatuses } from '../src/notifications/delivery-status.ts';
import { messageKinds } from '../src/notifications/message-kind.ts';
import { formatReturnPath, parseReturnPath } from '../src/notifications/return-path.ts';

const paths = { domain: 'bounces.example.com', secret: 'a secret of tests, of at least 32 characters' };
const anyKey = fc.record({
  tenantId: fc.integer({ min: 1, max: 2_147_483_647 }),
  transactionId: fc.uuid(),
  kind: fc.constantFrom(...messageKinds),
  occasionNo: fc.integer({ min: 1, max: 32_767 }),
});

test('the address of a mail names it, however servers spell it, and fits into one', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      const address = formatReturnPath(paths, key);
      assert.ok(address.indexOf('@') <= 64);
      for (const spelled of [address, address.toUpperCase()]) {
        assert.deepEqual(parseReturnPath(paths, spelled), { ...key, channel: 'email' });
      }
    }),
  );
});

test('an address that we never gave names nothing', () => {
  const key = {
    tenantId: 1,
    transactionId: '019a5b7e-6f10-7abc-9def-0123456789ab',
    kind: 'tickets',
    occasionNo: 1,
  } as const;
  const address = formatReturnPath(paths, key);
  const next = (char: string) => (char === 'a' ? 'b' : 'a');
  for (let i = 2; i < 55; i++) {
    assert.equal(
      parseReturnPath(paths, address.slice(0, i) + next(address[i]!) + address.slice(i + 1)),
      null,
    );
  }
  for (const wrong of [
    '',
    'postmaster@bounces.example.com',
    address.replace('bounces', 'bounce'),
    `x${address}`,
  ]) {
    assert.equal(parseReturnPath(paths, wrong), null, wrong);
  }
  assert.equal(parseReturnPath({ ...paths, secret: `${paths.secret}2` }, address), null);
});

const report = (fields: string) =>
  `Reporting-MTA: dns; mx.example.net\r\nArrival-Date: Tue, 24 Nov 2026 18:00:00 +0000\r\n\r\n${fields}\r\n`;

test('a notice is read by the fields of its recipients, and said in words', () => {
  const [status] = readDeliveryStatuses(
    report(
      'Final-Recipient: rfc822; ana@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n' +
        'Diagnostic-Code: smtp; 550 5.1.1 <ana@example.net>:\r\n Recipient address rejected: User unknown',
    ),
  );
  assert.deepEqual(status, {
    action: 'failed',
    status: '5.1.1',
    diagnostic: '550 5.1.1 <ana@example.net>: Recipient address rejected: User unknown',
  });
  assert.equal(
    bounceReason(status),
    'There is no such mailbox. Its server says: 550 5.1.1 <ana@example.net>: Recipient address rejected: User unknown',
  );
  for (const [code, words] of [
    ['4.4.7', /could not be reached for days/],
    ['5.2.2', /mailbox is full/],
    ['5.7.26', /refuses it by its rules/],
    ['5.4.4', /domain of the address takes no mail/],
    ['5.9.9', /^The mail came back\. Its server says: 5\.9\.9$/],
  ] as const) {
    assert.match(bounceReason({ action: 'failed', status: code, diagnostic: '' }), words);
  }
  assert.equal(bounceReason({ action: 'failed', status: '', diagnostic: '' }), 'The mail came back.');
});

test('only what has failed is a failure: one that is late may still arrive', () => {
  const read = (fields: string) => findFailure(readDeliveryStatuses(report(fields)));
  assert.equal(read('Final-Recipient: rfc822; a@b.c\nAction: delayed\nStatus: 4.4.1\n'), null);
  assert.equal(read('Action: relayed\nStatus: 2.0.0'), null);
  assert.equal(read('Action: delayed\nStatus: 4.4.1\n\nAction: FAILED\nStatus: 5.0.0')?.status, '5.0.0');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
      for (const one of readDeliveryStatuses(`${text}\n\nAction: failed\nDiagnostic-Code: x; ${text}`)) {
        assert.doesNotMatch(bounceReason(one), /\p{Cc}/u);
      }
    }),
  );
});
