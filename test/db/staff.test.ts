import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Pool } from '../../src/db/pool.ts';
import { withoutGuard } from '../support/guards.ts';
import type { Answer } from '../support/http-client.ts';
import {
  createPerson,
  enrolSecondFactor,
  openBrowser,
  outcomeOf,
  signedIn,
  signIn,
  testPassword,
  type Browser,
} from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { code as smtpCode, startMailServer, type MailServer } from '../support/mail-server.ts';
import { createSampleSeller } from '../support/sample-sales.ts';
import { gate, throughGate } from '../support/gate.ts';

let hall: IdentityHall;
let pool: Pool;
let client: IdentityHall['client'];
let mail: MailServer;
let sellers = 0;

before(async () => {
  mail = await startMailServer({
    onRecipient(address) {
      if (address.startsWith('refused')) throw smtpCode(550, 'no such mailbox');
    },
  });
  hall = await startIdentityHall(0, { SMTP_URL: mail.url, PUBLIC_URL: 'http://tickets.example' });
  ({ pool, client } = hall);
});
after(async () => {
  await hall.stop();
  await mail.stop();
});

/** A seller of the test's own, with an owner who is signed in. */
async function openSeller(): Promise<{ seller: number; owner: Browser; path: string }> {
  sellers += 1;
  await createSampleSeller(pool, sellers);
  const owner = await signedIn(pool, client, sellers, 'owner');
  return { seller: sellers, owner, path: `/sellers/${sellers}` };
}

async function userId(browser: Browser): Promise<string> {
  return ((await browser.send('GET', '/auth/session')).json as { user: { id: string } }).user.id;
}

/** The token in the newest mail to an address. */
function tokenFor(email: string): string {
  const { text = '' } = mail.received.findLast(({ to }) => to.includes(email))!.parsed;
  return /^http:\/\/tickets\.example\/console\/invitation#(tq_invite_\S+)$/m.exec(text)![1]!;
}

type Entry = { verb: string; actor: { kind: string; id: string }; object: { kind: string; id: string } };

async function readLog(browser: Browser, path: string): Promise<Entry[]> {
  const { json } = await browser.send('GET', `${path}/audit-log?limit=100`);
  return (json as { data: Entry[] }).data;
}

const verbs = (entries: Entry[]) => entries.map(({ verb, object }) => `${verb} ${object.kind}`);

test('somebody is invited by mail, reads what to, accepts, signs in and is in the list and the log', async () => {
  const { owner, path, seller } = await openSeller();
  const email = 'luisa@example.com';
  const invited = await owner.send('POST', `${path}/staff/invitations`, {
    email: 'Luisa@Example.com',
    role: 'cashier',
    name: 'Luisa',
  });
  assert.equal(invited.status, 201, invited.text);
  const invitation = invited.json as { id: string; email: string; mail: string };
  assert.deepEqual([invitation.email, invitation.mail], [email, 'accepted']);
  assert.doesNotMatch(invited.text, /tq_invite/);
  const token = tokenFor(email);
  const anybody = openBrowser(client);
  const { json } = await anybody.send('POST', '/auth/invitations/read', { token });
  const { expires_at, ...shown } = json as { expires_at: string };
  assert.ok(Date.parse(expires_at) > Date.now());
  assert.deepEqual(shown, {
    seller: { id: seller, name: 'Teatro del Lago' },
    email,
    name: 'Luisa',
    role: 'cashier',
    has_account: false,
  });
  const short = await anybody.send('POST', '/auth/invitations/accept', { token, password: 'short' });
  assert.equal(outcomeOf(short), 'body_invalid');
  const accepted = await anybody.send('POST', '/auth/invitations/accept', { token, password: testPassword });
  assert.deepEqual([accepted.status, accepted.json], [201, { seller_id: seller, role: 'cashier' }]);
  assert.equal(
    outcomeOf(await anybody.send('POST', '/auth/invitations/read', { token })),
    'invitation_ended',
  );
  await signIn(client, { email });
  const { data } = (await owner.send('GET', `${path}/staff`)).json as {
    data: { email: string; role: string; active: boolean }[];
  };
  assert.deepEqual(
    data.map((one) => [one.email === email, one.role, one.active]),
    [
      [false, 'owner', true],
      [true, 'cashier', true],
    ],
  );
  const waiting = (await owner.send('GET', `${path}/staff/invitations`)).json;
  assert.deepEqual(waiting, { data: [], has_more: false });
  const [join, invite] = await readLog(owner, path);
  assert.deepEqual(verbs([join!, invite!]), ['join staff', 'invite invitation']);
  assert.deepEqual([invite!.actor.id, invite!.object.id], [await userId(owner), invitation.id]);
  assert.equal((await owner.send('POST', `${path}/staff/invitations`, { email, role: 'owner' })).status, 409);
});

