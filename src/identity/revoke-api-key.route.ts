import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { revokeApiKey } from './api-key.store.ts';
import { recordChange } from './audit-log.store.ts';
import { sellerIdSchema, uuidSchema } from './identity.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `DELETE /sellers/{id}/api-keys/{id}`: ends a key at once; again is the same. */
export function revokeApiKeyRoute(app: App, { pool, clock, ids }: Deps): void {
  app.delete(
    '/sellers/:seller_id/api-keys/:key_id',
    {
      config: { right: 'api_keys.manage', problems: ['api_key_not_found'] },
      schema: {
        operationId: 'revokeApiKey',
        tags: ['identity'],
        summary: 'Revoke an API key',
        params: object({ seller_id: sellerIdSchema, key_id: uuidSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, key_id: keyId } = request.params;
      const now = clock.now();
      await transact(pool, async (tx) => {
        const key = await revokeApiKey(tx, tenantId, keyId, now);
        if (!key) throw new Problem('api_key_not_found', 'The seller has no such API key.');
        if (!key.revokedNow) return;
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'revoke',
          object: { kind: 'api_key', id: keyId },
          before: { name: key.name },
        });
      });
      return reply.code(204).send(null);
    },
  );
}
