import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '../../src/base/ids.ts';
import type { StepKey } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { recordStatuses } from '../../src/notifications/message-status.store.ts';
import { createMetaWhatsappChannel } from '../../src/notifications/meta-whatsapp.adapter.ts';
import { createTextSender } from '../../src/notifications/send-text.job.ts';
import type { MessageNews } from '../../src/notifications/attempt-message.job.ts';
import type { GateOptions } from '../../src/notifications/provider-gate.adapter.ts';
import { createTextWay } from '../../src/notifications/text-way.ts';
import { createTwilioChannel } from '../../src/notifications/twilio.adapter.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { readSale } from '../../src/orders/sale.store.ts';
import { openQueue, type StepHandler } from '../../src/queue/queue.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMetaFake, type MetaFake } from '../support/fakes/meta.ts';
import { startTwilioFake, type TwilioFake } from '../support/fakes/twilio.ts';
import { createSampleSeller, makeSampleSales, type SampleSales } from '../support/sample-sales.ts';
import { startServer } from '../support/server.ts';
import { waitUntil } from '../support/wait.ts';
import { testPublicUrl, testSecret } from '../support/workers.ts';

let database: TestDatabase;
let pool: Pool;
let twilio: TwilioFake;
let meta: MetaFake;
let sendSms: StepHandler;
/** The same by somebody who waits no longer than a second for an answer. */
let sendSmsHastily: StepHandler;
let sendText: StepHandler;
/** How far the clock of the senders is ahead. */
let laterSeconds = 0;
const alerts: string[] = [];
const told: string[] = [];

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  await createSampleSeller(pool);
  twilio = await startTwilioFake();
  meta = await startMetaFake();
  const common = {
    pool,
    clock: { now: () => new Date(Date.now() + laterSeconds * 1_000) },
    log: { warn: assert.fail, error: (_fields: unknown, message: string) => void alerts.push(message) },
    turn: async () => {},
    announce: async () => {},
    onMessage: (news: MessageNews) => void told.push(`${news.key.channel} ${news.state}`),
  };
  const twilioChannel = (gate: Partial<GateOptions> = {}) =>
    createTwilioChannel({
      accountSid: twilio.accountSid,
      authToken: twilio.authToken,
      smsFrom: '+15005550006',
      whatsappFrom: undefined,
      apiUrl: twilio.url,
      clock: systemClock,
      callbackUrl: (reference) => `${testPublicUrl}/callbacks/twilio/messages/${reference}`,
      gate,
    });
  const { phoneNumberId, accessToken, url: apiUrl } = meta;
  const metaChannel = createMetaWhatsappChannel({ phoneNumberId, accessToken, apiUrl });
  const linksOf = (tenantId: number, id: string) => saleLinks(testSecret, testPublicUrl, tenantId, id);
  const sms = createTextWay({ name: 'sms', channel: twilioChannel(), linksOf });
  const hasty = createTextWay({ name: 'sms', channel: twilioChannel({ timeoutSeconds: 1 }), linksOf });
  sendSmsHastily = createTextSender({ ...common, ways: { sms: hasty } });
  const whatsapp = createTextWay({ name: 'whatsapp', channel: metaChannel, linksOf });
  sendSms = createTextSender({ ...common, ways: { sms } });
  sendText = createTextSender({ ...common, ways: { sms, whatsapp } });
});
after(async () => {
  await twilio.stop();
  await meta.stop();
  await pool.end();
  await database.drop();
});
beforeEach(() => {
  for (const list of [twilio.accepted, twilio.log, meta.accepted, alerts, told]) list.length = 0;
  laterSeconds = 0;
});

/** A sale whose tickets are made, with the step of its telephone. */
async function sell(sample: SampleSales = {}): Promise<StepKey> {
  const [transactionId = ''] = await makeSampleSales(pool, {
    phone: '0412 555 00 00',
    email: null,
    ...sample,
  });
  await pool.query(
    `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature)
     select tenant_id, transaction_id, item_no, 1, '\\x00' from transaction_items where transaction_id = $1`,
    [transactionId],
  );
  return { tenantId: 1, transactionId, name: 'sms' };
}

async function read({ transactionId }: StepKey, name: 'sms' | 'whatsapp' = 'sms') {
  const sale = await readSale(reader(pool), { tenantId: 1, transactionId });
  const step = sale?.steps.find((one) => one.name === name);
  assert.ok(step);
  const { rows } = await pool.query<Record<string, unknown>>(
    `select state, recipient, provider, provider_id, last_error, attempts from messages
      where transaction_id = $1 and channel = $2`,
    [transactionId, name],
  );
  return { step, message: rows[0] };
}

test('an SMS says where the tickets are, in one segment, to the number as the world dials it', async () => {
  const key = await sell();
  assert.deepEqual(await sendSms([key]), []);
  const [sms, ...more] = twilio.accepted;
  assert.equal(more.length, 0);
  assert.equal(sms?.to, '+584125550000');
  const { short } = saleLinks(testSecret, testPublicUrl, 1, key.transactionId);
  assert.equal(sms.body, `Teatro del Lago: sus entradas para La flauta magica, 11/12 20:30: ${short}`);
  assert.ok(sms.body.length <= 160);
  const { step, message } = await read(key);
  assert.deepEqual([step.state, step.detail], ['done', 'Twilio accepted it.']);
  assert.deepEqual(message, {
    state: 'accepted',
    recipient: '+584125550000',
    provider: 'twilio',
    provider_id: sms.sid,
    last_error: null,
    attempts: 1,
  });
  assert.deepEqual(await sendSms([key]), []);
  assert.equal(twilio.accepted.length, 1, 'handed out twice, sent once');
});

