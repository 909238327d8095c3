import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { endpointFacts, endpointNotFound } from './webhook-answer.ts';
import { removeEndpoint } from './webhook-endpoint.store.ts';
import { endpointParamsSchema } from './webhook.schema.ts';

/** `DELETE /sellers/{id}/webhook-endpoints/{endpoint}`: with its deliveries and their log. */
export function deleteWebhookEndpointRoute(
  app: App,
  deps: { pool: Pool; ids: IdSource; clock: Clock },
): void {
  app.delete(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id',
    {
      config: { right: 'webhooks.manage', problems: ['webhook_endpoint_not_found'] },
      schema: {
        operationId: 'deleteWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'Remove a webhook endpoint',
        params: endpointParamsSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, endpoint_id: endpointId } = request.params;
      await transact(deps.pool, async (tx) => {
        const endpoint = await removeEndpoint(tx, { tenantId, endpointId });
        if (!endpoint) throw endpointNotFound();
        await recordChange(tx, deps.ids, {
          tenantId,
          at: deps.clock.now(),
          actor: actorOf(request),
          verb: 'delete',
          object: { kind: 'webhook_endpoint', id: endpointId },
          before: endpointFacts(endpoint),
        });
      });
      return reply.code(204).send(null);
    },
  );
}
