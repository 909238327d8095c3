import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { listApiKeys } from './api-key.store.ts';
import { apiKeySchema, sellerParamsSchema, toApiKeyAnswer, uuidPageQuerySchema } from './identity.schema.ts';

/** `GET /sellers/{id}/api-keys`: a seller's keys, the newest first, without the keys themselves. */
export function listApiKeysRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/api-keys',
    {
      config: { right: 'api_keys.read' },
      schema: {
        operationId: 'listApiKeys',
        tags: ['identity'],
        summary: "A seller's API keys",
        params: sellerParamsSchema,
        querystring: uuidPageQuerySchema,
        response: { 200: list(apiKeySchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { keys, hasMore } = await listApiKeys(reader, request.params.seller_id, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      return { data: keys.map(toApiKeyAnswer), has_more: hasMore };
    },
  );
}
