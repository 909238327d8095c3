import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/base/ids.ts';
import type { Pool } from '../../src/db/pool.ts';
import { transact } from '../../src/db/transaction.ts';
import { sweepSessions } from '../../src/identity/session.store.ts';
import {
  createPerson,
  enrolSecondFactor,
  openBrowser,
  outcomeOf,
  signIn,
  testPassword,
  totp,
} from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';

let hall: IdentityHall;
let pool: Pool;
let client: IdentityHall['client'];

before(async () => {
  hall = await startIdentityHall(2);
  ({ pool, client } = hall);
});
after(async () => {
  await hall.stop();
});

test('whoever has the password is signed in until they sign out', async () => {
  const person = await createPerson(pool, client, 1, 'cashier');
  const browser = await signIn(client, person);
  const session = await browser.send('GET', '/auth/session');
  const { user, sellers } = session.json as {
    user: { email: string };
    sellers: { id: number; role: string; rights: string[] }[];
  };
  assert.equal(user.email, person.email);
  assert.deepEqual(
    sellers.map(({ id, role }) => [id, role]),
    [[1, 'cashier']],
  );
  assert.ok(sellers[0]!.rights.includes('shifts.open') && !sellers[0]!.rights.includes('sales.refund'));
  const kept = new Map(browser.cookies);
  assert.equal((await browser.send('POST', '/auth/sign-out')).status, 204);
  for (const [name, value] of kept) browser.cookies.set(name, value);
  assert.equal(outcomeOf(await browser.send('GET', '/auth/session')), 'unauthenticated');
});

