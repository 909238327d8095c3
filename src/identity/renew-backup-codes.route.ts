import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf, signedInOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import type { Auth } from './auth.ts';
import { passwordSchema } from './identity.schema.ts';
import { recordPersonalChange } from './personal-change.store.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock; ids: IdSource };

/** `POST /auth/two-factor/backup-codes`: other backup codes; those before count no more. */
export function renewBackupCodesRoute(app: App, { auth, pool, clock, ids }: Deps): void {
  app.post(
    '/auth/two-factor/backup-codes',
    {
      config: { problems: ['unauthenticated', 'two_factor_missing', 'too_many_attempts', 'forbidden'] },
      schema: {
        operationId: 'renewBackupCodes',
        tags: ['identity'],
        summary: 'Replace your backup codes',
        body: object({ password: passwordSchema }),
        response: { 200: object({ backup_codes: Type.Array(Type.String()) }) },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const person = await signedInOf(request, auth);
      const key = `password/${person.userId}`;
      await requireAttempt(pool, key, guessRule, clock.now());
      const { password } = request.body;
      const { body } = await auth.call('/two-factor/generate-backup-codes', caller, { password });
      await forgetAttempts(pool, key);
      const at = clock.now();
      const change = { verb: 'renew_backup_codes', address: caller.address, requestId: request.id };
      await transact(pool, (tx) => recordPersonalChange(tx, ids, { person, at, ...change }));
      return { backup_codes: body['backupCodes'] as string[] };
    },
  );
}
