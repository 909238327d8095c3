import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf, signedInOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import type { Auth } from './auth.ts';
import { uuidSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';
import { endOtherSessions, endSession } from './session.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `DELETE /auth/sessions/{id}` ends one of one's own sessions, `DELETE /auth/sessions` all others. */
export function revokeSessionsRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.delete(
    '/auth/sessions/:session_id',
    {
      config: { problems: ['unauthenticated', 'session_not_found', 'forbidden'] },
      schema: {
        operationId: 'revokeSession',
        tags: ['identity'],
        summary: 'End one of your sessions',
        params: object({ session_id: uuidSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const person = await signedInOf(request, auth);
      const at = clock.now();
      await transact(pool, async (tx) => {
        if (!(await endSession(tx, person.userId, request.params.session_id))) {
          throw new Problem('session_not_found', 'You have no such session.');
        }
        const after = { session: request.params.session_id };
        const change = { verb: 'end_session', after, address, requestId: request.id };
        await recordPersonalChange(tx, ids, { person, at, ...change });
      });
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/auth/sessions',
    {
      config: { problems: ['unauthenticated', 'forbidden'] },
      schema: {
        operationId: 'revokeOtherSessions',
        tags: ['identity'],
        summary: 'End all of your sessions but this one',
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const person = await signedInOf(request, auth);
      const at = clock.now();
      await transact(pool, async (tx) => {
        const ended = await endOtherSessions(tx, person.userId, person.sessionId);
        const after = { sessions_ended: ended };
        const change = { verb: 'end_sessions', after, address, requestId: request.id };
        await recordPersonalChange(tx, ids, { person, at, ...change });
      });
      return reply.code(204).send(null);
    },
  );
}
