import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { rotateSecret } from './webhook-endpoint.store.ts';
import { createWebhookSecret } from './webhook-signature.ts';
import { endpointParamsSchema } from './webhook.schema.ts';

/** `POST …/webhook-endpoints/{endpoint}/rotate-secret`: for a day both the old and the new secret sign. */
export function rotateWebhookSecretRoute(app: App, deps: { pool: Pool; clock: Clock }): void {
  app.post(
    '/sellers/:tenant_id/webhook-endpoints/:endpoint_id/rotate-secret',
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
    async ({ params }) => {
      const key = { tenantId: params.tenant_id, endpointId: params.endpoint_id };
      const secret = createWebhookSecret();
      const expiresAt = new Date(deps.clock.now().getTime() + limits.webhookSecretOverlapSeconds * 1_000);
      const rotated = await transact(deps.pool, (tx) => rotateSecret(tx, key, secret, expiresAt));
      if (!rotated) throw endpointNotFound();
      return { secret, old_secret_expires_at: expiresAt.toISOString() };
    },
  );
}
