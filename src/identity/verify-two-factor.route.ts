import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import { cookieAfter, verifySecondFactor, type Auth } from './auth.ts';
import { secondFactorSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';
import { endOtherSessions } from './session.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `POST /auth/two-factor/verify`: the second half of a sign-in, or the end of setting the factor up. */
export function verifyTwoFactorRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.post(
    '/auth/two-factor/verify',
    {
      config: {
        problems: [
          'second_factor_wrong',
          'sign_in_ended',
          'two_factor_missing',
          'too_many_attempts',
          'forbidden',
        ],
      },
      schema: {
        operationId: 'verifyTwoFactor',
        tags: ['identity'],
        summary: 'Complete a sign-in, or the set-up of a second factor',
        body: object({ code: secondFactorSchema }),
        response: { 200: object({ status: Type.Literal('signed_in') }) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const before = await auth.readSession(caller.cookie);
      const key = before && `second-factor/${before.userId}`;
      if (key) await requireAttempt(pool, key, guessRule, clock.now());
      const { cookies } = await verifySecondFactor(auth, caller, request.body.code);
      if (key) await forgetAttempts(pool, key);
      const person = before && !before.twoFactor ? await auth.readSession(cookieAfter(cookies)) : null;
      if (person?.twoFactor) {
        const at = clock.now();
        await transact(pool, async (tx) => {
          // They began without the second factor, and whoever has them never showed it.
          const ended = await endOtherSessions(tx, person.userId, person.sessionId);
          const after = { sessions_ended: ended };
          const change = { verb: 'enable_two_factor', after, address: caller.address, requestId: request.id };
          await recordPersonalChange(tx, ids, { person, at, ...change });
        });
      }
      reply.header('set-cookie', cookies);
      return { status: 'signed_in' as const };
    },
  );
}