test('the session is in a cookie that scripts and other sites do not get', async () => {
  const person = await createPerson(pool, client, 1, 'cashier');
  const answer = await openBrowser(client).send('POST', '/auth/sign-in', {
    email: person.email.toUpperCase(),
    password: testPassword,
  });
  assert.equal(answer.status, 200);
  const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
  assert.match(cookie, /^taquilla\.session_token=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.doesNotMatch(answer.text, /token/);
});

test('a wrong password and an unknown address are refused alike', async () => {
  const { email } = await createPerson(pool, client, 1, 'cashier');
  const browser = openBrowser(client);
  const wrong = await browser.send('POST', '/auth/sign-in', { email, password: 'wrong' });
  const unknown = await browser.send('POST', '/auth/sign-in', { email: 'no@example.com', password: 'wrong' });
  assert.deepEqual([wrong.status, outcomeOf(wrong)], [401, 'sign_in_failed']);
  assert.deepEqual(
    { ...(wrong.json as object), request_id: '' },
    { ...(unknown.json as object), request_id: '' },
  );
  assert.equal(browser.cookies.size, 0);
  const malformed = await browser.send('POST', '/auth/sign-in', { email: 'nobody', password: '' });
  assert.equal(outcomeOf(malformed), 'body_invalid');
});

test('an account can be guessed at only so often, from however many addresses', async () => {
  const { email } = await createPerson(pool, client, 1, 'cashier');
  const guess = (password: string) => openBrowser(client).send('POST', '/auth/sign-in', { email, password });
  const guesses = await Promise.all(Array.from({ length: 12 }, () => guess('wrong')));
  const outcomes = guesses.map(outcomeOf);
  assert.equal(outcomes.filter((one) => one === 'sign_in_failed').length, 10);
  assert.equal(outcomes.filter((one) => one === 'too_many_attempts').length, 2);
  const refused = await guess(testPassword);
  assert.equal(outcomeOf(refused), 'too_many_attempts');
  assert.ok(Number(refused.headers['retry-after']) > 600);
  await pool.query(
    `update attempts set window_ends_at = now() - interval '1 second' where key like 'sign-in/%'`,
  );
  assert.equal((await guess(testPassword)).status, 200);
});

test('an address can guess only so often, at however many accounts', async () => {
  const browser = openBrowser(client);
  const outcomes = await Promise.all(
    Array.from({ length: 22 }, (_, i) =>
      browser.send('POST', '/auth/sign-in', { email: `guess${i}@example.com`, password: 'wrong' }),
    ),
  );
  assert.equal(outcomes.filter((one) => outcomeOf(one) === 'too_many_attempts').length, 2);
  const refused = outcomes.find((one) => one.status === 429)!;
  assert.ok(Number(refused.headers['retry-after']) >= 1);
});

test('a session ends at its time, however busy it is', async () => {
  const browser = await signIn(client, await createPerson(pool, client, 1, 'owner'));
  assert.equal((await browser.send('GET', '/sellers/1/staff')).status, 200);
  const { json } = await browser.send('GET', '/auth/session');
  const { user, expires_at } = json as { user: { id: string }; expires_at: string };
  const hours = (Date.parse(expires_at) - Date.now()) / 3_600_000;
  assert.ok(hours > 11.9 && hours <= 12);
  await pool.query(`update staff_sessions set expires_at = now() - interval '1 second' where user_id = $1`, [
    user.id,
  ]);
  assert.equal(outcomeOf(await browser.send('GET', '/auth/session')), 'unauthenticated');
  assert.equal(outcomeOf(await browser.send('GET', '/sellers/1/staff')), 'unauthenticated');
});

test('a cookie that was not signed by the server is none', async () => {
  const browser = await signIn(client, await createPerson(pool, client, 1, 'owner'));
  const [name, value] = [...browser.cookies][0]!;
  browser.cookies.set(name, value.replace(/%3D$|.$/, 'A'));
  assert.equal(outcomeOf(await browser.send('GET', '/auth/session')), 'unauthenticated');
  const { rows } = await pool.query<{ token: string }>('select token from staff_sessions limit 1');
  browser.cookies.set(name, rows[0]!.token);
  assert.equal(outcomeOf(await browser.send('GET', '/sellers/1/staff')), 'unauthenticated');
});

test('with a second factor the password alone opens nothing', async () => {
  const person = await createPerson(pool, client, 1, 'owner');
  await enrolSecondFactor(await signIn(client, person), person);
  const browser = openBrowser(client);
  const half = await browser.send('POST', '/auth/sign-in', { email: person.email, password: testPassword });
  assert.deepEqual(half.json, { status: 'second_factor_needed' });
  assert.equal(outcomeOf(await browser.send('GET', '/auth/session')), 'unauthenticated');
  assert.equal(outcomeOf(await browser.send('GET', '/sellers/1/staff')), 'unauthenticated');
  const wrong = await browser.send('POST', '/auth/two-factor/verify', { code: '000000' });
  assert.deepEqual([wrong.status, outcomeOf(wrong)], [401, 'second_factor_wrong']);
  const right = await browser.send('POST', '/auth/two-factor/verify', { code: totp(person.totpUri!) });
  assert.deepEqual(right.json, { status: 'signed_in' });
  assert.equal((await browser.send('GET', '/sellers/1/staff')).status, 200);
});

test('a code of the app works once, although it is shown for a while', async () => {
  const person = await createPerson(pool, client, 1, 'owner');
  await enrolSecondFactor(await signIn(client, person), person);
  const code = totp(person.totpUri!);
  const browsers = await Promise.all([signIn(client, person), signIn(client, person)]);
  const both = await Promise.all(
    browsers.map((browser) => browser.send('POST', '/auth/two-factor/verify', { code })),
  );
  assert.deepEqual(new Set(both.map(outcomeOf)), new Set([200, 'second_factor_wrong']));
  const sessions = await Promise.all(browsers.map((browser) => browser.send('GET', '/auth/session')));
  assert.deepEqual(new Set(sessions.map(outcomeOf)), new Set([200, 'unauthenticated']));
});

test('a backup code works once', async () => {
  const person = await createPerson(pool, client, 1, 'owner');
  await enrolSecondFactor(await signIn(client, person), person);
  const use = async (code: string) => {
    const browser = await signIn(client, person);
    return outcomeOf(await browser.send('POST', '/auth/two-factor/verify', { code }));
  };
  const [first = ''] = person.backupCodes!;
  assert.equal(await use(first), 200);
  assert.equal(await use(first), 'second_factor_wrong');
  const { rows } = await pool.query<{ backup_codes: string; secret: string }>(
    'select backup_codes, secret from staff_two_factors',
  );
  const stored = JSON.stringify(rows);
  assert.ok(!person.backupCodes!.some((code) => stored.includes(code)));
});

test('a second factor can be guessed at only so often', async () => {
  const person = await createPerson(pool, client, 1, 'owner');
  await enrolSecondFactor(await signIn(client, person), person);
  const guess = (browser: Awaited<ReturnType<typeof signIn>>) =>
    browser.send('POST', '/auth/two-factor/verify', { code: '000000' });
  const browser = await signIn(client, person);
  const outcomes: (string | number)[] = [];
  for (let i = 0; i < 6; i++) outcomes.push(outcomeOf(await guess(browser)));
  assert.deepEqual(outcomes, [...Array<string>(5).fill('second_factor_wrong'), 'sign_in_ended']);
  const again = await signIn(client, person);
  for (let i = 0; i < 5; i++) await guess(again);
  const locked = await signIn(client, person);
  const right = { code: totp(person.totpUri!) };
  assert.equal(outcomeOf(await locked.send('POST', '/auth/two-factor/verify', right)), 'too_many_attempts');
});

test('setting up a second factor needs the password, and ends the sessions that began without it', async () => {
  const person = await createPerson(pool, client, 1, 'owner');
  const [browser, other] = [await signIn(client, person), await signIn(client, person)];
  const refused = await browser.send('POST', '/auth/two-factor', { password: 'wrong' });
  assert.equal(refused.status, 422);
  assert.deepEqual(
    (refused.json as { errors: { path: string }[] }).errors.map((one) => one.path),
    ['/password'],
  );
  await enrolSecondFactor(browser, person);
  assert.equal((await browser.send('GET', '/auth/session')).status, 200);
  assert.equal(outcomeOf(await other.send('GET', '/auth/session')), 'unauthenticated');
  const twice = await browser.send('POST', '/auth/two-factor', { password: testPassword });
  assert.equal(outcomeOf(twice), 'two_factor_enabled');
});

test('taking the second factor away needs both, and then the password is enough again', async () => {
  const person = await createPerson(pool, client, 1, 'manager');
  const browser = await signIn(client, person);
  const disable = (password: string, code: string) =>
    browser.send('POST', '/auth/two-factor/disable', { password, code });
  assert.equal(outcomeOf(await disable(testPassword, '000000')), 'two_factor_missing');
  await enrolSecondFactor(browser, person);
  assert.equal(outcomeOf(await disable(testPassword, '000000')), 'second_factor_wrong');
  assert.equal(outcomeOf(await disable('wrong', totp(person.totpUri!))), 'body_invalid');
  const renewed = await browser.send('POST', '/auth/two-factor/backup-codes', { password: testPassword });
  const [code = ''] = (renewed.json as { backup_codes: string[] }).backup_codes;
  assert.equal(outcomeOf(await disable(testPassword, person.backupCodes![1]!)), 'second_factor_wrong');
  assert.equal((await disable(testPassword, code)).status, 204);
  assert.equal((await browser.send('GET', '/auth/session')).status, 200);
  await signIn(client, person).then((again) => again.send('GET', '/auth/session'));
});

test('another password ends the other sessions, and the one before opens nothing', async () => {
  const person = await createPerson(pool, client, 1, 'cashier');
  const [browser, other] = [await signIn(client, person), await signIn(client, person)];
  const change = (current_password: string, new_password: string) =>
    browser.send('POST', '/auth/password', { current_password, new_password });
  assert.equal(outcomeOf(await change(testPassword, 'short')), 'body_invalid');
  assert.equal(outcomeOf(await change('wrong', 'another long password')), 'body_invalid');
  assert.equal((await other.send('GET', '/auth/session')).status, 200);
  assert.equal((await change(testPassword, 'another long password')).status, 204);
  assert.equal(outcomeOf(await other.send('GET', '/auth/session')), 'unauthenticated');
  assert.equal((await browser.send('GET', '/auth/session')).status, 200);
  const { email } = person;
  const old = await openBrowser(client).send('POST', '/auth/sign-in', { email, password: testPassword });
  assert.equal(outcomeOf(old), 'sign_in_failed');
  const { rows } = await pool.query<{ verb: string; text: string }>(
    `select verb, l::text as text from audit_log l join staff_users u on u.id::text = l.actor_id
      where u.email = $1 and verb = 'change_password'`,
    [email],
  );
  assert.equal(rows.length, 1);
  assert.doesNotMatch(rows[0]!.text, /another long|scrypt/);
});

test('sessions are listed without their tokens, and ended one by one or all others at once', async () => {
  const person = await createPerson(pool, client, 1, 'cashier');
  const [browser, second, third] = [
    await signIn(client, person),
    await signIn(client, person),
    await signIn(client, person),
  ];
  const list = async () => {
    const answer = await browser.send('GET', '/auth/sessions');
    assert.doesNotMatch(answer.text, /token/);
    return (answer.json as { data: { id: string; current: boolean; address: string }[] }).data;
  };
  const sessions = await list();
  assert.deepEqual(
    sessions.map((one) => one.current),
    [false, false, true],
  );
  assert.match(sessions[0]!.address, /^10\./);
  assert.equal((await browser.send('DELETE', `/auth/sessions/${sessions[0]!.id}`)).status, 204);
  assert.equal(outcomeOf(await third.send('GET', '/auth/session')), 'unauthenticated');
  const stranger = await signIn(client, await createPerson(pool, client, 1, 'cashier'));
  const foreign = await stranger.send('DELETE', `/auth/sessions/${sessions[1]!.id}`);
  assert.equal(outcomeOf(foreign), 'session_not_found');
  assert.equal((await browser.send('DELETE', '/auth/sessions')).status, 204);
  assert.equal(outcomeOf(await second.send('GET', '/auth/session')), 'unauthenticated');
  assert.equal((await list()).length, 1);
});

test("a page of another site changes nothing with somebody's cookies", async () => {
  const browser = await signIn(client, await createPerson(pool, client, 1, 'cashier'));
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]) {
    const answer = await browser.send('POST', '/auth/sign-out', undefined, headers);
    assert.deepEqual([answer.status, outcomeOf(answer)], [403, 'forbidden'], JSON.stringify(headers));
  }
  const own = { 'sec-fetch-site': 'same-origin', origin: hall.url };
  assert.equal((await browser.send('GET', '/auth/session')).status, 200);
  assert.equal((await browser.send('POST', '/auth/sign-out', undefined, own)).status, 204);
});

