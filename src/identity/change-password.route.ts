import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf, signedInOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import { wrongField, type Auth } from './auth.ts';
import { newPasswordSchema, passwordSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';
import { endOtherSessions, lockPassword, storePassword } from './session.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `POST /auth/password`: another password; all other sessions end. */
export function changePasswordRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.post(
    '/auth/password',
    {
      config: { problems: ['unauthenticated', 'too_many_attempts', 'forbidden'] },
      schema: {
        operationId: 'changePassword',
        tags: ['identity'],
        summary: 'Change your password',
        body: object({ current_password: passwordSchema, new_password: newPasswordSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const person = await signedInOf(request, auth);
      const at = clock.now();
      const key = `password/${person.userId}`;
      await requireAttempt(pool, key, guessRule, at);
      const { current_password, new_password } = request.body;
      const newHash = await auth.hashPassword(new_password);
      await transact(pool, async (tx) => {
        const hash = await lockPassword(tx, person.userId);
        if (hash === null || !(await auth.verifyPassword(hash, current_password))) {
          throw wrongField('/current_password', 'This is not your password.');
        }
        await storePassword(tx, person.userId, newHash);
        const ended = await endOtherSessions(tx, person.userId, person.sessionId);
        const after = { sessions_ended: ended };
        const change = { verb: 'change_password', after, address, requestId: request.id };
        await recordPersonalChange(tx, ids, { person, at, ...change });
      });
      await forgetAttempts(pool, key);
      return reply.code(204).send(null);
    },
  );
}
