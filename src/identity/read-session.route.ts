import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { signedInOf } from '../http/guard.ts';
import { instantSchema, object } from '../http/schemas.ts';
import type { Auth } from './auth.ts';
import { rightSchema, roleSchema, sellerIdSchema, uuidSchema } from './identity.schema.ts';
import { needsTwoFactor, rightsOf } from './roles.ts';
import { listWorkplaces } from './staff.store.ts';

const sessionSchema = object({
  user: object({
    id: uuidSchema,
    name: Type.String(),
    email: Type.String(),
    two_factor_enabled: Type.Boolean(),
  }),
  expires_at: instantSchema,
  administrator: Type.Boolean({ description: "Whether they are the platform's, at every seller" }),
  sellers: Type.Array(
    object({
      id: sellerIdSchema,
      name: Type.String(),
      role: roleSchema,
      rights: Type.Array(rightSchema),
      two_factor_required: Type.Boolean({
        description: 'Whether a second factor is still needed to change anything',
      }),
    }),
  ),
});

type Deps = { auth: Auth; reader: Reader };

/** `GET /auth/session`: who is signed in, where they work, and what they may do there. */
export function readSessionRoute(app: App, { auth, reader }: Deps): void {
  app.get(
    '/auth/session',
    {
      config: { problems: ['unauthenticated'] },
      schema: {
        operationId: 'readSession',
        tags: ['identity'],
        summary: 'Who is signed in, and what they may do',
        response: { 200: sessionSchema },
      },
    },
    async (request) => {
      const { userId, name, email, twoFactor, expiresAt } = await signedInOf(request, auth);
      const workplaces = await listWorkplaces(reader, userId);
      return {
        user: { id: userId, name, email, two_factor_enabled: twoFactor },
        expires_at: expiresAt.toISOString(),
        administrator: workplaces.some((one) => one.role === 'administrator'),
        sellers: workplaces
          .filter((one) => one.role !== 'administrator')
          .map(({ tenantId, sellerName, role }) => ({
            id: tenantId,
            name: sellerName ?? '',
            role,
            rights: rightsOf(role),
            two_factor_required: needsTwoFactor(role) && !twoFactor,
          })),
      };
    },
  );
}
