import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createWebhookSender, type WebhookSenderOptions } from '../src/webhooks/webhook-sender.adapter.ts';
import { startWebhookReceiver } from './support/fakes/webhook-receiver.ts';

let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>;

before(async () => {
  receiver = await startWebhookReceiver();
});
after(() => receiver.stop());
beforeEach(() => {
  receiver.log.length = 0;
});

async function send(url: string, options: Partial<WebhookSenderOptions> = {}) {
  const sender = createWebhookSender({ loopbackAllowed: true, ...options });
  try {
    return await sender.send({ url, headers: { 'webhook-id': 'evt_1' }, payload: '{"type":"x"}' });
  } finally {
    await sender.close();
  }
}

test('an event arrives as it was signed, and the answer is kept', async () => {
  receiver.next({ status: 202, body: 'thank you', headers: { 'retry-after': '7' } });
  const answer = await send(`${receiver.url}/hooks?key=1`);
  assert.deepEqual(answer, { status: 202, reason: null, body: 'thank you', retryAfterSeconds: 7 });
  const [request] = receiver.log;
  assert.equal(request?.method, 'POST');
  assert.equal(request.path, '/hooks?key=1');
  assert.equal(request.headers['webhook-id'], 'evt_1');
  assert.equal(request.headers['content-type'], 'application/json');
  assert.equal(request.body.toString(), '{"type":"x"}');
});

test('a redirect is not followed', async () => {
  receiver.next({ status: 302, headers: { location: `${receiver.url}/elsewhere` } });
  assert.equal((await send(receiver.url)).status, 302);
  assert.equal(receiver.log.length, 1);
});

test('a receiver that is slow or never answers is left after the time limit', async () => {
  for (const mode of ['hang', { slowMilliseconds: 60_000 }] as const) {
    receiver.next(mode);
    const { status, reason } = await send(receiver.url, { timeoutSeconds: 0.3 });
    assert.equal(status, null);
    assert.equal(reason, 'No answer within 0.3 s.');
  }
});

test('an answer without end is read to its limit and no further', async () => {
  receiver.next('drip');
  const { status, body } = await send(receiver.url);
  assert.equal(status, 200);
  assert.equal(body.length, 1_024);
});

test('nobody there is a reason in words', async () => {
  const { status, reason } = await send('http://127.0.0.1:1/');
  assert.equal(status, null);
  assert.equal(reason, 'The receiver cannot be reached: ECONNREFUSED.');
});

test('what may not be sent to is not connected to', async () => {
  const port = new URL(receiver.url).port;
  for (const url of [
    receiver.url,
    `http://localhost:${port}/`,
    `https://127.0.0.1:${port}/`,
    `https://localhost:${port}/`,
    `https://[::ffff:127.0.0.1]:${port}/`,
    `https://2130706433:${port}/`,
  ]) {
    const { status, reason } = await send(url, { loopbackAllowed: false });
    assert.equal(status, null);
    assert.match(reason ?? '', /^Not sent: /, url);
  }
  assert.equal(receiver.log.length, 0);
});

test('a name is looked up once, every address of it is looked at, and the connection goes to those', async () => {
  const port = new URL(receiver.url).port;
  const url = `http://hooks.example.com:${port}/`;
  const names: string[] = [];
  const resolveTo = (...addresses: string[]) => ({
    resolve: async (hostname: string) => {
      names.push(hostname);
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });
  const sent = await send(url, resolveTo('127.0.0.1'));
  assert.equal(sent.status, 200);
  assert.deepEqual(names, ['hooks.example.com']);
  assert.equal(receiver.log[0]?.headers.host, `hooks.example.com:${port}`);
  for (const inner of ['10.0.0.1', '169.254.169.254', 'fd00::1', '::ffff:192.168.0.1']) {
    const refused = await send(url, resolveTo('127.0.0.1', inner));
    assert.equal(refused.status, null);
    assert.equal(
      refused.reason,
      `Not sent: hooks.example.com leads to ${inner}, which is not of the open internet.`,
    );
  }
  const nowhere = await send(url, resolveTo());
  assert.match(nowhere.reason ?? '', /leads nowhere/);
  assert.equal(receiver.log.length, 1);
});
