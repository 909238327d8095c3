import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { readSaleFilter, saleListQuerySchema, saleRowAnswer, saleRowSchema } from './sale-list.schema.ts';
import { listSales } from './sale-search.store.ts';

/** `GET /sellers/{id}/sales`: the seller's sales, the newest first, and the one box that finds any of them. */
export function listSalesRoute(app: App, { pool, clock }: { pool: Pool; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/sales',
    {
      config: { right: 'sales.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listSales',
        tags: ['sales desk'],
        summary: 'Sales of a seller, and the search for one by whatever its buyer can quote',
        description: `A search looks at up to ${limits.saleCandidatesMax} sales for each way to understand it: who finds too many types more.`,
        params: sellerParamsSchema,
        querystring: saleListQuerySchema,
        response: { 200: list(saleRowSchema) },
      },
    },
    async ({ params: { seller_id: tenantId }, query }) => {
      const page = {
        startingAfter: query.starting_after ?? null,
        limit: query.limit ?? limits.pageRowsDefault,
        now: clock.now(),
      };
      const { sales, hasMore } = await listSales(pool, tenantId, readSaleFilter(tenantId, query), page);
      return { data: sales.map((row) => saleRowAnswer(tenantId, row)), has_more: hasMore };
    },
  );
}
