import { systemIds } from '../base/ids.ts';
import { createPool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import { invitationLink } from '../identity/invitation-mail.ts';
import { invitePerson } from '../identity/invite-person.store.ts';
import { commandActor } from '../identity/principal.ts';
import { findPerson, readSellerName, readStaffMember } from '../identity/staff.store.ts';
import { isMailAddress } from '../notifications/message.ts';
import { CommandError, type Command, type CommandArguments, type CommandContext } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

type Asked = { tenantId: number; role: 'owner' | 'administrator'; email: string; name: string | null };
type Options = CommandArguments['options'];

const platform = 0;

function readEmail(options: Options): string {
  const email = String(options['email'] ?? '')
    .trim()
    .toLowerCase();
  if (isMailAddress(email)) return email;
  throw new CommandError('--email takes the e-mail address that they will sign in with.');
}

function readName(options: Options): string | null {
  const name = String(options['name'] ?? '').trim();
  return name === '' ? null : name.slice(0, 120);
}

function readSeller(options: Options): number {
  const text = String(options['seller'] ?? '');
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandError('--seller takes the number of a seller.');
}

async function invite(tx: Tx, asked: Asked, command: string, now: Date) {
  const { tenantId, email } = asked;
  const sellerName = tenantId === platform ? 'Taquilla' : await readSellerName(tx, tenantId);
  if (sellerName === null) throw new CommandError(`there is no seller ${tenantId}.`);
  const known = await findPerson(tx, email);
  if (known && (await readStaffMember(tx, tenantId, known.userId))) {
    throw new CommandError(`${email} is staff of ${sellerName} already.`);
  }
  return await invitePerson(tx, systemIds, { ...asked, actor: commandActor(command), now });
}

async function run(command: string, asked: Asked, context: CommandContext): Promise<number> {
  const { config, clock, out } = context;
  const database = await openDatabase(context, context.err);
  const pool = createPool({ url: database.url, size: 1, name: `taquilla ${command}` });
  try {
    await migrateDatabase(database.url, context.err);
    const { token, expiresAt } = await transact(pool, (tx) => invite(tx, asked, command, clock.now()));
    out(`${asked.email} can become ${asked.role} once, until ${expiresAt.toISOString()}, by this link:`);
    out(`  ${invitationLink(config.publicUrl ?? `http://${config.host}:${config.port}`, token)}`);
    out('or by its token: POST /auth/invitations/accept {"token", "name", "password"}');
    out(`  ${token}`);
    return 0;
  } finally {
    await pool.end();
    await database.close();
  }
}

const personOptions: Command['options'] = {
  email: { type: 'string', value: 'ADDRESS', summary: 'The address that they will sign in with' },
  name: { type: 'string', value: 'TEXT', summary: 'Their name; else they give it themselves' },
};

/** `taquilla create-owner`: a seller's first owner, or another one. */
export const createOwnerCommand: Command = {
  name: 'create-owner',
  summary: 'Print a one-time link by which somebody becomes owner of a seller',
  usage: '',
  options: { seller: { type: 'string', value: 'N', summary: 'The seller' }, ...personOptions },
  positionals: { min: 0, max: 0 },
  run({ options }, context) {
    const person = { email: readEmail(options), name: readName(options) };
    return run('create-owner', { tenantId: readSeller(options), role: 'owner', ...person }, context);
  },
};

/** `taquilla create-admin`: an administrator of the platform. */
export const createAdminCommand: Command = {
  name: 'create-admin',
  summary: 'Print a one-time link by which somebody becomes administrator of the platform',
  usage: '',
  options: personOptions,
  positionals: { min: 0, max: 0 },
  run({ options }, context) {
    const person = { email: readEmail(options), name: readName(options) };
    return run('create-admin', { tenantId: platform, role: 'administrator', ...person }, context);
  },
};
