import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, list, object } from '../http/schemas.ts';
import { sellerParamsSchema, sellerRoleSchema, uuidPageQuerySchema, uuidSchema } from './identity.schema.ts';
import { listInvitations } from './invitation.store.ts';

const invitationSchema = object({
  id: uuidSchema,
  email: Type.String(),
  name: Type.Union([Type.String(), Type.Null()]),
  role: sellerRoleSchema,
  created_at: instantSchema,
  expires_at: instantSchema,
  mail: Type.Enum(['sending', 'accepted', 'failed']),
  mail_fault: Type.Optional(Type.String()),
});

/** `GET /sellers/{id}/staff/invitations`: invitations that nobody has accepted yet, expired ones included. */
export function listInvitationsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/staff/invitations',
    {
      config: { right: 'staff.read' },
      schema: {
        operationId: 'listInvitations',
        tags: ['identity'],
        summary: 'Invitations that wait',
        params: sellerParamsSchema,
        querystring: uuidPageQuerySchema,
        response: { 200: list(invitationSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { invitations, hasMore } = await listInvitations(reader, request.params.seller_id, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      const data = invitations.map(({ mailFault, mailedAt, ...one }) => ({
        id: one.invitationId,
        email: one.email,
        name: one.name,
        role: one.role,
        created_at: one.createdAt.toISOString(),
        expires_at: one.expiresAt.toISOString(),
        ...(mailFault === null
          ? { mail: mailedAt ? ('accepted' as const) : ('sending' as const) }
          : { mail: 'failed' as const, mail_fault: mailFault }),
      }));
      return { data, has_more: hasMore };
    },
  );
}
