import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from './audit-log.store.ts';
import { sellerIdSchema, uuidSchema } from './identity.schema.ts';
import { revokeInvitation } from './invitation.store.ts';
import { requireReach } from './principal.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `DELETE /sellers/{id}/staff/invitations/{id}`: ends the link of an invitation that waits. */
export function revokeInvitationRoute(app: App, { pool, clock, ids }: Deps): void {
  app.delete(
    '/sellers/:seller_id/staff/invitations/:invitation_id',
    {
      config: { right: 'staff.manage', problems: ['invitation_not_found'] },
      schema: {
        operationId: 'revokeInvitation',
        tags: ['identity'],
        summary: 'Revoke an invitation',
        params: object({ seller_id: sellerIdSchema, invitation_id: uuidSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, invitation_id: invitationId } = request.params;
      const now = clock.now();
      await transact(pool, async (tx) => {
        const revoked = await revokeInvitation(tx, tenantId, invitationId, now);
        if (!revoked) throw new Problem('invitation_not_found', 'No such invitation waits.');
        requireReach(principalOf(request), revoked.role);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'revoke',
          object: { kind: 'invitation', id: invitationId },
          before: { email: revoked.email, role: revoked.role },
        });
      });
      return reply.code(204).send(null);
    },
  );
}
