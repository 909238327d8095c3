import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { signedInOf } from '../http/guard.ts';
import { instantSchema, object } from '../http/schemas.ts';
import type { Auth } from './auth.ts';
import { uuidSchema } from './identity.schema.ts';
import { listSessions } from './session.store.ts';

const sessionSchema = object({
  id: uuidSchema,
  current: Type.Boolean({ description: 'Whether this request belongs to it' }),
  created_at: instantSchema,
  expires_at: instantSchema,
  address: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
});

type Deps = { auth: Auth; reader: Reader; clock: Clock };

/** `GET /auth/sessions`: where somebody is signed in. */
export function listSessionsRoute(app: App, { auth, reader, clock }: Deps): void {
  app.get(
    '/auth/sessions',
    {
      config: { problems: ['unauthenticated'] },
      schema: {
        operationId: 'listSessions',
        tags: ['identity'],
        summary: 'Where you are signed in',
        response: { 200: object({ data: Type.Array(sessionSchema) }) },
      },
    },
    async (request) => {
      const { userId, sessionId } = await signedInOf(request, auth);
      const sessions = await listSessions(reader, userId, clock.now());
      return {
        data: sessions.map((session) => ({
          id: session.sessionId,
          current: session.sessionId === sessionId,
          created_at: session.createdAt.toISOString(),
          expires_at: session.expiresAt.toISOString(),
          address: session.address,
          user_agent: session.userAgent,
        })),
      };
    },
  );
}
