import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { signedInOf } from '../http/guard.ts';
import { currencySchema, instantSchema, object } from '../http/schemas.ts';
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
  administrator_rights: Type.Array(rightSchema, { description: 'What they may do at every seller' }),
  sellers: Type.Array(
    object({
      id: sellerIdSchema,
      name: Type.String(),
      currency: currencySchema,
      time_zone: Type.String({ examples: ['America/Caracas'] }),
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
      const isAdministrator = workplaces.some((one) => one.role === 'administrator');
      return {
        user: { id: userId, name, email, two_factor_enabled: twoFactor },
        expires_at: expiresAt.toISOString(),
        administrator: isAdministrator,
        administrator_rights: isAdministrator ? rightsOf('administrator') : [],
        sellers: workplaces
          .filter((one) => one.role !== 'administrator')
          .map(({ tenantId, sellerName, currency, timezone, role }) => ({
            id: tenantId,
            name: sellerName ?? '',
            currency: currency ?? '',
            time_zone: timezone ?? '',
            role,
            rights: rightsOf(role),
            two_factor_required: needsTwoFactor(role) && !twoFactor,
          })),
      };
    },
  );
}
