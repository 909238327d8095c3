import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressKey } from '../src/identity/attempt.ts';
import { refuseSecrets } from '../src/identity/audit-log.ts';
import { toProblem } from '../src/identity/auth.ts';
import { invitationMail } from '../src/identity/invitation-mail.ts';
import { decideAcceptance } from '../src/identity/invitation.ts';
import {
  hashSecret,
  makeEnrolmentCode,
  makeToken,
  parseEnrolmentCode,
  parseToken,
} from '../src/identity/secret-token.ts';
import type { Problem } from '../src/base/errors.ts';

test('a token says whose it is, and is looked for by its hash', () => {
  const token = makeToken('live', 12);
  assert.match(token.text, /^tq_live_12_[\w-]{43}$/);
  assert.deepEqual(parseToken(token.text), { kind: 'live', tenantId: 12, hash: token.hash });
  assert.notEqual(makeToken('live', 12).text, token.text);
  for (const text of [
    '',
    'tq_live_12',
    token.text.slice(0, -1),
    `${token.text}A`,
    token.text.replace('12', '01'),
  ])
    assert.equal(parseToken(text), null, text);
  assert.equal(parseToken(token.text.replace('_12_', '_9999999999_')), null);
});

test('a code is read as people type it', () => {
  const code = makeEnrolmentCode(1, 24);
  assert.match(code.text, /^1-24-[0-9A-HJKMNP-TV-Z]{6}$/);
  const key = { tenantId: 1, deviceNo: 24, hash: code.hash };
  assert.deepEqual(parseEnrolmentCode(code.text), key);
  assert.deepEqual(parseEnrolmentCode(` ${code.text.toLowerCase().replaceAll('-', ' - ')} `), key);
  assert.deepEqual(parseEnrolmentCode('i-2-oolab7')?.hash, hashSecret('1-2-001AB7'));
  for (const text of ['', '1-24', '1-24-ABC', '0-1-ABCDEF', '9999999999-1-ABCDEF', '1-24-ABCDEFG'])
    assert.equal(parseEnrolmentCode(text), null, text);
});

test('addresses of one network count as one', () => {
  assert.equal(addressKey('192.0.2.7'), '192.0.2.7');
  assert.equal(addressKey('2001:db8::1'), '2001:db8:0:0');
  assert.equal(addressKey('2001:DB8:0:0:ffff::9'), '2001:db8:0:0');
  assert.equal(addressKey('::1'), '0:0:0:0');
  assert.equal(addressKey('fe80::'), 'fe80:0:0:0');
  assert.equal(addressKey('::ffff:192.0.2.7'), '::ffff:192.0.2.7');
});

test('a fact with the name of a secret does not get into the log', () => {
  refuseSecrets({ role: 'owner', expires_at: 'x' });
  for (const name of ['password', 'token_hash', 'client_secret', 'enrolment_code'])
    assert.throws(() => refuseSecrets({ [name]: 'x' }), new RegExp(name));
});

test('what the library refuses and we do not know is a fault, not an answer', () => {
  assert.equal(toProblem(400, 'SOMETHING_NEW', 1), null);
  assert.equal(toProblem(500, '', 1), null);
  assert.equal(toProblem(401, 'SOMETHING_NEW', 1)?.code, 'unauthenticated');
  assert.equal(toProblem(429, '', 7)?.retryAfterSeconds, 7);
});

test('a link gives a new person a password, and never somebody who has one', () => {
  const password = 'a long password';
  assert.deepEqual(decideAcceptance(false, { name: 'Ana', password }, null), {
    isNew: true,
    name: 'Ana',
    password,
  });
  assert.deepEqual(decideAcceptance(false, { password }, 'Luis'), { isNew: true, name: 'Luis', password });
  assert.deepEqual(decideAcceptance(true, {}, 'Luis'), { isNew: false });
  const paths = (accept: () => unknown) => {
    try {
      accept();
    } catch (error) {
      return (error as Problem).errors?.map((one) => `${one.path} ${one.code}`);
    }
    return [];
  };
  assert.deepEqual(
    paths(() => decideAcceptance(true, { password }, null)),
    ['/password not_allowed'],
  );
  assert.deepEqual(
    paths(() => decideAcceptance(false, {}, null)),
    ['/name missing', '/password missing'],
  );
});

test('the mail of an invitation is in both languages, and a hostile name stays text', () => {
  const mail = invitationMail(
    {
      invitationId: '019a',
      email: 'ana@example.com',
      name: null,
      role: 'cashier',
      sellerName: '<b>Teatro</b>\r\nBcc: x@example.com',
      token: 'tq_invite_1_abc',
      date: new Date(0),
      expiresAt: new Date('2026-11-27T10:00:00Z'),
    },
    { address: 'tickets@example.com', publicUrl: 'https://tickets.example' },
  );
  assert.match(mail.text, /le invita a trabajar en Taquilla \(caja\)/);
  assert.match(mail.text, /invites you to work in Taquilla \(cashier\)/);
  assert.match(mail.text, /^https:\/\/tickets\.example\/console\/invitation#tq_invite_1_abc$/m);
  assert.doesNotMatch(mail.subject, /[\r\n]/);
  assert.match(mail.html, /&lt;b&gt;Teatro/);
  assert.equal(mail.messageId, '<invitation.019a@example.com>');
});
