import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { endpointAnswer, endpointNotFound, requireUrl } from './webhook-answer.ts';
import { changeEndpoint } from './webhook-endpoint.store.ts';
import { endpointChangesSchema, endpointParamsSchema, endpointSchema } from './webhook.schema.ts';

/** `PATCH /sellers/{id}/webhook-endpoints/{endpoint}`: what is absent stays as it is. */
export function changeWebhookEndpointRoute(app: App, deps: { pool: Pool; loopbackAllowed: boolean }): void {
  app.patch(
    '/sellers/:tenant_id/webhook-endpoints/:endpoint_id',
    {
      config: { right: 'webhooks.manage', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'changeWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'Change a webhook endpoint, switch it on or off',
        params: endpointParamsSchema,
        body: endpointChangesSchema,
        response: { 200: endpointSchema },
      },
    },
    async ({ params, body }) => {
      const { url, description, event_types: eventTypes, enabled } = body;
      if (url !== undefined) requireUrl(url, deps.loopbackAllowed);
      const key = { tenantId: params.tenant_id, endpointId: params.endpoint_id };
      const changes = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(eventTypes !== undefined && { eventTypes }),
        ...(enabled !== undefined && { enabled }),
      };
      const endpoint = await transact(deps.pool, (tx) => changeEndpoint(tx, key, changes));
      if (!endpoint) throw endpointNotFound();
      return endpointAnswer(endpoint);
    },
  );
}
