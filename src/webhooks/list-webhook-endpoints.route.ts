import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { endpointAnswer } from './webhook-answer.ts';
import { listEndpoints } from './webhook-endpoint.store.ts';
import { endpointSchema } from './webhook.schema.ts';

/** `GET /sellers/{id}/webhook-endpoints`: all of them; a seller has few. */
export function listWebhookEndpointsRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/webhook-endpoints',
    {
      config: { right: 'webhooks.read' },
      schema: {
        operationId: 'listWebhookEndpoints',
        tags: ['webhooks'],
        summary: 'Where a seller is told of events',
        params: sellerParamsSchema,
        response: { 200: object({ data: Type.Array(endpointSchema) }) },
      },
    },
    async ({ params }) => ({
      data: (await listEndpoints(deps.reader, params.seller_id)).map(endpointAnswer),
    }),
  );
}
