import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMetaFake, type MetaFake } from '../support/fakes/meta.ts';
import { startTwilioFake, type TwilioFake } from '../support/fakes/twilio.ts';
import { createSampleSeller, makeSampleSales } from '../support/sample-sales.ts';
import { startServer, type TestServer } from '../support/server.ts';

const webhook = 'https://tickets.example/callbacks/twilio/inbound';
const ana = '+584125550000';

let database: TestDatabase;
let pool: Pool;
let server: TestServer;
let twilio: TwilioFake;
let meta: MetaFake;

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 4, name: 'test' });
  for (const tenantId of [1, 2, 3]) await createSampleSeller(pool, tenantId);
  [twilio, meta] = await Promise.all([startTwilioFake(), startMetaFake()]);
  server = await startServer({
    databaseUrl: database.url,
    worker: false,
    env: {
      PUBLIC_URL: 'https://tickets.example',
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: twilio.authToken,
      TWILIO_SMS_FROM: '+15005550006',
      META_WHATSAPP_NUMBER_ID: meta.phoneNumberId,
      META_ACCESS_TOKEN: meta.accessToken,
      META_APP_SECRET: meta.appSecret,
      META_VERIFY_TOKEN: 'the verify token of tests',
    },
  });
});
after(async () => {
  await server.stop();
  await Promise.all([twilio.stop(), meta.stop()]);
  await pool.end();
  await database.drop();
});

type Sent = { tenantId: number; kind: string; channel: string; recipient: string };
async function say({ tenantId, kind, channel, recipient }: Sent, transactionId: string): Promise<void> {
  await pool.query(
    `insert into messages (tenant_id, transaction_id, channel, kind, occasion_no, recipient, subject, message_id, state,
                           due_at, next_attempt_at, deadline_at)
     values ($1, $2, $3, $4, 1, $5, '', '', 'queued', now(), now(), now() + interval '1 hour')`,
    [tenantId, transactionId, channel, kind, recipient],
  );
}

// Sellers 1 and 2 have written to Ana, the first in English; seller 3 has written to somebody else.
beforeEach(async () => {
  await pool.query('truncate messages, message_opt_outs');
  for (const [tenantId, channel, recipient, locale] of [
    [1, 'sms', ana, 'en'],
    [2, 'whatsapp', ana, 'es'],
    [3, 'sms', '+584125550001', 'es'],
  ] as const) {
    const [sale = ''] = await makeSampleSales(pool, { tenantId, phone: recipient, locale });
    await say({ tenantId, kind: 'event_reminder', channel, recipient }, sale);
    await say({ tenantId, kind: 'event_changed', channel, recipient }, sale);
  }
});

async function optOuts(): Promise<[number, string][]> {
  const { rows } = await pool.query<{ t: number; r: string }>(
    'select tenant_id as t, recipient as r from message_opt_outs order by 1',
  );
  return rows.map(({ t, r }) => [t, r]);
}

async function queued(): Promise<[number, string][]> {
  const { rows } = await pool.query<{ t: number; k: string }>(
    "select tenant_id as t, kind as k from messages where state = 'queued' order by 1, kind::text",
  );
  return rows.map(({ t, k }) => [t, k]);
}

const bring = (from: string, body: string, signWith?: string) =>
  twilio.bring(from, body, { webhook, at: server.url, ...(signWith !== undefined && { signWith }) });
const silence = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';

test('BAJA ends reminders at every seller that has written to the number, and is answered; what a sale needs goes on', async () => {
  const answer = await bring(ana, ' ¡Baja! ');
  assert.deepEqual([answer.status, answer.type], [200, 'text/xml; charset=utf-8']);
  assert.match(answer.text, /<Response><Message>You get no more reminders\. [^<]+<\/Message><\/Response>$/);
  const both: [number, string][] = [
    [1, ana],
    [2, ana],
  ];
  assert.deepEqual(await optOuts(), both);
  assert.deepEqual(await queued(), [
    [1, 'event_changed'],
    [2, 'event_changed'],
    [3, 'event_changed'],
    [3, 'event_reminder'],
  ]);
  await bring(`whatsapp:${ana}`, 'baja');
  assert.deepEqual(await optOuts(), both, 'again is the same');
  assert.match((await bring(ana, 'Alta')).text, /You get reminders again/);
  assert.deepEqual(await optOuts(), []);
});

test('STOP and START are words of the networks: they are followed, and Twilio has answered them', async () => {
  for (const [word, count] of [
    ['STOP', 2],
    ['start', 0],
    ['Unsubscribe', 2],
    ['UNSTOP', 0],
  ] as const) {
    assert.equal((await bring(ana, word)).text, silence);
    assert.equal((await optOuts()).length, count, word);
  }
});

test('whatever else people write, strangers, and whoever cannot sign change nothing', async () => {
  for (const [from, body] of [
    [ana, 'Please stop by at eight'],
    [ana, 'toString'],
    [ana, ''],
    ['+584125559999', 'BAJA'],
    ["' or true --", 'BAJA'],
    [`${ana}\0`, 'hola'],
  ] as const) {
    const answer = await bring(from, body);
    assert.deepEqual([answer.status, answer.text], [200, silence], body);
  }
  const forged = await bring(ana, 'STOP', 'another token');
  assert.equal(forged.status, 403);
  const notices = `${server.url}/callbacks/meta/messages`;
  assert.equal(await meta.bring(notices, '584125550000', { text: { body: 'BAJA' } }, 'another secret'), 403);
  for (const odd of [{ text: 'BAJA' }, { text: { body: 7 } }, { button: [] }]) {
    assert.equal(await meta.bring(notices, '584125550000', odd), 200);
  }
  assert.equal(await meta.bring(notices, 'x', { text: { body: 'BAJA' } }), 200);
  assert.deepEqual(await optOuts(), []);
});

test('by WhatsApp the same words are followed, written or by a button', async () => {
  const notices = `${server.url}/callbacks/meta/messages`;
  assert.equal(await meta.bring(notices, '584125550000', { type: 'text', text: { body: 'baja' } }), 200);
  assert.equal((await optOuts()).length, 2);
  assert.equal(await meta.bring(notices, '584125550000', { type: 'button', button: { text: 'Alta' } }), 200);
  assert.deepEqual(await optOuts(), []);
});
