import type { FastifyBaseLogger } from 'fastify';
import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { callerOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { requireAttempt } from './attempt.store.ts';
import { addressKey, resetRule, resetsOfAddressRule } from './attempt.ts';
import { emailSchema } from './identity.schema.ts';
import type { SendPasswordReset } from './password-reset-mail.ts';
import { createPasswordReset } from './password-reset.store.ts';
import { makeToken } from './secret-token.ts';
import { findPerson } from './staff.store.ts';

type Deps = {
  pool: Pool;
  reader: Reader;
  clock: Clock;
  ids: IdSource;
  sendPasswordReset: SendPasswordReset;
};

async function sendLink({ pool, reader, clock, ids, sendPasswordReset }: Deps, email: string): Promise<void> {
  const person = await findPerson(reader, email);
  if (!person) return;
  const token = makeToken('reset', 0);
  const date = clock.now();
  const expiresAt = new Date(date.getTime() + limits.passwordResetSeconds * 1000);
  const resetId = ids.uuid();
  await transact(pool, (tx) =>
    createPasswordReset(tx, { resetId, userId: person.userId, tokenHash: token.hash, expiresAt }),
  );
  const { name } = person;
  const fault = await sendPasswordReset({ resetId, email, name, token: token.text, date, expiresAt });
  if (fault !== null) throw new Error(fault);
}

/** Sends the link after the answer, so that neither its words nor its time tell whether somebody has this address. */
function sendLater(deps: Deps, email: string, log: FastifyBaseLogger): void {
  sendLink(deps, email).catch((error: unknown) => {
    log.warn({ err: error }, 'the link to a new password could not be sent');
  });
}

/** `POST /auth/password-resets`: sends a link to a new password to whoever signs in by this address. */
export function requestPasswordResetRoute(app: App, deps: Deps): void {
  app.post(
    '/auth/password-resets',
    {
      config: { problems: ['too_many_attempts', 'forbidden'] },
      schema: {
        operationId: 'requestPasswordReset',
        tags: ['identity'],
        summary: 'Have a link to a new password mailed; the answer is the same for every address',
        body: object({ email: emailSchema }),
        response: { 202: object({ expires_in_seconds: Type.Integer() }) },
      },
    },
    async (request, reply) => {
      const { address } = callerOf(request);
      const now = deps.clock.now();
      const email = request.body.email.toLowerCase();
      await requireAttempt(deps.pool, `reset/${addressKey(address)}`, resetsOfAddressRule, now);
      await requireAttempt(deps.pool, `reset/${email}`, resetRule, now);
      sendLater(deps, email, request.log);
      return reply.code(202).send({ expires_in_seconds: limits.passwordResetSeconds });
    },
  );
}
