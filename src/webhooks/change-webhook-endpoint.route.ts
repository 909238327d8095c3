import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { endpointAnswer, endpointFacts, endpointNotFound, requireUrl } from './webhook-answer.ts';
import { changeEndpoint } from './webhook-endpoint.store.ts';
import { endpointChangesSchema, endpointParamsSchema, endpointSchema } from './webhook.schema.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock; loopbackAllowed: boolean };

/** `PATCH /sellers/{id}/webhook-endpoints/{endpoint}`: what is absent stays as it is. */
export function changeWebhookEndpointRoute(app: App, deps: Deps): void {
  app.patch(
    '/sellers/:seller_id/webhook-endpoints/:endpoint_id',
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
    async (request) => {
      const { params, body } = request;
      const { url, description, event_types: eventTypes, enabled } = body;
      if (url !== undefined) requireUrl(url, deps.loopbackAllowed);
      const key = { tenantId: params.seller_id, endpointId: params.endpoint_id };
      const changes = {
        ...(url !== undefined && { url }),
        ...(description !== undefined && { description }),
        ...(eventTypes !== undefined && { eventTypes }),
        ...(enabled !== undefined && { enabled }),
      };
      return await transact(deps.pool, async (tx) => {
        const changed = await changeEndpoint(tx, key, changes);
        if (!changed) throw endpointNotFound();
        await recordChange(tx, deps.ids, {
          tenantId: key.tenantId,
          at: deps.clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'webhook_endpoint', id: key.endpointId },
          before: endpointFacts(changed.before),
          after: endpointFacts(changed.after),
        });
        return endpointAnswer(changed.after);
      });
    },
  );
}
