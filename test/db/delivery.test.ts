import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock, systemIds } from '../../src/base/ids.ts';
import type { StepKey } from '../../src/base/step.ts';
import { createPool, type Pool } from '../../src/db/pool.ts';
import { reader, transact } from '../../src/db/transaction.ts';
import { TicketLooks } from '../../src/fulfilment/ticket-look.store.ts';
import { commandActor } from '../../src/identity/principal.ts';
import { createSmtpMailer } from '../../src/notifications/mailer.adapter.ts';
import type { Mailer } from '../../src/notifications/message.ts';
import type { MessageChannel, MessageKind } from '../../src/notifications/message-kind.ts';
import type { MessageKey } from '../../src/notifications/message-reference.ts';
import { readMessage } from '../../src/notifications/message-log.store.ts';
import { deadlineOf } from '../../src/notifications/message-schedule.ts';
import { recordStatuses } from '../../src/notifications/message-status.store.ts';
import { openMessageWays } from '../../src/notifications/message-ways.adapter.ts';
import { createMetaWhatsappChannel } from '../../src/notifications/meta-whatsapp.adapter.ts';
import type { MessageWays } from '../../src/notifications/outgoing-message.ts';
import { queueMessages } from '../../src/notifications/queued-message.store.ts';
import { replayMessage, resendTickets } from '../../src/notifications/resend-message.store.ts';
import { createEmailSender } from '../../src/notifications/send-email.job.ts';
import { QueuedMessages } from '../../src/notifications/send-queued-messages.job.ts';
import { createTextSender } from '../../src/notifications/send-text.job.ts';
import { createTwilioChannel } from '../../src/notifications/twilio.adapter.ts';
import { saleLinks } from '../../src/orders/sale-token.ts';
import { readSale } from '../../src/orders/sale.store.ts';
import type { StepHandler } from '../../src/queue/queue.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startMetaFake, type MetaFake } from '../support/fakes/meta.ts';
import { startSmtpFake, type SmtpFake } from '../support/fakes/smtp.ts';
import { startTwilioFake, type TwilioFake } from '../support/fakes/twilio.ts';
import { createSampleSeller, makeSampleSales, type SampleSales } from '../support/sample-sales.ts';
import { testPublicUrl, testSecret } from '../support/workers.ts';

let database: TestDatabase;
let pool: Pool;
let smtp: SmtpFake;
let twilio: TwilioFake;
let meta: MetaFake;
let mailer: Mailer;
let ways: MessageWays;
let sendText: StepHandler;
let sendEmail: StepHandler;
let queued: QueuedMessages;
let looks: TicketLooks;
/** How far the clock of the senders is ahead. */
let laterSeconds = 0;
const alerts: string[] = [];

const clock = { now: () => new Date(Date.now() + laterSeconds * 1_000) };
const asking = () => ({ actor: commandActor('test'), now: clock.now(), ids: systemIds });
const linksOf = (tenantId: number, id: string) => saleLinks(testSecret, testPublicUrl, tenantId, id);

function common() {
  return {
    pool,
    clock,
    log: { warn: assert.fail, error: (_: unknown, message: string) => void alerts.push(message) },
    turn: async () => {},
    onMessage: () => {},
    announce: async () => {},
    receiverLinksOf: () => null,
    random: () => 0.5,
  };
}

before(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, size: 6, name: 'test' });
  await createSampleSeller(pool);
  looks = new TicketLooks({ reader: reader(pool), clock: systemClock });
  smtp = await startSmtpFake();
  twilio = await startTwilioFake();
  meta = await startMetaFake();
  mailer = createSmtpMailer(smtp.url);
  const sms = createTwilioChannel({
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    smsFrom: '+15005550006',
    whatsappFrom: undefined,
    apiUrl: twilio.url,
    clock: systemClock,
    callbackUrl: () => null,
    gate: { failuresMax: 100 },
  });
  const { phoneNumberId, accessToken, url: apiUrl } = meta;
  const whatsapp = createMetaWhatsappChannel({
    phoneNumberId,
    accessToken,
    apiUrl,
    gate: { failuresMax: 100 },
  });
  const all = openMessageWays({
    mailer,
    sender: 'tickets@seller.example',
    lookOf: (key) => looks.lookOf(key),
    publicUrl: testPublicUrl,
    textChannels: { sms, whatsapp },
    linksOf,
  });
  ways = all;
  sendText = createTextSender({ ...common(), ways });
  sendEmail = createEmailSender({ ...common(), way: all.email });
  queued = new QueuedMessages({ ...common(), ways });
});
after(async () => {
  mailer.close();
  await Promise.all([smtp.stop(), twilio.stop(), meta.stop()]);
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  for (const list of [smtp.kept, smtp.log, twilio.accepted, meta.accepted, alerts]) list.length = 0;
  laterSeconds = 0;
  await pool.query('update sellers set message_channels = default');
  await pool.query('update messages set next_attempt_at = null where next_attempt_at is not null');
});

