import { Type } from 'typebox';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { serviceParamsSchema } from './apple-service.schema.ts';

/** `POST /wallet/apple/{id}/v1/log`: what telephones complain of, for the log of the server. */
export function logPassFaultsRoute(app: App): void {
  app.post(
    '/wallet/apple/:tenant_id/v1/log',
    {
      compress: false,
      schema: {
        operationId: 'logPassFaults',
        tags: ['wallet'],
        summary: "Apple's protocol: what telephones complain of",
        params: serviceParamsSchema,
        body: object({ logs: Type.Array(Type.String({ maxLength: 2_000 }), { maxItems: 50 }) }),
        response: { 200: object({}) },
      },
    },
    async ({ params, body, log }) => {
      log.warn({ tenantId: params.tenant_id, logs: body.logs }, 'telephones complain of passes');
      return {};
    },
  );
}
