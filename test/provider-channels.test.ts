import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { systemClock } from '../src/base/ids.ts';
import type { Channel, TextMessage } from '../src/notifications/channel.ts';
import { createMetaWhatsappChannel } from '../src/notifications/meta-whatsapp.adapter.ts';
import type { GateOptions } from '../src/notifications/provider-gate.adapter.ts';
import { createTwilioChannel } from '../src/notifications/twilio.adapter.ts';
import { startMetaFake, type MetaFake } from './support/fakes/meta.ts';
import { startTwilioFake, type TwilioFake } from './support/fakes/twilio.ts';
import { waitUntil } from './support/wait.ts';

let twilio: TwilioFake;
let meta: MetaFake;

before(async () => {
  twilio = await startTwilioFake();
  meta = await startMetaFake();
});
after(async () => {
  await twilio.stop();
  await meta.stop();
});
beforeEach(() => {
  for (const list of [twilio.accepted, twilio.log, meta.accepted, meta.log]) list.length = 0;
});

const twilioChannel = (gate: Partial<GateOptions> = {}, apiUrl = twilio.url): Channel =>
  createTwilioChannel({
    accountSid: twilio.accountSid,
    authToken: twilio.authToken,
    smsFrom: '+15005550006',
    whatsappFrom: '+15005550007',
    apiUrl,
    clock: systemClock,
    callbackUrl: (reference) => `https://tickets.example/callbacks/twilio/messages/${reference}`,
    gate,
  });

const metaChannel = (gate: Partial<GateOptions> = {}): Channel =>
  createMetaWhatsappChannel({
    phoneNumberId: meta.phoneNumberId,
    accessToken: meta.accessToken,
    apiUrl: meta.url,
    gate,
  });

const sms = (changes: Partial<TextMessage> = {}): TextMessage => ({
  reference: '1.019a5b7e-6f10-7abc-9def-0123456789ab.sms.tickets.1',
  attempt: 1,
  since: new Date(),
  to: '+584125550000',
  content: { channel: 'sms', body: 'Sus entradas: https://tickets.example/o/1' },
  ...changes,
});

const whatsapp: TextMessage = {
  reference: '1.019a5b7e-6f10-7abc-9def-0123456789ab.whatsapp.tickets.1',
  attempt: 1,
  since: new Date(),
  to: '+584125550000',
  content: { channel: 'whatsapp', template: 'tickets_ready', locale: 'es', variables: ['Ana', '12 dic'] },
};

test('an SMS reaches Twilio with its words, its sender and the address for its statuses', async () => {
  const delivery = await twilioChannel().deliver(sms());
  const [message, ...more] = twilio.accepted;
  assert.equal(more.length, 0);
  assert.deepEqual(delivery, { outcome: 'accepted', providerId: message?.sid });
  assert.equal(message?.to, '+584125550000');
  assert.equal(message.from, '+15005550006');
  assert.equal(message.body, 'Sus entradas: https://tickets.example/o/1');
  assert.equal(
    message.statusCallback,
    'https://tickets.example/callbacks/twilio/messages/1.019a5b7e-6f10-7abc-9def-0123456789ab.sms.tickets.1',
  );
});

test("WhatsApp by Twilio names the approved template and fills it in the template's order", async () => {
  const content = {
    channel: 'whatsapp',
    template: 'HX1',
    locale: 'es',
    variables: ['Ana', '12 dic'],
  } as const;
  assert.equal((await twilioChannel().deliver(sms({ content }))).outcome, 'accepted');
  const [message] = twilio.accepted;
  assert.equal(message?.to, 'whatsapp:+584125550000');
  assert.equal(message.from, 'whatsapp:+15005550007');
  assert.equal(message.contentSid, 'HX1');
  assert.equal(message.contentVariables, '{"1":"Ana","2":"12 dic"}');
});

test('WhatsApp by Meta names the template, its language and its variables, and our reference', async () => {
  const delivery = await metaChannel().deliver(whatsapp);
  const [message] = meta.accepted;
  assert.deepEqual(delivery, { outcome: 'accepted', providerId: message?.id });
  assert.deepEqual(message, {
    id: message?.id,
    to: '584125550000',
    template: 'tickets_ready',
    language: 'es',
    variables: ['Ana', '12 dic'],
    callbackData: whatsapp.reference,
  });
});