/** A sale whose tickets are made. */
async function sell(sample: SampleSales = {}): Promise<string> {
  const [id = ''] = await makeSampleSales(pool, { phone: '0412 555 00 00', ...sample });
  await pool.query(
    `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature)
     select tenant_id, transaction_id, item_no, 1, '\\x00' from transaction_items where transaction_id = $1`,
    [id],
  );
  return id;
}

const step = (transactionId: string, name: 'email' | 'sms'): StepKey => ({
  tenantId: 1,
  transactionId,
  name,
});

/** Sends what is due until nothing is. */
async function work(): Promise<void> {
  while ((await queued.takeUp()) > 0) await queued.settle();
}

async function stepsOf(transactionId: string): Promise<Record<string, string>> {
  const sale = await readSale(reader(pool), { tenantId: 1, transactionId });
  return Object.fromEntries(sale!.steps.map(({ name, state }) => [name, state]));
}

function keyOf(
  transactionId: string,
  channel: MessageChannel,
  kind: MessageKind = 'tickets',
  occasionNo = 1,
): MessageKey {
  return { tenantId: 1, transactionId, channel, kind, occasionNo };
}

async function stateOf(key: MessageKey): Promise<string | undefined> {
  return (await readMessage(reader(pool), key))?.message.state;
}

async function attemptsOf(key: MessageKey): Promise<string[]> {
  const found = await readMessage(reader(pool), key);
  return (found?.attempts ?? []).map(({ attemptNo, outcome }) => `${attemptNo} ${outcome}`);
}

async function tell(key: MessageKey, state: 'delivered' | 'bounced'): Promise<void> {
  const reason = state === 'bounced' ? 'There is no WhatsApp at this number.' : null;
  await transact(pool, (tx) => recordStatuses(tx, 'meta', [{ key, state, reason, providerId: 'wamid.1' }]));
}

test('a number without WhatsApp gets an SMS at once, and both stand in the steps', async () => {
  const id = await sell();
  meta.next({ refuse: 131_026 });
  assert.deepEqual(await sendText([step(id, 'sms')]), []);
  assert.equal(twilio.accepted.length, 1);
  const { whatsapp, sms } = await stepsOf(id);
  assert.deepEqual([whatsapp, sms], ['failed', 'done']);
  assert.deepEqual(await attemptsOf(keyOf(id, 'whatsapp')), ['1 refused']);
  assert.deepEqual(await attemptsOf(keyOf(id, 'sms')), [], 'what succeeds at once needs no row');
});

test('a channel that cannot send for a quarter of an hour is given up for the next', async () => {
  const id = await sell();
  meta.next('break');
  assert.deepEqual(await sendText([step(id, 'sms')]), [step(id, 'sms')]);
  assert.equal((await stepsOf(id))['whatsapp'], undefined, 'it may still work');
  laterSeconds = 901;
  meta.next('break');
  assert.deepEqual(await sendText([step(id, 'sms')]), []);
  assert.equal(twilio.accepted.length, 1);
  const { whatsapp, sms } = await stepsOf(id);
  assert.deepEqual([whatsapp, sms], ['failed', 'done']);
  assert.deepEqual(await attemptsOf(keyOf(id, 'whatsapp')), ['1 postponed', '2 refused']);
});

test("the order is the seller's own, and the last channel that fails ends the step", async () => {
  await pool.query(`update sellers set message_channels = '{sms,whatsapp}'`);
  const fresh = createTextSender({ ...common(), ways });
  const id = await sell();
  twilio.next({ refuse: 21_614 });
  meta.next({ refuse: 131_026 });
  assert.deepEqual(await fresh([step(id, 'sms')]), []);
  const { whatsapp, sms } = await stepsOf(id);
  assert.deepEqual([whatsapp, sms], ['failed', 'failed']);
  await pool.query(`update sellers set message_channels = '{email}'`);
  const mailOnly = createTextSender({ ...common(), ways });
  const other = await sell();
  await mailOnly([step(other, 'sms')]);
  assert.equal((await stepsOf(other))['sms'], 'skipped');
});

