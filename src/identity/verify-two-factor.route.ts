import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { countAttempt, forgetAttempts, requireAttempt } from './attempt.store.ts';
import { codeUseRule, guessRule } from './attempt.ts';
import { cookieAfter, verifySecondFactor, type Auth, type SignedIn } from './auth.ts';
import { secondFactorSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';
import { endOtherSessions, endSession } from './session.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `POST /auth/two-factor/verify`: the second half of a sign-in, or the end of setting the factor up. */
export function verifyTwoFactorRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  /** A code that was used opens no second session: the one that it just began ends before anybody has it. */
  async function refuseSecondUse({ userId, sessionId }: SignedIn, code: string): Promise<void> {
    const { allowed } = await countAttempt(pool, `code/${userId}/${code}`, codeUseRule, clock.now());
    if (allowed) return;
    await transact(pool, (tx) => endSession(tx, userId, sessionId));
    throw new Problem('second_factor_wrong', 'This code was used already. Wait for the next one.');
  }

  /** Sessions that began without the second factor end: whoever has them never showed it. */
  async function tellEnrolled(person: SignedIn, from: { address: string; requestId: string }): Promise<void> {
    const at = clock.now();
    await transact(pool, async (tx) => {
      const ended = await endOtherSessions(tx, person.userId, person.sessionId);
      const change = { verb: 'enable_two_factor', after: { sessions_ended: ended }, ...from };
      await recordPersonalChange(tx, ids, { person, at, ...change });
    });
  }

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
      const { code } = request.body;
      const before = await auth.readSession(caller.cookie);
      const key = before && `second-factor/${before.userId}`;
      if (key) await requireAttempt(pool, key, guessRule, clock.now());
      const { cookies } = await verifySecondFactor(auth, caller, code);
      if (key) await forgetAttempts(pool, key);
      const person = await auth.readSession(cookieAfter(cookies));
      if (person && before === null) await refuseSecondUse(person, code);
      if (person?.twoFactor && before?.twoFactor === false) {
        await tellEnrolled(person, { address: caller.address, requestId: request.id });
      }
      reply.header('set-cookie', cookies);
      return { status: 'signed_in' as const };
    },
  );
}
