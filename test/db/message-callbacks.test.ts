import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { systemClock } from '../../src/base/ids.ts';
import { formatMessageReference, type MessageKey } from '../../src/notifications/message-reference.ts';
import { messageStateAfter, messageStates } from '../../src/notifications/message-state.ts';
import { recordStatuses } from '../../src/notifications/message-status.store.ts';
import { endMessages, startMessages } from '../../src/notifications/message.store.ts';
import { createMetaWhatsappChannel } from '../../src/notifications/meta-whatsapp.adapter.ts';
import { createTwilioChannel } from '../../src/notifications/twilio.adapter.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMetaFake, type MetaFake } from '../support/fakes/meta.ts';
import { startTwilioFake, type TwilioFake, type TwilioMessage } from '../support/fakes/twilio.ts';
import { withoutGuard } from '../support/guards.ts';
import { createHttpClient } from '../support/http-client.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let twilio: TwilioFake;
let meta: MetaFake;
let client: ReturnType<typeof createHttpClient>;
let transactionId: string;

const publicUrl = 'https://tickets.example';
const verifyToken = 'the verify token of tests';

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 8, name: 'test' });
  await createSampleSeller(pool);
  twilio = await startTwilioFake();
  meta = await startMetaFake();
  server = await startServer({
    databaseUrl: database.url,
    worker: false,
    env: {
      PUBLIC_URL: publicUrl,
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_SMS_FROM: '+15005550006',
      META_WHATSAPP_NUMBER_ID: meta.phoneNumberId,
      META_ACCESS_TOKEN: meta.accessToken,
      META_APP_SECRET: meta.appSecret,
      META_VERIFY_TOKEN: verifyToken,
    },
  });
  client = createHttpClient(server.url, 2);
});
after(async () => {
  client.close();
  await server.stop();
  await twilio.stop();
  await meta.stop();
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  [transactionId = ''] = await makeSampleSales(pool, { phone: '+58 412 5550000' });
});

const keyOf = (channel: 'sms' | 'whatsapp'): MessageKey => {
  return { tenantId: 1, transactionId, channel, kind: 'tickets', occasionNo: 1 };
};

async function start(channel: 'sms' | 'whatsapp'): Promise<{ transactionId: string; attempts: number }[]> {
  const messageId = formatMessageReference(keyOf(channel));
  const message = {
    key: keyOf(channel),
    recipient: '+584125550000',
    subject: '',
    messageId,
    handsOver: false,
  };
  return await transact(pool, (tx) => startMessages(tx, 1, [message]));
}

async function sendSms(timeoutSeconds = 5): Promise<{ message: TwilioMessage; outcome: string }> {
  await start('sms');
  const channel = createTwilioChannel({
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    smsFrom: '+15005550006',
    whatsappFrom: undefined,
    apiUrl: twilio.url,
    clock: systemClock,
    callbackUrl: (reference) => `${publicUrl}/callbacks/twilio/messages/${reference}`,
    gate: { timeoutSeconds },
  });
  const { outcome } = await channel.deliver({
    reference: formatMessageReference(keyOf('sms')),
    attempt: 1,
    since: new Date(),
    to: '+584125550000',
    content: { channel: 'sms', body: 'Sus entradas' },
  });
  return { message: twilio.accepted.at(-1)!, outcome };
}

async function row(channel: 'sms' | 'whatsapp') {
  const { rows } = await pool.query<Record<string, unknown>>(
    'select state, last_error, provider, provider_id, attempts from messages where transaction_id = $1 and channel = $2',
    [transactionId, channel],
  );
  return rows[0]!;
}

test("Twilio's statuses move a message forward, twice, late and in any order, and never back", async () => {
  const { message } = await sendSms();
  const tell = (status: string) => twilio.report(message, status, { at: server.url });
  assert.equal(await tell('delivered'), 204);
  for (const late of ['queued', 'sent', 'delivered', 'sending']) assert.equal(await tell(late), 204);
  assert.deepEqual(await row('sms'), {
    state: 'delivered',
    last_error: null,
    provider: 'twilio',
    provider_id: message.sid,
    attempts: 1,
  });
  await tell('read');
  await tell('delivered');
  assert.equal((await row('sms')).state, 'read');
});

test('a message that came back says why, in words, and stays so', async () => {
  const { message } = await sendSms();
  await twilio.report(message, 'undelivered', { errorCode: 30003, at: server.url });
  await twilio.report(message, 'sent', { at: server.url });
  const { state, last_error: error } = await row('sms');
  assert.equal(state, 'bounced');
  assert.equal(error, 'The telephone is switched off or out of reach.');
});

test('a message whose acceptance was lost is known by its callback, and is not sent again', async () => {
  twilio.next('accept_in_silence');
  const { message, outcome } = await sendSms(1);
  assert.equal(outcome, 'postponed');
  await twilio.report(message, 'sent', { at: server.url });
  const lost = {
    state: 'queued',
    attemptNo: 1,
    lastError: 'no answer',
    raw: null,
    nextAttemptAt: null,
  } as const;
  await transact(pool, (tx) => endMessages(tx, 1, [{ key: keyOf('sms'), ...lost }]));
  assert.equal((await row('sms')).state, 'accepted');
  assert.deepEqual(await start('sms'), [], 'the next attempt has nothing to do');
  assert.deepEqual([(await row('sms')).state, (await row('sms')).attempts], ['accepted', 1]);
});