test('WhatsApp that comes back after the sale was completed is followed by an SMS, once', async () => {
  const id = await sell();
  await sendText([step(id, 'sms')]);
  assert.equal(await stateOf(keyOf(id, 'whatsapp')), 'accepted');
  for (const state of ['bounced', 'delivered', 'bounced'] as const) await tell(keyOf(id, 'whatsapp'), state);
  await work();
  await tell(keyOf(id, 'whatsapp'), 'bounced');
  await work();
  assert.equal(twilio.accepted.length, 1);
  assert.deepEqual(alerts, ['a message came back']);
  assert.deepEqual(
    [await stateOf(keyOf(id, 'whatsapp')), await stateOf(keyOf(id, 'sms'))],
    ['bounced', 'accepted'],
  );
  assert.equal(await stateOf(keyOf(id, 'email')), undefined, 'the mail is a step of its own');
});

test('a mail that is refused is followed by a text where the seller wants it so', async () => {
  await pool.query(`update sellers set message_channels = '{email,sms}'`);
  const fresh = createEmailSender({ ...common(), way: ways.email! });
  const id = await sell();
  smtp.next('refuse');
  assert.deepEqual(await fresh([step(id, 'email')]), []);
  // Its own worker: the voice of the seller is kept for some seconds.
  const own = new QueuedMessages({ ...common(), ways });
  while ((await own.takeUp()) > 0) await own.settle();
  assert.equal(await stateOf(keyOf(id, 'sms')), 'accepted');
  assert.deepEqual([(await stepsOf(id))['email'], await stateOf(keyOf(id, 'email'))], ['failed', 'failed']);
  assert.deepEqual(alerts, ['a message failed for good']);
});

async function queue(
  transactionId: string,
  channel: MessageChannel,
  to: string,
  changes: { deadlineAt?: Date; notBefore?: Date } = {},
): Promise<MessageKey> {
  const key = keyOf(transactionId, channel, 'event_reminder');
  const notBefore = changes.notBefore ?? clock.now();
  const deadlineAt = changes.deadlineAt ?? deadlineOf('event_reminder', notBefore);
  const message = { key, recipient: to, facts: {}, notBefore, deadlineAt, handsOver: true };
  await transact(pool, (tx) => queueMessages(tx, 1, [message]));
  await transact(pool, (tx) => queueMessages(tx, 1, [message]));
  return key;
}

test('a message of another kind goes down the channels to the mail, each once', async () => {
  const id = await sell();
  const key = await queue(id, 'whatsapp', '+584125550000');
  meta.next({ refuse: 131_026 });
  twilio.next({ refuse: 21_614 });
  await work();
  assert.equal(await stateOf(key), 'failed');
  assert.equal(await stateOf({ ...key, channel: 'sms' }), 'failed');
  assert.equal(await stateOf({ ...key, channel: 'email' }), 'accepted');
  const [mail] = smtp.kept;
  assert.equal(mail?.parsed.messageId, `<event_reminder.1.${id}@seller.example>`);
  assert.equal(mail.parsed.attachments.length, 0);
  const { rows } = await pool.query(
    `select count(*)::int as count from messages where next_attempt_at is not null`,
  );
  assert.equal(rows[0]?.count, 0);
});

test('a channel without a provider is left out, and the next takes over', async () => {
  const id = await sell();
  const key = await queue(id, 'whatsapp', '+584125550000');
  const { whatsapp: _, ...others } = ways;
  const without = new QueuedMessages({ ...common(), ways: others });
  while ((await without.takeUp()) > 0) await without.settle();
  assert.deepEqual([await stateOf(key), await stateOf({ ...key, channel: 'sms' })], ['skipped', 'accepted']);
});

test('what waits for its hour waits, and what comes too late is not sent', async () => {
  const id = await sell();
  const key = await queue(id, 'email', 'ana@example.com', { notBefore: new Date(Date.now() + 3_600_000) });
  await work();
  assert.equal(await stateOf(key), 'queued');
  laterSeconds = 3_601;
  await work();
  assert.equal(await stateOf(key), 'accepted');

  const other = await sell();
  const late = await queue(other, 'email', 'ana@example.com', { deadlineAt: new Date(Date.now() + 1_000) });
  await work();
  assert.equal(await stateOf(late), 'failed');
  assert.equal(smtp.kept.length, 1);
  assert.equal(await stateOf({ ...late, channel: 'sms' }), undefined, 'nor by another channel');
});