test('what is stored of an invitation and a key does not open anything', async () => {
  const { owner, path } = await openSeller();
  await owner.send('POST', `${path}/staff/invitations`, { email: 'eva@example.com', role: 'steward' });
  const made = await owner.send('POST', `${path}/api-keys`, { name: 'Web', rights: ['sales.read'] });
  const secrets = [tokenFor('eva@example.com'), (made.json as { key: string }).key];
  for (const table of ['staff_invitations', 'api_keys', 'audit_log', 'devices']) {
    const { rows } = await pool.query(`select t::text from ${table} t`);
    const stored = JSON.stringify(rows);
    for (const secret of secrets) assert.ok(!stored.includes(secret.slice(-43)), table);
  }
});

test('a mail that does not go leaves the invitation, which says why; another one ends its link', async () => {
  const { owner, path } = await openSeller();
  const email = 'refused@example.com';
  const first = await owner.send('POST', `${path}/staff/invitations`, { email, role: 'cashier' });
  const { mail: state, mail_fault } = first.json as { mail: string; mail_fault: string };
  assert.equal(state, 'failed');
  assert.match(mail_fault, /no such mailbox/);
  const list = async () =>
    ((await owner.send('GET', `${path}/staff/invitations`)).json as { data: { id: string; mail: string }[] })
      .data;
  assert.deepEqual(
    (await list()).map((one) => one.mail),
    ['failed'],
  );
  await owner.send('POST', `${path}/staff/invitations`, { email: 'eva2@example.com', role: 'cashier' });
  const earlier = tokenFor('eva2@example.com');
  await owner.send('POST', `${path}/staff/invitations`, { email: 'eva2@example.com', role: 'steward' });
  const { send } = openBrowser(client);
  assert.equal(
    outcomeOf(await send('POST', '/auth/invitations/read', { token: earlier })),
    'invitation_ended',
  );
  const token = tokenFor('eva2@example.com');
  assert.equal((await send('POST', '/auth/invitations/read', { token })).status, 200);
  assert.equal((await list()).length, 2);
});

test('an invitation that was revoked or has expired opens nothing', async () => {
  const { owner, path } = await openSeller();
  const invite = async (email: string) => {
    const { json } = await owner.send('POST', `${path}/staff/invitations`, { email, role: 'cashier' });
    return { id: (json as { id: string }).id, token: tokenFor(email) };
  };
  const accept = (token: string) =>
    client.send('POST', '/auth/invitations/accept', { token, name: 'X', password: testPassword });
  const revoked = await invite('revoked@example.com');
  assert.equal((await owner.send('DELETE', `${path}/staff/invitations/${revoked.id}`)).status, 204);
  assert.equal(
    outcomeOf(await owner.send('DELETE', `${path}/staff/invitations/${revoked.id}`)),
    'invitation_not_found',
  );
  const late = await invite('late@example.com');
  await pool.query(
    `update staff_invitations set expires_at = now() - interval '1 second' where invitation_id = $1`,
    [late.id],
  );
  for (const token of [revoked.token, late.token, `tq_invite_1_${'A'.repeat(43)}`, 'nonsense'])
    assert.equal(outcomeOf(await accept(token)), 'invitation_ended');
  const { rowCount } = await pool.query(
    `select from staff_users where email in ('revoked@example.com', 'late@example.com')`,
  );
  assert.equal(rowCount, 0);
});

test('somebody who signs in already accepts without a password, and keeps theirs', async () => {
  const { owner, path } = await openSeller();
  const elsewhere = await openSeller();
  const person = await createPerson(pool, client, elsewhere.seller, 'auditor');
  await owner.send('POST', `${path}/staff/invitations`, { email: person.email, role: 'manager' });
  const token = tokenFor(person.email);
  const hijack = { token, name: 'Mallory', password: 'my own long password' };
  assert.equal(outcomeOf(await client.send('POST', '/auth/invitations/accept', hijack)), 'body_invalid');
  assert.equal((await client.send('POST', '/auth/invitations/accept', { token })).status, 201);
  const browser = await signIn(client, person);
  assert.equal((await browser.send('GET', `${path}/staff`)).status, 200);
});

