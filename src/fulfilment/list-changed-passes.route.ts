import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { deviceParamsSchema } from './apple-service.schema.ts';
import { readChangedPasses } from './wallet-pass.store.ts';

/** `GET …/registrations/{type}?passesUpdatedSince=…`: which of its passes a telephone has to get anew. */
export function listChangedPassesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/wallet/apple/:tenant_id/v1/devices/:device/registrations/:pass_type_id',
    {
      compress: false,
      schema: {
        operationId: 'listChangedPasses',
        tags: ['wallet'],
        summary: "Apple's protocol: the passes of a telephone that have changed",
        params: deviceParamsSchema,
        querystring: object({
          passesUpdatedSince: Type.Optional(Type.String({ maxLength: 15, pattern: '^\\d+$' })),
        }),
        response: {
          200: object({ serialNumbers: Type.Array(Type.String()), lastUpdated: Type.String() }),
          204: Type.Null(),
        },
      },
    },
    async ({ params, query }, reply) => {
      // Without a number all are asked for, and a pass that never changed has 0.
      const after = Number(query.passesUpdatedSince ?? -1);
      const { serials, last } = await readChangedPasses(reader, params.tenant_id, params.device, after);
      if (serials.length === 0) return reply.code(204).send(null);
      return { serialNumbers: serials, lastUpdated: String(last) };
    },
  );
}
