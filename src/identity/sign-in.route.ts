import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { forgetAttempts, requireAttempt } from './attempt.store.ts';
import { guessRule } from './attempt.ts';
import type { Auth } from './auth.ts';
import { emailSchema, passwordSchema } from './identity.schema.ts';

type Deps = { auth: Auth; pool: Pool; clock: Clock };

/** `POST /auth/sign-in`: begins a session, or asks for the second factor. */
export function signInRoute(app: App, { auth, pool, clock }: Deps): void {
  app.post(
    '/auth/sign-in',
    {
      config: { problems: ['sign_in_failed', 'too_many_attempts', 'forbidden'] },
      schema: {
        operationId: 'signIn',
        tags: ['identity'],
        summary: 'Sign in with a password',
        body: object({ email: emailSchema, password: passwordSchema }),
        response: {
          200: object({
            status: Type.Enum(['signed_in', 'second_factor_needed'], {
              description: 'With the session in a cookie, or with a cookie for /auth/two-factor/verify',
            }),
          }),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const email = request.body.email.toLowerCase();
      const key = `sign-in/${email}`;
      await requireAttempt(pool, key, guessRule, clock.now());
      const { password } = request.body;
      const { body, cookies } = await auth.call('/sign-in/email', caller, { email, password });
      await forgetAttempts(pool, key);
      reply.header('set-cookie', cookies);
      const isHalf = body['twoFactorRedirect'] === true;
      return { status: isHalf ? ('second_factor_needed' as const) : ('signed_in' as const) };
    },
  );
}
