import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { rotateSecret } from './webhook-endpoint.store.ts';
import { createWebhookSecret } from './webhook-signature.ts';
import { endpointParamsSchema } from './webhook.schema.ts';

/** `POST …/webhook-endpoints/{endpoint}/rotate-secret`: for a day both the old and the new secret sign. */
export function rotateWebhookSecretRoute(app: App, deps: { pool: Pool; ids: IdSource; clock: Clock }): void {
  app.post(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id/rotate-secret',
    {
      config: { right: 'webhooks.manage', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: ['webhooks'],
        summary: 'Get a new secret; the old one signs beside it for a day',
        params: endpointParamsSchema,
        response: { 200: object({ secret: Type.String(), old_secret_expires_at: instantSchema }) },
      },
    },
    async (request) => {
      const { seller_id: tenantId, endpoint_id: endpointId } = request.params;
      const now = deps.clock.now();
      const secret = createWebhookSecret();
      const expiresAt = new Date(now.getTime() + limits.webhookSecretOverlapSeconds * 1_000);
      await transact(deps.pool, async (tx) => {
        if (!(await rotateSecret(tx, { tenantId, endpointId }, secret, expiresAt))) throw endpointNotFound();
        await recordChange(tx, deps.ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'rotate',
          object: { kind: 'webhook_endpoint', id: endpointId },
          after: { old_signs_until: expiresAt.toISOString() },
        });
      });
      return { secret, old_secret_expires_at: expiresAt.toISOString() };
    },
  );
}
