import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { endpointNotFound } from './webhook-answer.ts';
import { publishWebhookEvents } from './webhook-delivery.store.ts';
import { readEndpoint } from './webhook-endpoint.store.ts';
import { writeWebhookEvent } from './webhook-event.ts';
import { endpointParamsSchema } from './webhook.schema.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock };

/** `POST …/webhook-endpoints/{endpoint}/test`: an event of type `webhook.test` goes to this endpoint alone. */
export function testWebhookEndpointRoute(app: App, deps: Deps): void {
  app.post(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id/test',
    {
      config: {
        right: 'webhooks.manage',
        problems: ['webhook_endpoint_not_found', 'webhook_endpoint_disabled'],
      },
      schema: {
        operationId: 'testWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'Send a test event',
        params: endpointParamsSchema,
        response: { 202: object({ event_id: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const key = { tenantId: params.seller_id, endpointId: params.endpoint_id };
      const now = deps.clock.now();
      const event = writeWebhookEvent(deps.ids.uuid(), 'webhook.test', now, {});
      await transact(deps.pool, async (tx) => {
        const endpoint = await readEndpoint(tx, key);
        if (!endpoint) throw endpointNotFound();
        if (!endpoint.enabled)
          throw new Problem('webhook_endpoint_disabled', 'Switch the endpoint on first.');
        await publishWebhookEvents(tx, key.tenantId, [event], now, key.endpointId);
        await recordChange(tx, deps.ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'test',
          object: { kind: 'webhook_endpoint', id: key.endpointId },
          after: { event: event.eventId },
        });
      });
      return reply.code(202).send({ event_id: event.eventId });
    },
  );
}
