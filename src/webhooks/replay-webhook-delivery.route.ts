import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { replayDelivery } from './webhook-delivery.store.ts';
import { readEndpoint } from './webhook-endpoint.store.ts';
import { deliveryParamsSchema } from './webhook.schema.ts';

/** `POST …/deliveries/{event}/replay`: sends an ended delivery again, its retries from the start. */
export function replayWebhookDeliveryRoute(
  app: App,
  deps: { pool: Pool; ids: IdSource; clock: Clock },
): void {
  app.post(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id/deliveries/:event_id/replay',
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
        response: { 202: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, endpoint_id: endpointId, event_id: eventId } = request.params;
      const now = deps.clock.now();
      const key = { tenantId, endpointId, eventId };
      await transact(deps.pool, async (tx) => {
        const endpoint = await readEndpoint(tx, key);
        if (!endpoint) throw endpointNotFound();
        if (!endpoint.enabled)
          throw new Problem('webhook_endpoint_disabled', 'Switch the endpoint on first.');
        if (!(await replayDelivery(tx, key, now)))
          throw new Problem('webhook_delivery_not_found', 'There is no such delivery.');
        await recordChange(tx, deps.ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'replay',
          object: { kind: 'webhook_endpoint', id: endpointId },
          after: { event: eventId },
        });
      });
      return reply.code(202).send(null);
    },
  );
}