test('nobody signs up by themselves, and nothing else of the library is reachable', async () => {
  const browser = openBrowser(client);
  for (const path of ['/auth/sign-up/email', '/auth/update-user', '/auth/delete-user', '/auth/get-session']) {
    assert.equal((await browser.send('POST', path, {})).status, 404, path);
  }
});

test('what has ended is forgotten, and nothing else', async () => {
  const [ended, alive] = [
    await signIn(client, await createPerson(pool, client, 1, 'cashier')),
    await signIn(client, await createPerson(pool, client, 1, 'cashier')),
  ];
  const { json } = await ended.send('GET', '/auth/session');
  const { id } = (json as { user: { id: string } }).user;
  const past = `now() - interval '1 second'`;
  await pool.query(`update staff_sessions set expires_at = ${past} where user_id = $1`, [id]);
  await pool.query(
    `insert into attempts values ('past', 1, ${past}), ('running', 1, now() + interval '1 hour')`,
  );
  await pool.query(
    `insert into staff_verifications (id, identifier, value, expires_at) values (gen_random_uuid(), 'past', '', ${past})`,
  );
  await transact(pool, (tx) => sweepSessions(tx, systemClock.now()));
  const { rows } = await pool.query<{ found: string }>(
    `select 'session' as found from staff_sessions where user_id = $1
     union all select key from attempts where key in ('past', 'running')
     union all select identifier from staff_verifications where identifier = 'past'`,
    [id],
  );
  assert.deepEqual(rows, [{ found: 'running' }]);
  assert.equal((await alive.send('GET', '/auth/session')).status, 200);
});
