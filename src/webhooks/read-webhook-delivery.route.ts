import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { attemptAnswer, deliveryAnswer } from './webhook-answer.ts';
import { readDelivery } from './webhook-log.store.ts';
import { deliveryParamsSchema, deliveryWithAttemptsSchema } from './webhook.schema.ts';

/** `GET …/deliveries/{event}`: one delivery with what was sent and every attempt at it. */
export function readWebhookDeliveryRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id/deliveries/:event_id',
    {
      config: { right: 'webhooks.read', problems: ['webhook_delivery_not_found'] },
      schema: {
        operationId: 'readWebhookDelivery',
        tags: ['webhooks'],
        summary: 'One delivery and the attempts at it',
        params: deliveryParamsSchema,
        response: { 200: deliveryWithAttemptsSchema },
      },
    },
    async ({ params: { seller_id: tenantId, endpoint_id: endpointId, event_id: eventId } }) => {
      const found = await readDelivery(deps.reader, { tenantId, endpointId, eventId });
      if (!found) throw new Problem('webhook_delivery_not_found', 'There is no such delivery.');
      const { delivery, attempts } = found;
      return { ...deliveryAnswer(delivery), payload: delivery.payload, log: attempts.map(attemptAnswer) };
    },
  );
}