/** Two acceptances of one invitation at once. */
async function acceptTwice(): Promise<(string | number)[]> {
  const { owner, path } = await openSeller();
  const email = `twice${sellers}@example.com`;
  await owner.send('POST', `${path}/staff/invitations`, { email, role: 'cashier' });
  const token = tokenFor(email);
  const accept = () =>
    client.send('POST', '/auth/invitations/accept', { token, name: 'Ana', password: testPassword });
  return (await Promise.all([accept(), accept(), accept(), accept()])).map(outcomeOf);
}

test('an invitation that is accepted several times at once is taken once', async () => {
  const outcomes = await acceptTwice();
  assert.deepEqual(outcomes.map(String).toSorted(), ['201', ...Array<string>(3).fill('invitation_ended')]);
});

test('control: without the look whether it is taken, the others get further', () =>
  withoutGuard(pool, 'take_invitation', /and i\.accepted_at is null/, '', async () => {
    const outcomes = await acceptTwice();
    assert.ok(outcomes.filter((one) => one === 'invitation_ended').length < 3, String(outcomes));
  }));

test('a role changes at once, and a deactivated member finds nothing until they return', async () => {
  const { owner, path, seller } = await openSeller();
  const person = await createPerson(pool, client, seller, 'cashier');
  const member = await signIn(client, person);
  const id = await userId(member);
  assert.equal(outcomeOf(await member.send('GET', `${path}/staff`)), 'forbidden');
  const change = (body: object) => owner.send('PATCH', `${path}/staff/${id}`, body);
  assert.equal((await change({ role: 'manager' })).status, 200);
  assert.equal((await member.send('GET', `${path}/staff`)).status, 200);
  const { json } = await change({ active: false });
  assert.equal((json as { active: boolean }).active, false);
  assert.equal(outcomeOf(await member.send('GET', `${path}/staff`)), 'seller_not_found');
  assert.equal((await change({ active: true, role: 'auditor' })).status, 200);
  assert.equal((await member.send('GET', `${path}/audit-log`)).status, 200);
  assert.equal((await change({ role: 'auditor' })).status, 200);
  assert.equal(outcomeOf(await change({})), 'body_invalid');
  assert.equal(outcomeOf(await change({ role: 'administrator' })), 'body_invalid');
  const log = (await readLog(owner, path)).filter(({ verb }) => verb === 'change');
  assert.equal(log.length, 3, 'a change that changes nothing is none');
  assert.deepEqual((log[0] as unknown as { before: object; after: object }).before, {
    role: 'manager',
    active: false,
  });
});

test('a manager decides about those below, and nobody about those above', async () => {
  const { owner, path, seller } = await openSeller();
  const manager = await signIn(client, await createPerson(pool, client, seller, 'manager'));
  const cashier = await createPerson(pool, client, seller, 'cashier');
  const cashierId = await userId(await signIn(client, cashier));
  const outcomes = async (...bodies: [string, string, object?][]) => {
    const results: (string | number)[] = [];
    for (const [method, at, body] of bodies) results.push(outcomeOf(await manager.send(method, at, body)));
    return results;
  };
  const invitations = `${path}/staff/invitations`;
  await owner.send('POST', invitations, { email: 'boss@example.com', role: 'owner' });
  const { data } = (await owner.send('GET', invitations)).json as { data: { id: string }[] };
  assert.deepEqual(
    await outcomes(
      ['POST', invitations, { email: 'a@example.com', role: 'owner' }],
      ['POST', invitations, { email: 'a@example.com', role: 'manager' }],
      ['POST', invitations, { email: 'boss@example.com', role: 'cashier' }],
      ['DELETE', `${invitations}/${data[0]!.id}`],
      ['PATCH', `${path}/staff/${await userId(owner)}`, { role: 'cashier' }],
      ['PATCH', `${path}/staff/${await userId(owner)}`, { active: false }],
      ['PATCH', `${path}/staff/${await userId(manager)}`, { role: 'owner' }],
      ['PATCH', `${path}/staff/${cashierId}`, { role: 'manager' }],
    ),
    Array(8).fill('forbidden'),
  );
  assert.deepEqual(
    await outcomes(
      ['POST', invitations, { email: 'a@example.com', role: 'cashier' }],
      ['PATCH', `${path}/staff/${cashierId}`, { role: 'steward' }],
      ['PATCH', `${path}/staff/019a5b7e-6f10-7abc-9def-0123456789ab`, { role: 'steward' }],
    ),
    [201, 200, 'staff_not_found'],
  );
  const still = await openBrowser(client).send('POST', '/auth/invitations/read', {
    token: tokenFor('boss@example.com'),
  });
  assert.equal((still.json as { role: string }).role, 'owner');
});

