import { limits } from '../base/limits.ts';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import {
  blockPageQuerySchema,
  fiscalBlockSchema,
  seriesParamsSchema,
  toFiscalBlockAnswer,
} from './fiscal-block.schema.ts';
import { listBlocks } from './fiscal-block.store.ts';
import { hasSeries } from './fiscal-series.store.ts';

/** `GET /sellers/{id}/fiscal-series/{id}/blocks`: every block of numbers and its fate. */
export function listFiscalBlocksRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/fiscal-series/:series_id/blocks',
    {
      config: { right: 'fiscal.read', problems: ['fiscal_series_not_found'] },
      schema: {
        operationId: 'listFiscalBlocks',
        tags: ['fiscal'],
        summary: 'The blocks of numbers that a series has leased, and what became of them',
        params: seriesParamsSchema,
        querystring: blockPageQuerySchema,
        response: { 200: list(fiscalBlockSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const key = { tenantId: request.params.seller_id, seriesId: request.params.series_id };
      if (!(await hasSeries(reader, key))) {
        throw new Problem('fiscal_series_not_found', `The seller has no series ${key.seriesId}.`);
      }
      const { blocks, hasMore } = await listBlocks(reader, key, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      return { data: blocks.map(toFiscalBlockAnswer), has_more: hasMore };
    },
  );
}
