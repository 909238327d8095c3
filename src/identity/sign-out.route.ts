import { Type } from 'typebox';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import type { Auth } from './auth.ts';

/** `POST /auth/sign-out`: ends the session; without one there is nothing to end, which is the same. */
export function signOutRoute(app: App, { auth }: { auth: Auth }): void {
  app.post(
    '/auth/sign-out',
    {
      config: { problems: ['forbidden'] },
      schema: {
        operationId: 'signOut',
        tags: ['identity'],
        summary: 'End the session',
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { cookies } = await auth.call('/sign-out', callerOf(request), {});
      return reply.code(204).header('set-cookie', cookies).send(null);
    },
  );
}