test("WhatsApp goes first, by the approved template, in the buyer's language, and the SMS is left out", async () => {
  const key = await sell({ locale: 'en', phone: '+34 600 123 456' });
  assert.deepEqual(await sendText([key]), []);
  const [message] = meta.accepted;
  assert.equal(message?.to, '34600123456');
  assert.equal(message.template, 'taquilla_tickets');
  assert.equal(message.language, 'en');
  assert.deepEqual(message.variables.slice(0, 2), ['Ana Pérez', 'La flauta mágica']);
  const whatsapp = await read(key, 'whatsapp');
  assert.deepEqual([whatsapp.step.state, whatsapp.message?.['provider']], ['done', 'meta']);
  assert.equal((await read(key)).step.state, 'skipped');
  assert.equal(twilio.accepted.length, 0);
  assert.deepEqual(told, ['whatsapp accepted']);
});

test('what a provider postpones is tried again, and what it refuses is not, each with its reason', async () => {
  const later = await sell();
  const never = await sell();
  twilio.next('break');
  assert.deepEqual(await sendSms([later]), [later]);
  const first = await read(later);
  assert.deepEqual(
    [first.step.state, first.step.attempts, first.message?.['state']],
    ['pending', 1, 'queued'],
  );
  assert.match(first.step.detail ?? '', /HTTP 500/);
  assert.deepEqual(await sendSms([later]), []);
  assert.equal((await read(later)).step.state, 'done');

  twilio.next({ refuse: 21614 });
  assert.deepEqual(await sendSms([never]), []);
  const { step, message } = await read(never);
  assert.deepEqual([step.state, message?.['state']], ['failed', 'failed']);
  assert.equal(step.detail, 'The number is not a mobile one, so it takes no SMS.');
});

test('a number that is none ends the step at once, and a batch goes on without it', async () => {
  const keys = [await sell({ phone: '12' }), await sell(), await sell({ phone: 'call me' })];
  assert.deepEqual(await sendSms(keys), []);
  assert.equal(twilio.accepted.length, 1);
  const states = await Promise.all(keys.map(async (key) => (await read(key)).step.state));
  assert.deepEqual(states, ['failed', 'done', 'failed']);
});

test('an answer that was lost costs no second SMS', async () => {
  const key = await sell();
  twilio.next('accept_in_silence');
  assert.deepEqual(await sendSmsHastily([key]), [key]);
  assert.deepEqual(await sendSms([key]), []);
  assert.equal(twilio.accepted.length, 1);
  const { step, message } = await read(key);
  assert.deepEqual([step.state, message?.['provider_id']], ['done', twilio.accepted[0]?.sid]);
});

test('a worker that died after sending, before its mark, costs no second SMS', async () => {
  const key = await sell();
  await sendSms([key]);
  await pool.query(
    `update steps set state = 'pending', progress_event = null, attempts = 0 where transaction_id = $1 and name = 'sms'`,
    [key.transactionId],
  );
  await pool.query(`update messages set state = 'sending', provider_id = null where transaction_id = $1`, [
    key.transactionId,
  ]);
  assert.deepEqual(await sendSms([key]), []);
  assert.equal(twilio.accepted.length, 1);
  assert.deepEqual([(await read(key)).step.state, (await read(key)).message?.['attempts']], ['done', 2]);
});

test('a callback that came first ends the step without another message', async () => {
  const key = await sell();
  meta.next({ rateLimitSeconds: 1 });
  assert.deepEqual(await sendText([key]), [key]);
  const { transactionId } = key;
  const message = {
    tenantId: 1,
    transactionId,
    channel: 'whatsapp',
    kind: 'tickets',
    occasionNo: 1,
  } as const;
  await transact(pool, (tx) =>
    recordStatuses(tx, 'meta', [{ key: message, state: 'delivered', reason: null, providerId: 'wamid.1' }]),
  );
  assert.deepEqual(await sendText([key]), []);
  assert.equal(meta.accepted.length, 0);
  const whatsapp = await read(key, 'whatsapp');
  assert.deepEqual([whatsapp.step.state, whatsapp.message?.['state']], ['done', 'delivered']);
});

test('the providers of the settings are those that a process sends by', async () => {
  const server = await startServer({
    databaseUrl: database.url,
    env: {
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_SMS_FROM: '+15005550006',
      TWILIO_API_URL: twilio.url,
      PUBLIC_URL: testPublicUrl,
    },
  });
  const queue = await openQueue({
    url: database.url,
    worker: false,
    connectionsMax: 1,
    onError: assert.fail,
  });
  try {
    const [transactionId = ''] = await makeSampleSales(pool, { phone: '+584121234567', email: null });
    await queue.handOver([
      { tenantId: 1, transactionId, name: 'tickets' },
      { tenantId: 1, transactionId, name: 'statistics' },
    ]);
    const isCompleted = async () =>
      (await readSale(reader(pool), { tenantId: 1, transactionId }))?.status === 'completed';
    await waitUntil('the sale is completed', isCompleted);
    assert.deepEqual(
      twilio.accepted.map((sms) => sms.to),
      ['+584121234567'],
    );
    const { step } = await read({ tenantId: 1, transactionId, name: 'sms' });
    assert.deepEqual([step.state, step.detail], ['done', 'Twilio accepted it.']);
  } finally {
    await queue.stop(1);
    await server.stop();
  }
});
