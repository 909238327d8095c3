import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { instantSchema, object } from '../http/schemas.ts';
import {
  emailSchema,
  sellerParamsSchema,
  sellerRoleSchema,
  staffNameSchema,
  uuidSchema,
} from './identity.schema.ts';
import type { SendInvitation } from './invitation-mail.ts';
import { noteInvitationMail } from './invitation.store.ts';
import { invitePerson } from './invite-person.store.ts';
import { requireReach } from './principal.ts';
import { findPerson, readSellerName, readStaffMember } from './staff.store.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  ids: IdSource;
  sendInvitation: SendInvitation;
};

const invitationSchema = object({
  id: uuidSchema,
  email: Type.String(),
  role: sellerRoleSchema,
  expires_at: instantSchema,
  mail: Type.Enum(['accepted', 'failed']),
  mail_fault: Type.Optional(Type.String({ description: 'Why the mail did not go' })),
});

/** `POST /sellers/{id}/staff/invitations`: invites somebody by mail; again for one address ends its link before. */
export function inviteStaffRoute(app: App, { pool, clock, ids, sendInvitation }: Deps): void {
  app.post(
    '/sellers/:seller_id/staff/invitations',
    {
      config: { right: 'staff.manage', problems: ['staff_exists'] },
      schema: {
        operationId: 'inviteStaff',
        tags: ['identity'],
        summary: 'Invite somebody to work for a seller',
        params: sellerParamsSchema,
        body: object({ email: emailSchema, role: sellerRoleSchema, name: Type.Optional(staffNameSchema) }),
        response: { 201: invitationSchema },
      },
    },
    async (request, reply) => {
      const { role, name = null } = request.body;
      const email = request.body.email.toLowerCase();
      const principal = principalOf(request);
      requireReach(principal, role);
      const { tenantId } = principal;
      const now = clock.now();
      const { invitation, sellerName } = await transact(pool, async (tx) => {
        const known = await findPerson(tx, email);
        if (known && (await readStaffMember(tx, tenantId, known.userId))) {
          throw new Problem('staff_exists', 'This person is staff of the seller already; change their role.');
        }
        const invite = { tenantId, email, name, role, actor: actorOf(request), now };
        const invited = await invitePerson(tx, ids, invite);
        if (invited.replacedRole) requireReach(principal, invited.replacedRole);
        return { invitation: invited, sellerName: await readSellerName(tx, tenantId) };
      });
      const { invitationId, token, expiresAt } = invitation;
      const fault = await sendInvitation({
        invitationId,
        email,
        name,
        role,
        sellerName: sellerName ?? '',
        token,
        date: now,
        expiresAt,
      });
      await transact(pool, (tx) => noteInvitationMail(tx, { tenantId, invitationId }, fault, clock.now()));
      return reply.code(201).send({
        id: invitationId,
        email,
        role,
        expires_at: expiresAt.toISOString(),
        ...(fault === null ? { mail: 'accepted' as const } : { mail: 'failed' as const, mail_fault: fault }),
      });
    },
  );
}
