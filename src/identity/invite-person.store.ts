import type { IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Tx } from '../db/transaction.ts';
import { recordChange } from './audit-log.store.ts';
import { createInvitation } from './invitation.store.ts';
import type { Actor } from './principal.ts';
import type { Role } from './roles.ts';
import { makeToken } from './secret-token.ts';

/** Whom to invite, as what, and who does. */
export type Invite = {
  tenantId: number;
  email: string;
  name: string | null;
  role: Role;
  actor: Actor;
  now: Date;
};

/**
 * Invites somebody and tells the audit log.
 * @returns the invitation with its token, which is stored nowhere, and the role of the one that it replaced.
 */
export async function invitePerson(
  tx: Tx,
  ids: IdSource,
  { tenantId, email, name, role, actor, now }: Invite,
): Promise<{ invitationId: string; token: string; expiresAt: Date; replacedRole: Role | null }> {
  const invitationId = ids.uuid();
  const token = makeToken('invite', tenantId);
  const expiresAt = new Date(now.getTime() + limits.invitationSeconds * 1000);
  const replacedRole = await createInvitation(tx, {
    tenantId,
    invitationId,
    email,
    name,
    role,
    tokenHash: token.hash,
    now,
    expiresAt,
  });
  await recordChange(tx, ids, {
    tenantId,
    at: now,
    actor,
    verb: 'invite',
    object: { kind: 'invitation', id: invitationId },
    ...(replacedRole === null ? {} : { before: { email, role: replacedRole } }),
    after: { email, role, expires_at: expiresAt.toISOString() },
  });
  return { invitationId, token: token.text, expiresAt, replacedRole };
}
