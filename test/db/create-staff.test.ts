import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAdminCommand, createOwnerCommand } from '../../src/cli/create-staff.ts';
import type { Pool } from '../../src/db/pool.ts';
import { enrolSecondFactor, openBrowser, outcomeOf, signIn, testPassword } from '../support/identity.ts';
import { startIdentityHall, type IdentityHall } from '../support/identity-hall.ts';
import { runCommand } from '../support/run-command.ts';

let hall: IdentityHall;
let pool: Pool;
let client: IdentityHall['client'];

before(async () => {
  hall = await startIdentityHall(1);
  ({ pool, client } = hall);
});
after(async () => {
  await hall.stop();
});

const taquilla = (...args: string[]) =>
  runCommand(
    [createOwnerCommand, createAdminCommand],
    { DATABASE_URL: hall.database.url, PUBLIC_URL: 'https://tickets.example' },
    args,
  );

function tokenIn(out: string): string {
  return /https:\/\/tickets\.example\/console\/invitation#(tq_invite_\d+_[\w-]{43})$/m.exec(out)![1]!;
}

test('the first owner comes by a link from the command line, and the log says so', async () => {
  const { code, out } = await taquilla('create-owner', '--seller', '1', '--email', 'Eva@example.com');
  assert.equal(code, 0);
  const token = tokenIn(out);
  const anybody = openBrowser(client);
  const body = { token, name: 'Eva', password: testPassword };
  assert.equal((await anybody.send('POST', '/auth/invitations/accept', body)).status, 201);
  const person = { email: 'eva@example.com' };
  const owner = await signIn(client, person);
  const device = { kind: 'till', name: 'Caja 1' };
  assert.equal(outcomeOf(await owner.send('POST', '/sellers/1/devices', device)), 'two_factor_required');
  await enrolSecondFactor(owner, person);
  assert.equal((await owner.send('POST', '/sellers/1/devices', device)).status, 201);
  const { data } = (await owner.send('GET', '/sellers/1/audit-log')).json as {
    data: { actor: { kind: string; name: string }; verb: string }[];
  };
  assert.deepEqual(
    data.map(({ actor, verb }) => [actor.kind, actor.name, verb]),
    [
      ['staff', 'Eva', 'register'],
      ['staff', 'Eva', 'enable_two_factor'],
      ['staff', 'Eva', 'join'],
      ['command', 'taquilla create-owner', 'invite'],
    ],
  );
  const again = await taquilla('create-owner', '--seller', '1', '--email', 'eva@example.com');
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /eva@example\.com is staff of Teatro del Lago already/);
});

test('an administrator of the platform comes the same way', async () => {
  const { code, out } = await taquilla('create-admin', '--email', 'root@example.com', '--name', 'Raúl');
  assert.equal(code, 0);
  const token = tokenIn(out);
  const anybody = openBrowser(client);
  const shown = (await anybody.send('POST', '/auth/invitations/read', { token })).json;
  assert.deepEqual([(shown as { seller: null }).seller, (shown as { name: string }).name], [null, 'Raúl']);
  const accepted = await anybody.send('POST', '/auth/invitations/accept', { token, password: testPassword });
  assert.deepEqual(accepted.json, { seller_id: null, role: 'administrator' });
  const administrator = await signIn(client, { email: 'root@example.com' });
  const { json } = await administrator.send('GET', '/auth/session');
  assert.equal((json as { administrator: boolean }).administrator, true);
  assert.equal((await administrator.send('GET', '/sellers/1/staff')).status, 200);
});

test('a command that cannot do it says why, and changes nothing', async () => {
  const count = async () => (await pool.query('select from staff_invitations')).rowCount;
  const earlier = await count();
  for (const [args, why] of [
    [['create-owner', '--seller', '7', '--email', 'a@example.com'], /there is no seller 7/],
    [['create-owner', '--seller', 'x', '--email', 'a@example.com'], /--seller takes the number of a seller/],
    [['create-owner', '--email', 'a@example.com'], /--seller takes/],
    [['create-owner', '--seller', '1', '--email', 'nobody'], /--email takes the e-mail address/],
    [['create-admin'], /--email takes/],
  ] as const) {
    const { code, out, err } = await taquilla(...args);
    assert.deepEqual([code, out], [1, ''], args.join(' '));
    assert.match(err, why);
  }
  assert.equal(await count(), earlier);
});