test("another seller's staff, keys, devices and invitations are not there", async () => {
  const { owner, path } = await openSeller();
  const other = await openSeller();
  const key = await other.owner.send('POST', `${other.path}/api-keys`, { name: 'A', rights: ['sales.read'] });
  const device = await other.owner.send('POST', `${other.path}/devices`, { kind: 'till', name: 'A' });
  const invited = await other.owner.send('POST', `${other.path}/staff/invitations`, {
    email: 'x@example.com',
    role: 'cashier',
  });
  const idOf = ({ json }: Answer) => (json as { id: string }).id;
  const otherOwner = await userId(other.owner);
  assert.equal((device.json as { device: { id: number } }).device.id, 1);
  const tried: [string, string, object?][] = [
    ['DELETE', `${path}/api-keys/${idOf(key)}`],
    ['DELETE', `${path}/devices/1`],
    ['POST', `${path}/devices/1/enrolment-code`],
    ['DELETE', `${path}/staff/invitations/${idOf(invited)}`],
    ['PATCH', `${path}/staff/${otherOwner}`, { active: false }],
    ['GET', `${other.path}/audit-log`],
  ];
  for (const [method, at, body] of tried) {
    assert.equal((await owner.send(method, at, body)).status, 404, `${method} ${at}`);
  }
  assert.deepEqual(verbs(await readLog(owner, path)).slice(0, -2), ['enable_two_factor staff']);
});

/** Lets nobody write to staff until `count` requests wait. */
async function together<T>(count: number, work: () => Promise<T>): Promise<T> {
  await pool.query(
    `create function wait_at_gate() returns trigger language plpgsql as
       'begin perform pg_advisory_xact_lock_shared(${gate}); return new; end';
     create trigger gate before update on staff for each row execute function wait_at_gate()`,
  );
  try {
    return await throughGate(pool, { query: 'change_staff', count }, work);
  } finally {
    await pool.query('drop trigger gate on staff; drop function wait_at_gate()');
  }
}

/** Two owners who take each other's role at once. */
async function removeEachOther(): Promise<{ outcomes: (string | number)[]; owners: number }> {
  const { seller, owner, path } = await openSeller();
  const second = await signedIn(pool, client, seller, 'owner');
  const [a, b] = [await userId(owner), await userId(second)];
  const answers = await together(2, () =>
    Promise.all([
      owner.send('PATCH', `${path}/staff/${b}`, { active: false }),
      second.send('PATCH', `${path}/staff/${a}`, { role: 'cashier' }),
    ]),
  );
  const { rows } = await pool.query<{ owners: number }>(
    `select count(*)::int as owners from staff where tenant_id = $1 and role = 'owner' and deactivated_at is null`,
    [seller],
  );
  return { outcomes: answers.map(outcomeOf), owners: rows[0]!.owners };
}

test('two owners who remove each other at once leave one', async () => {
  const { outcomes, owners } = await removeEachOther();
  assert.deepEqual(outcomes.map(String).toSorted(), ['200', 'last_owner']);
  assert.equal(owners, 1);
});

test('control: without the lock on all owners, nobody is left', () =>
  withoutGuard(pool, 'change_staff', /perform from staff s[^;]*for update;/, '', async () => {
    const { outcomes, owners } = await removeEachOther();
    assert.notEqual(owners, 1, String(outcomes));
  }));

