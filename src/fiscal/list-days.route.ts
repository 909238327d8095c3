import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { countPageQuerySchema, daySchema, pointParamsSchema, toDayAnswer } from './fiscal-point.schema.ts';
import { listDays } from './fiscal-day.store.ts';
import { readPoint } from './fiscal-point.store.ts';

/** `GET /sellers/{id}/points/{id}/days`: the days of a point, the newest first. */
export function listDaysRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/points/:point_id/days',
    {
      config: { right: 'fiscal.read', problems: ['fiscal_point_not_found'] },
      schema: {
        operationId: 'listDays',
        tags: ['fiscal'],
        summary: 'The days of a point, the newest first',
        params: pointParamsSchema,
        querystring: countPageQuerySchema,
        response: { 200: list(daySchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const page = { limit, ...(starting_after !== undefined && { startingAfter: starting_after }) };
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      await readPoint(reader, tenantId, pointNo);
      const { days, hasMore } = await listDays(reader, { tenantId, pointNo }, page);
      return { data: days.map(toDayAnswer), has_more: hasMore };
    },
  );
}
