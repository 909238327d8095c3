import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { removeEndpoint } from './webhook-endpoint.store.ts';
import { endpointParamsSchema } from './webhook.schema.ts';

/** `DELETE /sellers/{id}/webhook-endpoints/{endpoint}`: with its deliveries and their log. */
export function deleteWebhookEndpointRoute(app: App, deps: { pool: Pool }): void {
  app.delete(
    '/sellers/:tenant_id/webhook-endpoints/:endpoint_id',
    {
      config: { right: 'webhooks.manage', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'deleteWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'Remove a webhook endpoint',
        params: endpointParamsSchema,
      },
    },
    async ({ params }, reply) => {
      const key = { tenantId: params.tenant_id, endpointId: params.endpoint_id };
      if (!(await transact(deps.pool, (tx) => removeEndpoint(tx, key)))) throw endpointNotFound();
      return reply.code(204).send();
    },
  );
}
