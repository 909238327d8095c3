import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { requireAttempt } from './attempt.store.ts';
import { addressKey, enrolmentRule } from './attempt.ts';
import { recordChange } from './audit-log.store.ts';
import { enrolDevice } from './device.store.ts';
import { deviceKindSchema } from './identity.schema.ts';
import { makeToken, parseEnrolmentCode } from './secret-token.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

function refused(): Problem {
  return new Problem('enrolment_refused', 'The code is wrong or has ended. Ask for another one.');
}

/** `POST /devices/enrol`: a device gives the code that was typed into it, and gets the token it works with. */
export function enrolDeviceRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/devices/enrol',
    {
      config: { problems: ['enrolment_refused', 'too_many_attempts'] },
      schema: {
        operationId: 'enrolDevice',
        tags: ['identity'],
        summary: 'Enrol a device by its one-time code',
        body: object({ code: Type.String({ minLength: 1, maxLength: 40, examples: ['1-4-7KQ4M2'] }) }),
        response: {
          201: object({
            seller_id: Type.Integer(),
            device_id: Type.Integer(),
            kind: deviceKindSchema,
            name: Type.String(),
            token: Type.String({ description: 'For Authorization: Bearer …; it is shown once' }),
          }),
        },
      },
    },
    async (request, reply) => {
      const now = clock.now();
      await requireAttempt(pool, `enrol/${addressKey(request.ip)}`, enrolmentRule, now);
      const code = parseEnrolmentCode(request.body.code);
      if (!code) throw refused();
      const { tenantId, deviceNo, hash: codeHash } = code;
      const token = makeToken('device', tenantId);
      const attempt = { codeHash, tokenHash: token.hash, attemptsMax: limits.enrolmentAttemptsMax, now };
      // A wrong code is committed, since it counts, and refused afterwards.
      const enrolment = await transact(pool, async (tx) => {
        const result = await enrolDevice(tx, code, attempt);
        if (result.outcome === 'enrolled') {
          const { kind, name } = result;
          const actor = { kind: 'device' as const, id: String(deviceNo), name, address: request.ip };
          await recordChange(tx, ids, {
            tenantId,
            at: now,
            actor: { ...actor, requestId: request.id },
            verb: 'enrol',
            object: { kind: 'device', id: String(deviceNo) },
            after: { kind, name },
          });
        }
        return result;
      });
      if (enrolment.outcome !== 'enrolled') throw refused();
      const { kind, name } = enrolment;
      return reply
        .code(201)
        .send({ seller_id: tenantId, device_id: deviceNo, kind, name, token: token.text });
    },
  );
}
