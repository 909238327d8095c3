import type { Reader } from '../db/transaction.ts';
import { limits } from '../base/limits.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { deliveryAnswer, endpointNotFound } from './webhook-answer.ts';
import { readEndpoint } from './webhook-endpoint.store.ts';
import { listDeliveries } from './webhook-log.store.ts';
import { deliveriesQuerySchema, deliverySchema, endpointParamsSchema } from './webhook.schema.ts';

/** `GET …/webhook-endpoints/{endpoint}/deliveries`: of the last 30 days, the newest first. */
export function listWebhookDeliveriesRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id/deliveries',
    {
      config: { right: 'webhooks.read', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'listWebhookDeliveries',
        tags: ['webhooks'],
        summary: 'What was sent to an endpoint, and what is on its way',
        params: endpointParamsSchema,
        querystring: deliveriesQuerySchema,
        response: { 200: list(deliverySchema) },
      },
    },
    async ({ params, query }) => {
      const key = { tenantId: params.seller_id, endpointId: params.endpoint_id };
      if (!(await readEndpoint(deps.reader, key))) throw endpointNotFound();
      const rowsMax = query.limit ?? limits.pageRowsDefault;
      const page = { startingAfter: query.starting_after ?? null, rowsMax: rowsMax + 1 };
      const rows = await listDeliveries(deps.reader, key, page);
      return { data: rows.slice(0, rowsMax).map(deliveryAnswer), has_more: rows.length > rowsMax };
    },
  );
}