test('what Twilio did not sign changes nothing', async () => {
  const { message } = await sendSms();
  assert.equal(await twilio.report(message, 'delivered', { at: server.url, signWith: 'another' }), 403);
  const path = new URL(message.statusCallback!).pathname;
  const unsigned = await client.send('POST', path, 'MessageStatus=delivered', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  assert.equal(unsigned.status, 403);
  assert.equal((unsigned.json as { code: string }).code, 'callback_signature_invalid');
  assert.equal((await client.send('POST', path)).status, 403);
  const other = { ...message, statusCallback: `${publicUrl}/callbacks/twilio/messages/x` };
  assert.equal(await twilio.report(other, 'delivered', { at: server.url }), 204, 'signed, of no message');
  assert.equal((await row('sms')).state, 'sending');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal(
    (await client.send('POST', '/sales/holds', 'a=1', form)).status,
    415,
    'forms are read nowhere else',
  );
});

async function sendWhatsapp() {
  await start('whatsapp');
  const channel = createMetaWhatsappChannel({
    phoneNumberId: meta.phoneNumberId,
    accessToken: meta.accessToken,
    apiUrl: meta.url,
  });
  await channel.deliver({
    reference: formatMessageReference(keyOf('whatsapp')),
    attempt: 1,
    since: new Date(),
    to: '+584125550000',
    content: { channel: 'whatsapp', template: 'tickets_ready', locale: 'es', variables: ['Ana'] },
  });
  return meta.accepted.at(-1)!;
}

test("Meta's statuses come many at once and in any order", async () => {
  const message = await sendWhatsapp();
  const url = `${server.url}/callbacks/meta/messages`;
  const stranger = { ...message, id: 'wamid.x', callbackData: undefined };
  const told = [
    { message, status: 'read' },
    { message: stranger, status: 'read' },
    { message, status: 'sent' },
    { message, status: 'delivered' },
  ] as const;
  assert.equal(await meta.report(url, told), 200);
  assert.equal(await meta.report(url, told), 200);
  assert.deepEqual(await row('whatsapp'), {
    state: 'read',
    last_error: null,
    provider: 'meta',
    provider_id: message.id,
    attempts: 1,
  });
});

test('what Meta did not sign changes nothing, and what it signed badly is no fault of ours', async () => {
  const message = await sendWhatsapp();
  const url = `${server.url}/callbacks/meta/messages`;
  assert.equal(await meta.report(url, [{ message, status: 'read' }], 'another'), 403);
  assert.equal((await client.send('POST', '/callbacks/meta/messages', { entry: [] })).status, 403);
  assert.equal((await client.send('POST', '/callbacks/meta/messages')).status, 403);
  assert.equal((await row('whatsapp')).state, 'sending');
  await meta.report(url, [{ message, status: 'failed', code: 131_026 }]);
  const { state, last_error: error } = await row('whatsapp');
  assert.equal(state, 'bounced');
  assert.match(String(error), /no WhatsApp at this number/);
});

test("Meta's question is answered only with the token that was agreed on", async () => {
  const ask = (token: string) =>
    client.send(
      'GET',
      `/callbacks/meta/messages?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${encodeURIComponent(token)}`,
    );
  const answer = await ask(verifyToken);
  assert.equal(answer.status, 200);
  assert.equal(answer.text, '1158201444');
  assert.equal((await ask('another')).status, 403);
});

test('SQL and the rule agree on every pair of states', async () => {
  await start('sms');
  for (const current of messageStates) {
    for (const told of messageStates) {
      await pool.query('update messages set state = $2::message_state where transaction_id = $1', [
        transactionId,
        current,
      ]);
      await transact(pool, (tx) =>
        recordStatuses(tx, 'twilio', [{ key: keyOf('sms'), state: told, reason: null, providerId: 'SM1' }]),
      );
      assert.equal((await row('sms')).state, messageStateAfter(current, told), `${current}, then ${told}`);
    }
  }
});

async function tellAtOnce(): Promise<string[]> {
  const ends: string[] = [];
  for (let i = 0; i < 20; i++) {
    await pool.query(`update messages set state = 'sending' where transaction_id = $1`, [transactionId]);
    const states = (['accepted', 'read', 'delivered'] as const).flatMap((state) => [state, state]);
    await Promise.all(
      states.map((state) =>
        transact(pool, (tx) =>
          recordStatuses(tx, 'twilio', [{ key: keyOf('sms'), state, reason: null, providerId: 'SM1' }]),
        ),
      ),
    );
    ends.push(String((await row('sms')).state));
  }
  return ends;
}

test('reports that come at the same instant do not overtake each other', async () => {
  await start('sms');
  assert.deepEqual(new Set(await tellAtOnce()), new Set(['read']));
  // The control: without the comparison some report that comes later wins.
  await withoutGuard(
    pool,
    'record_message_statuses',
    /\s+and message_rank\(u\.state::text\) > message_rank\(m\.state::text\)/,
    '',
    async () => {
      assert.ok((await tellAtOnce()).some((state) => state !== 'read'));
    },
  );
});