test('the last owner stays, whoever asks', async () => {
  const { seller, owner, path } = await openSeller();
  const administrator = await signedIn(pool, client, 0, 'administrator');
  const id = await userId(owner);
  for (const browser of [owner, administrator]) {
    for (const body of [{ active: false }, { role: 'auditor' }])
      assert.equal(outcomeOf(await browser.send('PATCH', `${path}/staff/${id}`, body)), 'last_owner');
  }
  await createPerson(pool, client, seller, 'owner');
  assert.equal((await owner.send('PATCH', `${path}/staff/${id}`, { active: false })).status, 200);
  assert.equal(outcomeOf(await owner.send('GET', `${path}/staff`)), 'seller_not_found');
});

test('lists are read page by page', async () => {
  const { seller, owner, path } = await openSeller();
  for (let i = 0; i < 3; i++) await createPerson(pool, client, seller, 'cashier');
  for (const list of ['staff', 'audit-log']) {
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { json } = await owner.send('GET', `${path}/${list}?limit=2${cursor}`);
      const { data, has_more } = json as { data: { id: string }[]; has_more: boolean };
      seen.push(...data.map((one) => one.id));
      if (!has_more) break;
      cursor = `&starting_after=${seen.at(-1)}`;
    }
    assert.equal(seen.length, list === 'staff' ? 4 : 9, list);
    assert.equal(new Set(seen).size, seen.length);
    const wrong = await owner.send('GET', `${path}/${list}?starting_after=1`);
    assert.equal(outcomeOf(wrong), 'body_invalid');
  }
});

test('nothing can be taken out of the audit log, nor changed in it', async () => {
  const { owner, path } = await openSeller();
  const log = await readLog(owner, path);
  assert.ok(log.length > 0);
  for (const statement of [
    `update audit_log set verb = 'nothing'`,
    'delete from audit_log',
    'truncate audit_log',
    'truncate audit_log cascade',
    `set session_replication_role = replica; delete from audit_log; reset session_replication_role`,
    `insert into audit_log select * from audit_log limit 1 on conflict (tenant_id, entry_id) do update set verb = 'x'`,
    'merge into audit_log a using audit_log b on a.entry_id = b.entry_id when matched then delete',
  ]) {
    await assert.rejects(pool.query(statement), /audit_log is append-only/, statement);
    await pool.query('reset session_replication_role');
  }
  assert.deepEqual(await readLog(owner, path), log);
});

test('a change and its entry are there both or not at all', async () => {
  const { seller, owner, path } = await openSeller();
  await pool.query(
    'alter table audit_log add constraint no_keys check (object_kind <> $$api_key$$) not valid',
  );
  try {
    const answer = await owner.send('POST', `${path}/api-keys`, { name: 'A', rights: ['sales.read'] });
    assert.equal(answer.status, 500);
  } finally {
    await pool.query('alter table audit_log drop constraint no_keys');
  }
  const { rowCount } = await pool.query('select from api_keys where tenant_id = $1', [seller]);
  assert.equal(rowCount, 0);
});

test('an entry says who, from where, in which request', async () => {
  const { owner, path } = await openSeller();
  const made = await owner.send(
    'POST',
    `${path}/api-keys`,
    { name: 'Web', rights: ['sales.read'], expires_in_days: 30 },
    { 'x-request-id': 'my-request-7', 'x-forwarded-for': '203.0.113.9' },
  );
  const key = made.json as { id: string; expires_at: string };
  const [entry] = await readLog(owner, path);
  const { id, at, ...rest } = entry as unknown as Record<string, unknown>;
  assert.ok(id && at);
  assert.deepEqual(rest, {
    actor: { kind: 'staff', id: await userId(owner), name: 'Ana Pérez' },
    verb: 'create',
    object: { kind: 'api_key', id: key.id },
    before: null,
    after: { name: 'Web', rights: ['sales.read'], expires_at: key.expires_at },
    address: '203.0.113.9',
    request_id: 'my-request-7',
  });
});

test('enrolling a second factor is told to every seller where somebody works', async () => {
  const [first, second] = [await openSeller(), await openSeller()];
  const person = await createPerson(pool, client, first.seller, 'manager');
  await createPerson(pool, client, second.seller, 'auditor', person.email);
  await enrolSecondFactor(await signIn(client, person), person);
  for (const { owner, path } of [first, second]) {
    assert.equal(verbs(await readLog(owner, path))[0], 'enable_two_factor staff');
  }
});
