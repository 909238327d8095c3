import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from './audit-log.store.ts';
import {
  sellerIdSchema,
  sellerRoleSchema,
  staffMemberSchema,
  toStaffMemberAnswer,
  uuidSchema,
} from './identity.schema.ts';
import { requireReach } from './principal.ts';
import { changeStaff, readStaffMember } from './staff.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PATCH /sellers/{id}/staff/{id}`: another role, or the end (and the return) of somebody's work. */
export function changeStaffRoute(app: App, { pool, clock, ids }: Deps): void {
  app.patch(
    '/sellers/:seller_id/staff/:user_id',
    {
      config: { right: 'staff.manage', problems: ['staff_not_found', 'last_owner'] },
      schema: {
        operationId: 'changeStaff',
        tags: ['identity'],
        summary: "Change somebody's role, or deactivate them",
        params: object({ seller_id: sellerIdSchema, user_id: uuidSchema }),
        body: object(
          { role: Type.Optional(sellerRoleSchema), active: Type.Optional(Type.Boolean()) },
          { minProperties: 1 },
        ),
        response: { 200: staffMemberSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, user_id: userId } = request.params;
      const { role, active } = request.body;
      const now = clock.now();
      const member = await transact(pool, async (tx) => {
        const change = await changeStaff(tx, tenantId, userId, { role, active, now });
        if (change.outcome === 'not_found') {
          throw new Problem('staff_not_found', 'Nobody of this id works for the seller.');
        }
        const { outcome, roleBefore, activeBefore } = change;
        requireReach(principalOf(request), roleBefore, role ?? roleBefore);
        if (outcome === 'last_owner') {
          throw new Problem('last_owner', 'Nobody else owns the seller. Make somebody else owner first.');
        }
        if (outcome === 'changed') {
          await recordChange(tx, ids, {
            tenantId,
            at: now,
            actor: actorOf(request),
            verb: 'change',
            object: { kind: 'staff', id: userId },
            before: { role: roleBefore, active: activeBefore },
            after: { role: role ?? roleBefore, active: active ?? activeBefore },
          });
        }
        return await readStaffMember(tx, tenantId, userId);
      });
      return toStaffMemberAnswer(member!);
    },
  );
}
