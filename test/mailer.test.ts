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
