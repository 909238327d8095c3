import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts } from './attempt.store.ts';
import type { Auth } from './auth.ts';
import { newPasswordSchema, tokenSchema } from './identity.schema.ts';
import { takePasswordReset } from './password-reset.store.ts';
import { recordPersonalChange } from './personal-change.store.ts';
import { parseToken } from './secret-token.ts';
import { endAllSessions, lockPassword, storePassword } from './session.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

function resetEnded(): Problem {
  return new Problem(
    'password_reset_ended',
    'This link was used, replaced, or has expired. Ask for another.',
  );
}

/** `POST /auth/password-resets/complete`: a new password by a link, once; every session ends. A second factor stays. */
export function completePasswordResetRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.post(
    '/auth/password-resets/complete',
    {
      config: { problems: ['password_reset_ended', 'forbidden'] },
      schema: {
        operationId: 'completePasswordReset',
        tags: ['identity'],
        summary: 'Set a new password by a link',
        body: object({ token: tokenSchema, new_password: newPasswordSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const token = parseToken(request.body.token);
      if (token?.kind !== 'reset') throw resetEnded();
      const at = clock.now();
      const newHash = await auth.hashPassword(request.body.new_password);
      const { email } = await transact(pool, async (tx) => {
        const person = await takePasswordReset(tx, token.hash, at);
        if (!person) throw resetEnded();
        await lockPassword(tx, person.userId);
        await storePassword(tx, person.userId, newHash);
        const after = { sessions_ended: await endAllSessions(tx, person.userId) };
        const change = { verb: 'reset_password', after, address, requestId: request.id };
        await recordPersonalChange(tx, ids, { person, at, ...change });
        return person;
      });
      // Whoever guessed at the old password does not keep its owner out.
      await forgetAttempts(pool, `sign-in/${email}`);
      return reply.code(204).send(null);
    },
  );
}
