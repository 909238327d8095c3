import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { roleSchema, tokenSchema } from './identity.schema.ts';
import { readInvitation } from './invitation.store.ts';
import { invitationEnded } from './invitation.ts';
import { parseToken } from './secret-token.ts';
import { findPerson } from './staff.store.ts';

const invitationSchema = object({
  seller: Type.Union([object({ id: Type.Integer(), name: Type.String() }), Type.Null()], {
    description: 'Absent for an administrator of the platform',
  }),
  email: Type.String(),
  name: Type.Union([Type.String(), Type.Null()]),
  role: roleSchema,
  expires_at: instantSchema,
  has_account: Type.Boolean({
    description: 'Whether this address signs in already; if not, a name and a password are needed',
  }),
});

type Deps = { reader: Reader; clock: Clock };

/** `POST /auth/invitations/read`: what a link invites to, before it is accepted. */
export function readInvitationRoute(app: App, { reader, clock }: Deps): void {
  app.post(
    '/auth/invitations/read',
    {
      config: { problems: ['invitation_ended'] },
      schema: {
        operationId: 'readInvitation',
        tags: ['identity'],
        summary: 'Read an invitation by its token',
        body: object({ token: tokenSchema }),
        response: { 200: invitationSchema },
      },
    },
    async (request) => {
      const token = parseToken(request.body.token);
      if (token?.kind !== 'invite') throw invitationEnded();
      const invitation = await readInvitation(reader, token.tenantId, token.hash, clock.now());
      if (!invitation) throw invitationEnded();
      const { email, name, role, sellerName, expiresAt } = invitation;
      return {
        seller: sellerName === null ? null : { id: token.tenantId, name: sellerName },
        email,
        name,
        role,
        expires_at: expiresAt.toISOString(),
        has_account: (await findPerson(reader, email)) !== null,
      };
    },
  );
}
