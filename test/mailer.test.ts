import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Mail, Mailer } from '../src/notifications/message.ts';
import { createSmtpMailer } from '../src/notifications/mailer.adapter.ts';
import { startSmtpFake } from './support/fakes/smtp.ts';
import { waitUntil } from './support/wait.ts';

let server: Awaited<ReturnType<typeof startSmtpFake>>;
let mailer: Mailer;

before(async () => {
  server = await startSmtpFake();
  mailer = createSmtpMailer(server.url);
});
after(async () => {
  mailer.close();
  await server.stop();
});
beforeEach(() => {
  server.kept.length = 0;
  server.log.length = 0;
});

const mail: Mail = {
  from: { name: 'Teatro', address: 'tickets@seller.example' },
  to: { name: 'Ana', address: 'ana@example.com' },
  subject: 'Sus entradas',
  text: 'Hola',
  html: '<p>Hola</p>',
  messageId: '<tickets.1.x@seller.example>',
  date: new Date('2026-11-24T16:00:00Z'),
  attachments: [],
};

test('a slow server takes the mail once', async () => {
  server.next({ slowMilliseconds: 50 });
  assert.equal((await mailer.deliver(mail)).outcome, 'accepted');
  assert.equal(server.kept.length, 1);
});

test('a server that greylists is asked again later; one that refuses is not', async () => {
  server.next('greylist', 'accept', 'refuse', 'refuse_data');
  const later = await mailer.deliver(mail);
  assert.ok(later.outcome === 'postponed');
  assert.match(later.reason, /try later: 451 greylisted/);
  assert.equal((await mailer.deliver(mail)).outcome, 'accepted');
  const nobody = await mailer.deliver(mail);
  assert.ok(nobody.outcome === 'refused');
  assert.match(nobody.reason, /550 no such mailbox/);
  const large = await mailer.deliver(mail);
  assert.ok(large.outcome === 'refused');
  assert.match(large.reason, /552/);
  assert.equal(server.kept.length, 1);
});

test('a connection that is cut after the 250 costs no mail, and the next one goes', async () => {
  server.next('drop_after_250');
  assert.equal((await mailer.deliver(mail)).outcome, 'accepted');
  await waitUntil('the next mail goes', async () => (await mailer.deliver(mail)).outcome === 'accepted');
});

test('a mail whose 250 was lost comes twice, and is known by its Message-ID to be the same', async () => {
  server.next('lose_250');
  const lost = await mailer.deliver(mail);
  assert.equal(lost.outcome, 'postponed');
  assert.equal((await mailer.deliver(mail)).outcome, 'accepted');
  const [first, second] = server.kept;
  assert.equal(first?.parsed.messageId, mail.messageId);
  assert.ok(first && second?.raw.equals(first.raw));
});

test('mails wait for a server that is away, together', async () => {
  // A port that the system gives to nobody who asks for any, so that it is free until the server is back.
  const port = 20_000 + (process.pid % 10_000);
  const reasons: string[] = [];
  const { signal } = new AbortController();
  const onOutage = (reason: string) => void reasons.push(reason);
  const patient = createSmtpMailer(`smtp://127.0.0.1:${port}`, { secondsMax: 60, signal, onOutage });
  const ids = ['<1@x>', '<2@x>', '<3@x>'];
  const waiting = ids.map((messageId) => patient.deliver({ ...mail, messageId }));
  await waitUntil('the outage is told', () => reasons.length > 0);
  const back = await startSmtpFake(port);
  try {
    const deliveries = await Promise.all(waiting);
    assert.ok(deliveries.every((delivery) => delivery.outcome === 'accepted'));
    assert.deepEqual(new Set(back.kept.map((kept) => kept.parsed.messageId)), new Set(ids));
    assert.equal(reasons.length, 1, 'one wait for all of them');
    assert.match(reasons[0]!, /cannot be reached/);
  } finally {
    patient.close();
    await back.stop();
  }
});

test('the end of a worker ends the wait, and a mail that breaks each connection is not tried for ever', async () => {
  const own = await startSmtpFake();
  const ending = new AbortController();
  const onOutage = () => {};
  const patient = createSmtpMailer(own.url, { secondsMax: 60, signal: ending.signal, onOutage });
  own.next('lose_250', 'lose_250');
  assert.equal((await patient.deliver(mail)).outcome, 'postponed');
  assert.equal(own.kept.length, 2);
  await own.stop();
  const waiting = patient.deliver(mail);
  ending.abort();
  assert.equal((await waiting).outcome, 'postponed');
  patient.close();
});
