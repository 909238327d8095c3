import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Role, SellerRole } from './roles.ts';

export type NewInvitation = {
  tenantId: number;
  invitationId: string;
  email: string;
  name: string | null;
  role: Role;
  tokenHash: Buffer;
  now: Date;
  expiresAt: Date;
};

/**
 * Creates an invitation. One that is open for the same address is revoked: its link ends.
 * @returns the role that the one before invited to, if there was one.
 */
export async function createInvitation(tx: Tx, invitation: NewInvitation): Promise<Role | null> {
  const { tenantId, invitationId, email, name, role, tokenHash, now, expiresAt } = invitation;
  // The address is the lock under which its invitations follow each other.
  await tx.query({
    text: `select pg_advisory_xact_lock(hashtextextended('invite/' || $1 || '/' || $2, 0))`,
    values: [String(tenantId), email],
  });
  const [replaced] = await tx.query<Row & { role: Role }>({
    text: `update staff_invitations set revoked_at = $3
            where tenant_id = $1 and email = $2 and accepted_at is null and revoked_at is null returning role`,
    values: [tenantId, email, now],
  });
  await tx.query({
    text: `insert into staff_invitations (tenant_id, invitation_id, email, name, role, token_hash, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [tenantId, invitationId, email, name, role, tokenHash, now, expiresAt],
  });
  return replaced?.role ?? null;
}

/** Notes what came of an invitation's mail: null when it was accepted for delivery, else why not. */
export async function noteInvitationMail(
  tx: Tx,
  key: { tenantId: number; invitationId: string },
  fault: string | null,
  now: Date,
): Promise<void> {
  await tx.query({
    text: `update staff_invitations set mail_fault = $3, mailed_at = case when $3::text is null then $4::timestamptz end
            where tenant_id = $1 and invitation_id = $2`,
    values: [key.tenantId, key.invitationId, fault, now],
  });
}

export type Invitation = {
  invitationId: string;
  email: string;
  name: string | null;
  role: SellerRole;
  createdAt: Date;
  expiresAt: Date;
  mailedAt: Date | null;
  mailFault: string | null;
};

/** A page of a seller's open invitations, expired ones included, the newest first. */
export async function listInvitations(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: string },
): Promise<{ invitations: Invitation[]; hasMore: boolean }> {
  const rows = await reader.query<Invitation & Row>({
    text: `select invitation_id as "invitationId", email, name, role, created_at as "createdAt", expires_at as "expiresAt",
                  mailed_at as "mailedAt", mail_fault as "mailFault"
             from staff_invitations
            where tenant_id = $1 and accepted_at is null and revoked_at is null
              and ($2::uuid is null or invitation_id < $2)
            order by invitation_id desc limit $3`,
    values: [tenantId, page.startingAfter ?? null, page.limit + 1],
  });
  return { invitations: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}

/** Reads what a link that can still be used invites to; null for any other. */
export async function readInvitation(
  reader: Reader,
  tenantId: number,
  tokenHash: Buffer,
  now: Date,
): Promise<{
  email: string;
  name: string | null;
  role: Role;
  sellerName: string | null;
  expiresAt: Date;
} | null> {
  const [row] = await reader.query<
    Row & { email: string; name: string | null; role: Role; sellerName: string | null; expiresAt: Date }
  >({
    text: `select i.email, i.name, i.role, s.name as "sellerName", i.expires_at as "expiresAt"
             from staff_invitations i left join sellers s on s.tenant_id = i.tenant_id
            where i.tenant_id = $1 and i.token_hash = $2
              and i.accepted_at is null and i.revoked_at is null and i.expires_at > $3`,
    values: [tenantId, tokenHash, now],
  });
  return row ?? null;
}

/** Takes an invitation, once; null when it can no longer be used. */
export async function takeInvitation(
  tx: Tx,
  tenantId: number,
  tokenHash: Buffer,
  now: Date,
): Promise<{ invitationId: string; email: string; name: string | null; role: Role } | null> {
  const [row] = await tx.query<
    Row & { invitationId: string; email: string; name: string | null; role: Role }
  >({
    text: `select invitation_id as "invitationId", email, name, role from take_invitation($1, $2, $3)`,
    values: [tenantId, tokenHash, now],
  });
  return row ?? null;
}

/** Revokes an open invitation. @returns whom it had invited, or null when it is not open. */
export async function revokeInvitation(
  tx: Tx,
  tenantId: number,
  invitationId: string,
  now: Date,
): Promise<{ email: string; role: SellerRole } | null> {
  const [row] = await tx.query<Row & { email: string; role: SellerRole }>({
    text: `update staff_invitations set revoked_at = $3
            where tenant_id = $1 and invitation_id = $2 and accepted_at is null and revoked_at is null
        returning email, role`,
    values: [tenantId, invitationId, now],
  });
  return row ?? null;
}
