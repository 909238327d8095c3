import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { endpointAnswer, endpointFacts, requireUrl } from './webhook-answer.ts';
import { addEndpoint } from './webhook-endpoint.store.ts';
import { createWebhookSecret } from './webhook-signature.ts';
import { endpointWithSecretSchema, newEndpointSchema } from './webhook.schema.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock; loopbackAllowed: boolean };

/** `POST /sellers/{id}/webhook-endpoints`: the answer is the only one that shows the secret. */
export function createWebhookEndpointRoute(app: App, deps: Deps): void {
  app.post(
    '/sellers/:seller_id/webhook-endpoints',
    {
      config: { right: 'webhooks.manage', problems: ['webhook_endpoints_limit'] },
      schema: {
        operationId: 'createWebhookEndpoint',
        tags: ['webhooks'],
        summary: 'Be told of events at an address',
        params: sellerParamsSchema,
        body: newEndpointSchema,
        response: { 201: endpointWithSecretSchema },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      requireUrl(body.url, deps.loopbackAllowed);
      const secret = createWebhookSecret();
      const endpointId = deps.ids.uuid();
      const endpoint = { url: body.url, description: body.description ?? '', eventTypes: body.event_types };
      const key = { tenantId: params.seller_id, endpointId };
      const made = {
        ...endpoint,
        endpointId,
        enabled: true,
        disabledReason: null,
        createdAt: deps.clock.now(),
      };
      await transact(deps.pool, async (tx) => {
        if (!(await addEndpoint(tx, key, endpoint, secret, limits.webhookEndpointsMax))) {
          const detail = `A seller may have ${limits.webhookEndpointsMax} webhook endpoints; remove one first.`;
          throw new Problem('webhook_endpoints_limit', detail);
        }
        await recordChange(tx, deps.ids, {
          tenantId: key.tenantId,
          at: made.createdAt,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'webhook_endpoint', id: endpointId },
          after: endpointFacts(made),
        });
      });
      return reply.code(201).send({ ...endpointAnswer(made), secret });
    },
  );
}