test('a postponed message is tried again with growing delays until its deadline, then it is an alert', async () => {
  const id = await sell();
  const key = await queue(id, 'email', 'ana@example.com');
  const delaysSeconds = [2, 4, 8];
  for (const [i, delay] of delaysSeconds.entries()) {
    const attempt = i + 1;
    smtp.next('greylist');
    const begun = clock.now().getTime();
    await work();
    const ended = clock.now().getTime();
    const { message } = (await readMessage(reader(pool), key))!;
    assert.deepEqual([message.state, message.attempts], ['queued', attempt]);
    assert.match(message.lastError ?? '', /try later: 451/);
    const attemptedAt = message.nextAttemptAt!.getTime() - delay * 1_000;
    assert.ok(attemptedAt >= begun && attemptedAt <= ended, `attempt ${attempt} waits ${delay} s`);
    laterSeconds += delay + 1;
  }
  assert.deepEqual(alerts, []);
  laterSeconds = 6 * 3_600 - 300;
  smtp.next('greylist');
  await work();
  assert.equal(await stateOf(key), 'queued');
  laterSeconds += 360;
  await work();
  assert.equal(await stateOf(key), 'failed');
  assert.deepEqual(alerts, ['a message failed for good']);
  assert.deepEqual(await attemptsOf(key), ['1 postponed', '2 postponed', '3 postponed', '4 postponed']);
});

async function resend(
  transactionId: string,
  channel: MessageChannel,
  to: string | null,
  keepsAddress = false,
) {
  const asked = { tenantId: 1, transactionId, channel, to, keepsAddress };
  return await transact(pool, (tx) => resendTickets(tx, asked, asking()));
}

test('a resend is another message with the same tickets, to whatever address is named', async () => {
  const id = await sell({ email: 'ana@exmaple.com' });
  await sendEmail([step(id, 'email')]);
  const key = await resend(id, 'email', 'ana@example.com', true);
  assert.equal(key.occasionNo, 2);
  smtp.next('greylist');
  await work();
  laterSeconds = 60;
  await work();
  const [first, second, ...more] = smtp.kept;
  assert.equal(more.length, 0);
  assert.ok(first && second);
  assert.deepEqual(second.to, ['ana@example.com']);
  assert.equal(second.parsed.messageId, `<tickets.1.${id}.2@seller.example>`);
  const [pdf, again] = [first.parsed.attachments[0], second.parsed.attachments[0]];
  assert.ok(pdf && again && pdf.content.equals(again.content));
  assert.deepEqual(await attemptsOf(key), ['1 postponed', '2 accepted']);
  const sale = await readSale(reader(pool), { tenantId: 1, transactionId: id });
  assert.equal(sale?.customer.email, 'ana@example.com');
  const { rows } = await pool.query(`select verb, before, after from audit_log where object_id = $1`, [
    `1.${id}.email.tickets.2`,
  ]);
  assert.deepEqual(rows, [
    { verb: 'resend', before: { address: 'ana@exmaple.com' }, after: { address: 'ana@example.com' } },
  ]);
  assert.equal((await resend(id, 'email', null)).occasionNo, 3);
});

test('an SMS that is resent is not taken for the one before it', async () => {
  const id = await sell();
  await pool.query(`update sellers set message_channels = '{sms}'`);
  await createTextSender({ ...common(), ways })([step(id, 'sms')]);
  // As if it had gone an hour ago.
  twilio.accepted[0]!.dateCreated = new Date(Date.now() - 3_600_000);
  const key = await resend(id, 'sms', null);
  twilio.next('break');
  await work();
  laterSeconds = 60;
  await work();
  assert.equal(twilio.accepted.length, 2);
  assert.equal((await readMessage(reader(pool), key))?.message.providerId, twilio.accepted[1]?.sid);
});

test('who asks at the same moment gets occasions of their own', async () => {
  const id = await sell();
  const keys = await Promise.all(Array.from({ length: 5 }, () => resend(id, 'email', null)));
  assert.deepEqual(new Set(keys.map((key) => key.occasionNo)), new Set([2, 3, 4, 5, 6]));
});

test('what cannot be resent is refused, and nothing is queued', async () => {
  const made = await sell({ phone: null });
  const [unmade = ''] = await makeSampleSales(pool);
  const refusals = [
    [made, 'sms', null, 'body_invalid'],
    [made, 'email', 'a@b.c, d@e.f', 'body_invalid'],
    [made, 'sms', '12', 'body_invalid'],
    [unmade, 'email', null, 'tickets_not_ready'],
    [made.replace(/.$/, '0').replace(/^.{8}/, '00000000'), 'email', null, 'transaction_not_found'],
  ] as const;
  for (const [id, channel, to, code] of refusals) await assert.rejects(resend(id, channel, to), { code });
  await pool.query(`update transactions set status = 'refunded' where transaction_id = $1`, [made]);
  await assert.rejects(resend(made, 'email', null), { code: 'message_not_sendable' });
  const { rows } = await pool.query(`select 1 from messages where transaction_id = any ($1)`, [
    [made, unmade],
  ]);
  assert.equal(rows.length, 0);
});

