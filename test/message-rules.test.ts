import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { messageChannels, messageKinds } from '../src/notifications/message-kind.ts';
import { formatMessageReference, parseMessageReference } from '../src/notifications/message-reference.ts';
import { messageStateAfter, messageStates } from '../src/notifications/message-state.ts';
import { isHubSignature } from '../src/notifications/meta-signature.ts';
import { readMetaStatuses } from '../src/notifications/meta-status.ts';
import { toE164 } from '../src/notifications/phone-number.ts';
import { twilioReason, twilioState } from '../src/notifications/twilio-answer.ts';
import { isTwilioSignature } from '../src/notifications/twilio-signature.ts';

const transactionId = '019a5b7e-6f10-7abc-9def-0123456789ab';

test('a reference names one message and is read back; whatever else is none', () => {
  const key = fc.record({
    tenantId: fc.integer({ min: 1, max: 2_147_483_647 }),
    transactionId: fc.constant(transactionId),
    channel: fc.constantFrom(...messageChannels),
    kind: fc.constantFrom(...messageKinds),
    occasionNo: fc.integer({ min: 1, max: 32_767 }),
  });
  fc.assert(
    fc.property(key, (one) =>
      assert.deepEqual(parseMessageReference(formatMessageReference(one)), { ...one }),
    ),
  );
  const good = `1.${transactionId}.sms.tickets.1`;
  assert.ok(parseMessageReference(good));
  for (const bad of [
    '',
    `${good}.1`,
    good.replace('sms', 'fax'),
    good.replace('tickets', 'toString'),
    `0${good}`,
    good.replace(/1$/, '0'),
    good.replace(/1$/, '32768'),
    good.toUpperCase(),
    `9999999999.${transactionId}.sms.tickets.1`,
  ]) {
    assert.equal(parseMessageReference(bad), null, bad);
  }
});

test('whatever is told in whatever order, a message ends in the same state and never goes back', () => {
  const told = fc.array(fc.constantFrom(...messageStates), { maxLength: 8 });
  fc.assert(
    fc.property(told, fc.infiniteStream(fc.nat()), (states, numbers) => {
      const shuffled = states
        .map((state) => ({ state, at: numbers.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ state }) => state);
      const fold = (list: typeof states) => list.reduce(messageStateAfter, 'sending');
      // 'failed' and 'skipped' are ours and both final: the one that was there first stays.
      if (!(states.includes('failed') && states.includes('skipped')))
        assert.equal(fold(shuffled), fold(states));
      const end = fold(states);
      assert.equal(messageStateAfter(end, 'queued'), end);
      assert.equal(fold([...states, ...shuffled]), end, 'told twice');
    }),
  );
});

test("Twilio's signature is the one of its documentation", () => {
  const form = new URLSearchParams({
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675309',
    Digits: '1234',
    From: '+14158675309',
    To: '+18005551212',
  });
  const signature = 'RSOYDt4T1cUTdK1PDd93/VVr8B8=';
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  assert.ok(isTwilioSignature('12345', url, form, signature));
  assert.ok(!isTwilioSignature('12345', `${url}3`, form, signature));
  const repeated = new URLSearchParams('Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234');
  assert.ok(isTwilioSignature('12345', url, repeated, 'IK+Dwps556ElfBT0I3Rgjkr1wJU='));
  assert.ok(!isTwilioSignature('12345', url, form, undefined));
  assert.ok(!isTwilioSignature('12345', url, form, 'x'));
});

test("Meta's signature is the one of the hub's documentation", () => {
  const body = Buffer.from('Hello, World!');
  const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  assert.ok(isHubSignature("It's a Secret to Everybody", body, signature));
  assert.ok(!isHubSignature("It's a Secret to Everybody", Buffer.from('Hello, World?'), signature));
  assert.ok(!isHubSignature("It's a Secret to Everybody", body, undefined));
  assert.ok(!isHubSignature("It's a Secret to Everybody", body, 'sha256=00'));
});

test('a notice of any shape is read without a fault', () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => assert.deepEqual(readMetaStatuses(json), [])));
  for (const json of [
    { entry: [null, 1, { changes: [null, { value: { statuses: [null, {}] } }] }] },
    { entry: {} },
  ]) {
    assert.deepEqual(readMetaStatuses(json), []);
  }
});

test('statuses that we do not know mean nothing', () => {
  assert.equal(twilioState('constructor'), null);
  assert.equal(twilioState('undelivered'), 'bounced');
  assert.match(twilioReason(39_999, 'Something new'), /Something new \(error 39999\)/);
});

test('numbers are read as people of the seller write them', () => {
  const written: [string, string, string | null][] = [
    ['0412-555.00.00', 'VE', '+584125550000'],
    ['+58 412 5550000', 'ES', '+584125550000'],
    ['0058 412 5550000', 'ES', '+584125550000'],
    ['600 123 456', 'ES', '+34600123456'],
    ['(212) 555-0100', 'US', '+12125550100'],
    ['123', 'VE', null],
    ['call me at +58 412 5550000', 'VE', null],
    ['600 123 456', 'XX', null],
    ['', 'VE', null],
  ];
  for (const [text, country, expected] of written) assert.equal(toE164(text, country), expected, text);
});
