import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf, signedInOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import { verifySecondFactor, type Auth } from './auth.ts';
import { passwordSchema, secondFactorSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `POST /auth/two-factor/disable`: takes the second factor away, as before it moves to another phone. */
export function disableTwoFactorRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.post(
    '/auth/two-factor/disable',
    {
      config: {
        problems: [
          'unauthenticated',
          'second_factor_wrong',
          'two_factor_missing',
          'too_many_attempts',
          'forbidden',
        ],
      },
      schema: {
        operationId: 'disableTwoFactor',
        tags: ['identity'],
        summary: 'Take your second factor away',
        body: object({ password: passwordSchema, code: secondFactorSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const person = await signedInOf(request, auth);
      if (!person.twoFactor) throw new Problem('two_factor_missing', 'You have no second factor.');
      const key = `second-factor/${person.userId}`;
      await requireAttempt(pool, key, guessRule, clock.now());
      await verifySecondFactor(auth, caller, request.body.code);
      const { cookies } = await auth.call('/two-factor/disable', caller, { password: request.body.password });
      await forgetAttempts(pool, key);
      const at = clock.now();
      const change = { verb: 'disable_two_factor', address: caller.address, requestId: request.id };
      await transact(pool, (tx) => recordPersonalChange(tx, ids, { person, at, ...change }));
      return reply.code(204).header('set-cookie', cookies).send(null);
    },
  );
}
