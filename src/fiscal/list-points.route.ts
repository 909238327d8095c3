import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import {
  countPageQuerySchema,
  pointSchema,
  sellerParamsSchema,
  toPointAnswer,
} from './fiscal-point.schema.ts';
import { listPoints } from './fiscal-point.store.ts';

/** `GET /sellers/{id}/points`: where the seller issues documents: the shop and its tills. */
export function listPointsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/points',
    {
      config: { right: 'shifts.read' },
      schema: {
        operationId: 'listPoints',
        tags: ['fiscal'],
        summary: 'Where the seller issues documents: the shop and its tills',
        params: sellerParamsSchema,
        querystring: countPageQuerySchema,
        response: { 200: list(pointSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const page = { limit, ...(starting_after !== undefined && { startingAfter: starting_after }) };
      const { points, hasMore } = await listPoints(reader, request.params.seller_id, page);
      return { data: points.map(toPointAnswer), has_more: hasMore };
    },
  );
}
