import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Role, SellerRole } from './roles.ts';

/** Somebody who can sign in. */
export type Person = { userId: string; name: string; email: string };

/** Somebody with a role at one seller. */
export type StaffMember = Person & {
  role: SellerRole;
  twoFactor: boolean;
  createdAt: Date;
  deactivatedAt: Date | null;
};

const memberColumns = `
  s.user_id as "userId", u.name, u.email, s.role, coalesce(u.two_factor_enabled, false) as "twoFactor",
  s.created_at as "createdAt", s.deactivated_at as "deactivatedAt"`;

/** A page of a seller's staff, deactivated members included, in the order in which they came. */
export async function listStaff(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: string },
): Promise<{ members: StaffMember[]; hasMore: boolean }> {
  const rows = await reader.query<StaffMember & Row>({
    text: `select ${memberColumns}
             from staff s join staff_users u on u.id = s.user_id
            where s.tenant_id = $1 and ($2::uuid is null or s.user_id > $2)
            order by s.user_id limit $3`,
    values: [tenantId, page.startingAfter ?? null, page.limit + 1],
  });
  return { members: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** One member of a seller's staff, or null. */
export async function readStaffMember(
  reader: Reader,
  tenantId: number,
  userId: string,
): Promise<StaffMember | null> {
  const [row] = await reader.query<StaffMember & Row>({
    text: `select ${memberColumns}
             from staff s join staff_users u on u.id = s.user_id where s.tenant_id = $1 and s.user_id = $2`,
    values: [tenantId, userId],
  });
  return row ?? null;
}

/** The role in which a person acts at a seller: an administrator's first. Null where they have none. */
export async function readRole(
  reader: Reader,
  tenantId: number,
  userId: string,
): Promise<{ name: string; role: Role; twoFactor: boolean } | null> {
  const [row] = await reader.query<Row & { name: string; role: Role; twoFactor: boolean }>({
    name: 'read-role',
    text: `select u.name, s.role, coalesce(u.two_factor_enabled, false) as "twoFactor"
             from staff s join staff_users u on u.id = s.user_id
            where s.user_id = $2 and s.tenant_id in (0, $1) and s.deactivated_at is null
              and exists (select from sellers where tenant_id = $1)
            order by s.tenant_id limit 1`,
    values: [tenantId, userId],
  });
  return row ?? null;
}

/** A seller that somebody works for, with what its amounts and times are shown in; tenant 0, the platform, has none. */
type Workplace = {
  tenantId: number;
  sellerName: string | null;
  currency: string | null;
  timezone: string | null;
  role: Role;
};

/** Where a person works: tenant 0 is the platform. */
export async function listWorkplaces(reader: Reader, userId: string): Promise<Workplace[]> {
  return await reader.query<Row & Workplace>({
    text: `select s.tenant_id as "tenantId", t.name as "sellerName", t.currency, t.timezone, s.role
             from staff s left join sellers t on t.tenant_id = s.tenant_id
            where s.user_id = $1 and s.deactivated_at is null order by s.tenant_id`,
    values: [userId],
  });
}

/** The person of an e-mail address in lower case, or null. */
export async function findPerson(reader: Reader, email: string): Promise<Person | null> {
  const [row] = await reader.query<Person & Row>({
    text: 'select id as "userId", name, email from staff_users where email = $1',
    values: [email],
  });
  return row ?? null;
}

/** Creates somebody who can sign in with a password; `false` when their address was taken meanwhile. */
export async function createPerson(
  tx: Tx,
  person: Person & { credentialId: string; passwordHash: string },
): Promise<boolean> {
  const created = await tx.query({
    text: `insert into staff_users (id, name, email, email_verified) values ($1, $2, $3, true)
           on conflict (email) do nothing returning id`,
    values: [person.userId, person.name, person.email],
  });
  if (created.length === 0) return false;
  // The way in which better-auth writes that somebody signs in by a password.
  await tx.query({
    text: `insert into staff_credentials (id, user_id, account_id, provider_id, password)
           values ($1, $2, $3, 'credential', $4)`,
    values: [person.credentialId, person.userId, person.userId, person.passwordHash],
  });
  return true;
}

/** Makes a person staff; `false` when they are already. */
export async function addStaff(tx: Tx, tenantId: number, userId: string, role: Role): Promise<boolean> {
  const added = await tx.query({
    text: 'insert into staff (tenant_id, user_id, role) values ($1, $2, $3) on conflict do nothing returning user_id',
    values: [tenantId, userId, role],
  });
  return added.length > 0;
}

/** What came of changing a member of staff. */
export type StaffChange =
  | { outcome: 'not_found' }
  | { outcome: 'changed' | 'unchanged' | 'last_owner'; roleBefore: SellerRole; activeBefore: boolean };

/** Gives a member of staff a role or says whether they are active, or both; the guard is in SQL's change_staff. */
export async function changeStaff(
  tx: Tx,
  tenantId: number,
  userId: string,
  to: { role: SellerRole | undefined; active: boolean | undefined; now: Date },
): Promise<StaffChange> {
  const [row] = await tx.query<StaffChange & Row>({
    text: `select outcome, role_before as "roleBefore", active_before as "activeBefore"
             from change_staff($1, $2, $3, $4, $5)`,
    values: [tenantId, userId, to.role ?? null, to.active ?? null, to.now],
  });
  return row!;
}

/** A seller's name, or null when there is no such seller. */
export async function readSellerName(reader: Reader, tenantId: number): Promise<string | null> {
  const [row] = await reader.query<Row & { name: string }>({
    text: 'select name from sellers where tenant_id = $1',
    values: [tenantId],
  });
  return row?.name ?? null;
}
