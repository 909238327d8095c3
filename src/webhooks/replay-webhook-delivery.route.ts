import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { replayDelivery } from './webhook-delivery.store.ts';
import { readEndpoint } from './webhook-endpoint.store.ts';
import { deliveryParamsSchema } from './webhook.schema.ts';

/** `POST …/deliveries/{event}/replay`: sends an ended delivery again, its retries from the start. */
export function replayWebhookDeliveryRoute(app: App, deps: { pool: Pool; clock: Clock }): void {
  app.post(
    '/sellers/:tenant_id/webhook-endpoints/:endpoint_id/deliveries/:event_id/replay',
    {
      config: {
        right: 'webhooks.manage',
        problems: ['webhook_endpoint_not_found', 'webhook_delivery_not_found', 'webhook_endpoint_disabled'],
      },
      schema: {
        operationId: 'replayWebhookDelivery',
        tags: ['webhooks'],
        summary: 'Send an event again',
        params: deliveryParamsSchema,
      },
    },
    async ({ params: { tenant_id: tenantId, endpoint_id: endpointId, event_id: eventId } }, reply) => {
      const key = { tenantId, endpointId, eventId };
      await transact(deps.pool, async (tx) => {
        const endpoint = await readEndpoint(tx, key);
        if (!endpoint) throw endpointNotFound();
        if (!endpoint.enabled)
          throw new Problem('webhook_endpoint_disabled', 'Switch the endpoint on first.');
        if (await replayDelivery(tx, key, deps.clock.now())) return;
        throw new Problem('webhook_delivery_not_found', 'There is no such delivery.');
      });
      return reply.code(202).send();
    },
  );
}