test('a provider that asks to slow down is left in peace for as long as it asks', async () => {
  for (const [fake, channel, message] of [
    [twilio, twilioChannel(), sms()],
    [meta, metaChannel(), whatsapp],
  ] as const) {
    fake.next({ rateLimitSeconds: 30 });
    const first = await channel.deliver(message);
    assert.ok(first.outcome === 'postponed');
    assert.equal(first.retryAfterSeconds, 30);
    assert.match(first.reason, /more slowly/);
    const second = await channel.deliver(message);
    assert.ok(second.outcome === 'postponed');
    assert.ok(second.retryAfterSeconds! >= 29 && second.retryAfterSeconds! <= 30);
    assert.equal(fake.log.length, 1, 'the second was not sent');
  }
});

test('a number that cannot be written to is refused in words, once and for all', async () => {
  twilio.next({ refuse: 21614 });
  assert.deepEqual(await twilioChannel().deliver(sms()), {
    outcome: 'refused',
    reason: 'The number is not a mobile one, so it takes no SMS.',
  });
  meta.next({ refuse: 131_026 });
  const refused = await metaChannel().deliver(whatsapp);
  assert.ok(refused.outcome === 'refused');
  assert.match(refused.reason, /no WhatsApp at this number/);
});

test('what is wrong with our account is no fault of the message', async () => {
  const channel = createMetaWhatsappChannel({
    phoneNumberId: meta.phoneNumberId,
    accessToken: 'old',
    apiUrl: meta.url,
  });
  const away = await channel.deliver(whatsapp);
  assert.ok(away.outcome === 'postponed');
  assert.match(away.reason, /Invalid OAuth access token/);
  twilio.next({ refuse: 21606 });
  assert.equal((await twilioChannel().deliver(sms())).outcome, 'postponed');
});

test('a provider that fails again and again is not asked for a while, and then once', async () => {
  const channel = twilioChannel({ failuresMax: 3, openSeconds: 0.2 });
  twilio.next('break', 'break', 'break');
  for (let i = 0; i < 3; i++) {
    const failed = await channel.deliver(sms());
    assert.ok(failed.outcome === 'postponed');
    assert.match(failed.reason, /fault of its own \(HTTP 500\)/);
  }
  const kept = await channel.deliver(sms());
  assert.ok(kept.outcome === 'postponed');
  assert.match(kept.reason, /several times in a row/);
  assert.equal(twilio.log.length, 3);
  await waitUntil('Twilio is asked again', async () => (await channel.deliver(sms())).outcome === 'accepted');
  assert.equal(twilio.accepted.length, 1);
});

test('an unreachable provider is an outcome in words', async () => {
  const away = await twilioChannel({}, 'http://127.0.0.1:1').deliver(sms());
  assert.ok(away.outcome === 'postponed');
  assert.match(away.reason, /^Twilio cannot be reached/);
});

test('an SMS that was taken without an answer is found again and not sent twice', async () => {
  twilio.next('accept_in_silence');
  const lost = await twilioChannel({ timeoutSeconds: 1 }).deliver(sms());
  assert.ok(lost.outcome === 'postponed');
  assert.match(lost.reason, /did not answer within 1 s/);
  const channel = twilioChannel();
  const found = await channel.deliver(sms({ attempt: 2 }));
  assert.deepEqual(found, { outcome: 'accepted', providerId: twilio.accepted[0]?.sid });
  assert.equal(twilio.accepted.length, 1);
  const other = { channel: 'sms', body: 'Other words' } as const;
  assert.equal((await channel.deliver(sms({ attempt: 2, content: other }))).outcome, 'accepted');
  assert.equal(twilio.accepted.length, 2, 'another message to the same number is sent');
});

test('messages beyond the rate come back when their turn is too far away', async () => {
  const channel = twilioChannel({ rate: { perSecond: 0.1, burst: 2 } });
  const outcomes = await Promise.all([1, 2, 3].map(() => channel.deliver(sms())));
  assert.equal(twilio.accepted.length, 2);
  const [late] = outcomes.filter((one) => one.outcome === 'postponed');
  const seconds = late?.retryAfterSeconds ?? 0;
  assert.ok(seconds >= 9 && seconds <= 10);
});
