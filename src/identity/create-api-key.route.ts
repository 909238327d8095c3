import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { createApiKey } from './api-key.store.ts';
import { recordChange } from './audit-log.store.ts';
import {
  apiKeySchema,
  rightSchema,
  sellerParamsSchema,
  staffNameSchema,
  toApiKeyAnswer,
} from './identity.schema.ts';
import { may, type Principal } from './principal.ts';
import { rights as allRights, rightsOf, type Right } from './roles.ts';
import { makeToken } from './secret-token.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

const hintChars = 4;
const dayMilliseconds = 86_400_000;

/** A key can do no more than keys can at all, and no more than whoever makes it. */
function refuseBeyondReach(principal: Principal, rights: readonly Right[]): void {
  const keyable = rightsOf('api_key');
  const errors = rights.flatMap((right, index) => {
    if (keyable.includes(right) && may(principal, right)) return [];
    const message = `You cannot give ${right} to a key.`;
    return [{ path: `/rights/${index}`, code: 'not_allowed', message }];
  });
  if (errors.length === 0) return;
  throw new Problem('body_invalid', 'The body is well formed but wrong; "errors" names each field.', {
    errors,
  });
}

/** `POST /sellers/{id}/api-keys`: a key for a program; it is shown once. */
export function createApiKeyRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/api-keys',
    {
      config: { right: 'api_keys.manage' },
      schema: {
        operationId: 'createApiKey',
        tags: ['identity'],
        summary: 'Create an API key',
        params: sellerParamsSchema,
        body: object({
          name: staffNameSchema,
          rights: Type.Array(rightSchema, { minItems: 1, maxItems: allRights.length, uniqueItems: true }),
          expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.apiKeyDaysMax })),
        }),
        response: {
          201: object({ ...apiKeySchema.properties, key: Type.String({ examples: ['tq_live_1_…'] }) }),
        },
      },
    },
    async (request, reply) => {
      const { name, rights, expires_in_days: days } = request.body;
      const principal = principalOf(request);
      refuseBeyondReach(principal, rights);
      const { tenantId } = principal;
      const token = makeToken('live', tenantId);
      const now = clock.now();
      const key = {
        keyId: ids.uuid(),
        name,
        hint: token.text.slice(-hintChars),
        rights,
        createdAt: now,
        expiresAt: days === undefined ? null : new Date(now.getTime() + days * dayMilliseconds),
      };
      await transact(pool, async (tx) => {
        await createApiKey(tx, tenantId, { ...key, tokenHash: token.hash });
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'api_key', id: key.keyId },
          after: { name, rights, expires_at: key.expiresAt?.toISOString() ?? null },
        });
      });
      const answer = toApiKeyAnswer({ ...key, lastUsedAt: null, revokedAt: null });
      return reply.code(201).send({ ...answer, key: token.text });
    },
  );
}
