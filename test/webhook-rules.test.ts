import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { findUrlFault, isPublicAddress } from '../src/webhooks/webhook-address.ts';
import { writeWebhookEvent } from '../src/webhooks/webhook-event.ts';
import { retryAfter } from '../src/webhooks/webhook-schedule.ts';
import { createWebhookSecret, signWebhook } from '../src/webhooks/webhook-signature.ts';

const eventId = '019a5b7e-6f10-7abc-9def-0123456789ab';

test('a delivery is tried ten times within three days, ever less often', () => {
  const delays: number[] = [];
  for (let attempts = 1; ; attempts++) {
    const seconds = retryAfter(attempts, 0.5, null);
    if (seconds === null) break;
    delays.push(seconds);
  }
  assert.equal(delays.length + 1, 10);
  assert.deepEqual(
    delays,
    delays.toSorted((a, b) => a - b),
  );
  const days = delays.reduce((sum, one) => sum + one, 0) / 86_400;
  assert.ok(days > 2.9 && days < 3, `${days} days`);
});

test('retries are spread, and never come sooner than the receiver asked for', () => {
  const number = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      number,
      fc.integer({ min: 0, max: 1_000_000 }),
      (n, random, asked) => {
        const middle = retryAfter(n, 0.5, null)!;
        const seconds = retryAfter(n, random, null)!;
        assert.ok(seconds >= middle * 0.899 && seconds <= middle * 1.101);
        const waited = retryAfter(n, random, asked)!;
        assert.ok(waited >= Math.min(asked, 72_000) && waited <= Math.max(seconds, 72_000));
      },
    ),
  );
  assert.equal(retryAfter(10, 0, 5), null);
});

test('only addresses of the open internet are sent to', () => {
  for (const open of ['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946', '::ffff:8.8.8.8']) {
    assert.ok(isPublicAddress(open, false), open);
  }
  const closed = [
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fc00::1',
    'fd00:ec2::254',
    'fec0::1',
    'ff02::1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '::127.0.0.1',
    'x',
    '',
  ];
  for (const address of closed) assert.ok(!isPublicAddress(address, false), address);
  assert.ok(isPublicAddress('127.0.0.1', true));
  assert.ok(!isPublicAddress('10.0.0.1', true));
});

test('an endpoint is an https address with a full name', () => {
  for (const good of [
    'https://hooks.example.com/a?b=c',
    'https://hooks.example.com:8443/',
    'https://8.8.8.8/',
  ]) {
    assert.equal(findUrlFault(good, false), null, good);
  }
  const bad = [
    'hooks.example.com',
    'http://hooks.example.com',
    'ftp://hooks.example.com',
    'file:///etc/passwd',
    'https://user:password@hooks.example.com',
    'https://hooks.example.com/#x',
    'https://localhost/',
    'https://a.localhost/',
    'https://intranet/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://10.0.0.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://017700000001/',
    'https://169.254.169.254/latest/meta-data',
    '',
  ];
  for (const url of bad) assert.match(findUrlFault(url, false) ?? '', /\.$/, url);
  assert.equal(findUrlFault('http://127.0.0.1:8080/', true), null);
  assert.equal(findUrlFault('http://localhost:8080/', true), null);
  assert.ok(findUrlFault('http://10.0.0.1/', true));
});

test('a delivery is signed as the specification says, with each secret', () => {
  const { payload } = writeWebhookEvent(eventId, 'sale.paid', new Date('2026-11-24T16:00:00Z'), {
    transaction_id: eventId,
  });
  assert.deepEqual(JSON.parse(payload), {
    type: 'sale.paid',
    timestamp: '2026-11-24T16:00:00.000Z',
    data: { transaction_id: eventId },
  });
  const secrets = [createWebhookSecret(), createWebhookSecret()];
  const headers = signWebhook(eventId, new Date(1_795_536_000_999), payload, secrets);
  assert.equal(headers['webhook-id'], `evt_${eventId}`);
  assert.equal(headers['webhook-timestamp'], '1795536000');
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    assert.equal(key.length, 32);
    return `v1,${createHmac('sha256', key).update(`evt_${eventId}.1795536000.${payload}`).digest('base64')}`;
  });
  assert.equal(headers['webhook-signature'], expected.join(' '));
});