test('a dead letter is replayed under its own name; one that arrived is not', async () => {
  const id = await sell();
  smtp.next('refuse');
  await sendEmail([step(id, 'email')]);
  const key = keyOf(id, 'email');
  assert.equal(await stateOf(key), 'failed');
  await transact(pool, (tx) => replayMessage(tx, key, asking()));
  await work();
  assert.equal(await stateOf(key), 'accepted');
  assert.equal(smtp.kept[0]?.parsed.messageId, `<tickets.1.${id}@seller.example>`);
  assert.equal((await stepsOf(id))['email'], 'failed', 'a step that has ended stays so');
  assert.deepEqual(await attemptsOf(key), ['1 refused', '2 accepted']);
  await assert.rejects(
    transact(pool, (tx) => replayMessage(tx, key, asking())),
    { code: 'message_not_failed' },
  );
  await assert.rejects(
    transact(pool, (tx) => replayMessage(tx, keyOf(id, 'sms'), asking())),
    { code: 'message_not_found' },
  );
});

test('a worker that dies between acceptance and mark repeats the same mail after its lease', async () => {
  const id = await sell();
  const key = await resend(id, 'email', null);
  smtp.next('lose_250');
  await work();
  assert.equal(await stateOf(key), 'queued');
  await pool.query(
    `update messages set state = 'sending', next_attempt_at = now() + interval '60 seconds' where transaction_id = $1`,
    [id],
  );
  await work();
  assert.equal(smtp.kept.length, 1, 'it may still be under way');
  laterSeconds = 61;
  await work();
  const [first, second, ...more] = smtp.kept;
  assert.ok(first && second && more.length === 0);
  assert.ok(first.raw.equals(second.raw));
  assert.equal(await stateOf(key), 'accepted');
});

/** Several workers take up what is due at once, twice. @returns how many mails arrived. */
async function takeUpAtOnce(leaseEnds: boolean): Promise<number> {
  const ids = await Promise.all(Array.from({ length: 6 }, () => sell()));
  for (const id of ids) await queue(id, 'email', 'ana@example.com');
  smtp.kept.length = 0;
  smtp.next(...ids.map(() => ({ slowMilliseconds: 300 })));
  const workers = Array.from({ length: 8 }, () => new QueuedMessages({ ...common(), ways }));
  await Promise.all(workers.slice(0, 4).map((worker) => worker.takeUp()));
  if (leaseEnds) laterSeconds = 61;
  await Promise.all(workers.slice(4).map((worker) => worker.takeUp()));
  await Promise.all(workers.map((worker) => worker.settle()));
  return smtp.kept.length;
}

test('several workers send each message once, as long as its lease lasts', async () => {
  assert.equal(await takeUpAtOnce(false), 6);
  // The control: what is taken for left behind is sent once more.
  assert.ok((await takeUpAtOnce(true)) > 6);
});

test('nothing is sent while a circuit is open, and it counts as no attempt', async () => {
  const { phoneNumberId, accessToken, url: apiUrl } = meta;
  const gate = { failuresMax: 2, openSeconds: 600 };
  const whatsapp = createMetaWhatsappChannel({ phoneNumberId, accessToken, apiUrl, gate });
  const narrow = openMessageWays({
    mailer,
    sender: 'tickets@seller.example',
    lookOf: (key) => looks.lookOf(key),
    publicUrl: testPublicUrl,
    textChannels: { whatsapp },
    linksOf,
  });
  const send = createTextSender({ ...common(), ways: narrow });
  const id = await sell();
  meta.next('break', 'break');
  for (let i = 0; i < 5; i++) assert.deepEqual(await send([step(id, 'sms')]), [step(id, 'sms')]);
  const found = await readMessage(reader(pool), keyOf(id, 'whatsapp'));
  assert.equal(found?.message.attempts, 2);
  assert.match(found.message.lastError ?? '', /nothing is sent to it for 600 s/);
  assert.deepEqual(await attemptsOf(keyOf(id, 'whatsapp')), ['1 postponed', '2 postponed']);
});
