import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import type { App } from '../http/app.ts';
import { callerOf, signedInOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import type { Auth } from './auth.ts';
import { passwordSchema } from './identity.schema.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock };

/** `POST /auth/two-factor`: a secret for an app; it counts once a first code was verified. */
export function enrolTwoFactorRoute(app: App, { auth, pool, clock }: Deps): void {
  app.post(
    '/auth/two-factor',
    {
      config: { problems: ['unauthenticated', 'two_factor_enabled', 'too_many_attempts', 'forbidden'] },
      schema: {
        operationId: 'enrolTwoFactor',
        tags: ['identity'],
        summary: 'Begin to set up a second factor',
        body: object({ password: passwordSchema }),
        response: {
          200: object({
            totp_uri: Type.String({ description: 'otpauth://…, to be shown as a QR code' }),
            backup_codes: Type.Array(Type.String(), {
              description: 'Each replaces one code, once; they are shown only now',
            }),
          }),
        },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { userId } = await signedInOf(request, auth);
      const key = `password/${userId}`;
      await requireAttempt(pool, key, guessRule, clock.now());
      const { body } = await auth.call('/two-factor/enable', caller, { password: request.body.password });
      await forgetAttempts(pool, key);
      return { totp_uri: String(body['totpURI']), backup_codes: body['backupCodes'] as string[] };
    },
  );
}
