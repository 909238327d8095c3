import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createPerson, openBrowser, outcomeOf, signIn, testPassword } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { startMailServer, type MailServer } from '../support/mail-server.ts';
import { waitUntil } from '../support/wait.ts';

let hall: IdentityHall;
let mail: MailServer;

before(async () => {
  mail = await startMailServer();
  hall = await startIdentityHall(1, { SMTP_URL: mail.url, PUBLIC_URL: 'http://tickets.example' });
});
after(async () => {
  await hall.stop();
  await mail.stop();
});

const ask = (email: string, browser = openBrowser(hall.client)) =>
  browser.send('POST', '/auth/password-resets', { email });
const complete = (token: string, new_password: string) =>
  openBrowser(hall.client).send('POST', '/auth/password-resets/complete', { token, new_password });
const lettersTo = (email: string) => mail.received.filter(({ to }) => to.includes(email));

async function linkTo(email: string, letters = 1): Promise<string> {
  await waitUntil('the letter is there', () => Promise.resolve(lettersTo(email).length >= letters));
  const { text = '' } = lettersTo(email).at(-1)!.parsed;
  return /^http:\/\/tickets\.example\/console\/password#(tq_reset_\S+)$/m.exec(text)![1]!;
}

test('a link in a mail sets a new password once; every session ends, and the change is on record', async () => {
  const { email } = await createPerson(hall.pool, hall.client, 1, 'cashier');
  const earlier = await signIn(hall.client, { email });
  assert.equal((await ask(email.toUpperCase())).status, 202);
  const token = await linkTo(email);
  assert.equal(outcomeOf(await complete(token, 'too short')), 'body_invalid');
  const next = 'a password that is new';
  const both = await Promise.all([complete(token, next), complete(token, `${next}er`)]);
  assert.deepEqual(new Set(both.map(outcomeOf)), new Set([204, 'password_reset_ended']));
  assert.equal(outcomeOf(await earlier.send('GET', '/auth/session')), 'unauthenticated');
  const signs = (password: string) =>
    openBrowser(hall.client).send('POST', '/auth/sign-in', { email, password });
  assert.equal(outcomeOf(await signs(testPassword)), 'sign_in_failed');
  assert.equal((await signs(both[0].status === 204 ? next : `${next}er`)).status, 200);
  const { rows } = await hall.pool.query<{ verb: string }>(
    `select verb from audit_log where tenant_id = 1 and verb = 'reset_password'`,
  );
  assert.equal(rows.length, 1);
});

test('the answer is the same for an address that nobody has, and nothing is sent to it', async () => {
  const { email } = await createPerson(hall.pool, hall.client, 1, 'cashier');
  const [known, unknown] = [await ask(email), await ask('nobody@example.com')];
  assert.deepEqual([known.status, known.text], [unknown.status, unknown.text]);
  await linkTo(email);
  assert.equal(lettersTo('nobody@example.com').length, 0);
});

test('a newer link ends the one before, and one that expired is none', async () => {
  const { email } = await createPerson(hall.pool, hall.client, 1, 'cashier');
  await ask(email);
  const first = await linkTo(email);
  await ask(email);
  const second = await linkTo(email, 2);
  assert.equal(outcomeOf(await complete(first, 'a password that is new')), 'password_reset_ended');
  await hall.pool.query(
    `update staff_verifications set expires_at = now() where identifier like 'password-reset/%'`,
  );
  assert.equal(outcomeOf(await complete(second, 'a password that is new')), 'password_reset_ended');
  assert.equal(outcomeOf(await complete('tq_reset_0_x', 'a password that is new')), 'password_reset_ended');
  assert.equal((await signIn(hall.client, { email })).cookies.size > 0, true);
});

test('links are asked for a few times an hour, for an address that is known as for one that is not', async () => {
  const { email } = await createPerson(hall.pool, hall.client, 1, 'cashier');
  for (const asked of [email, 'none@example.com']) {
    for (let i = 0; i < 3; i++) assert.equal((await ask(asked)).status, 202);
    assert.equal(outcomeOf(await ask(asked)), 'too_many_attempts');
  }
});
