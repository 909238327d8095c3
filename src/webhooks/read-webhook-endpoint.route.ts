import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { endpointAnswer, endpointNotFound } from './webhook-answer.ts';
import { readEndpoint } from './webhook-endpoint.store.ts';
import { endpointParamsSchema, endpointSchema } from './webhook.schema.ts';

/** `GET /sellers/{id}/webhook-endpoints/{endpoint}`. */
export function readWebhookEndpointRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id',
    {
      config: { right: 'webhooks.read', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'readWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'One webhook endpoint',
        params: endpointParamsSchema,
        response: { 200: endpointSchema },
      },
    },
    async ({ params }) => {
      const key = { tenantId: params.seller_id, endpointId: params.endpoint_id };
      const endpoint = await readEndpoint(deps.reader, key);
      if (!endpoint) throw endpointNotFound();
      return endpointAnswer(endpoint);
    },
  );
}
