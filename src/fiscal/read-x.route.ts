import type { Pool } from '../db/pool.ts';
import { readSnapshot } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { dayReportSchema, pointParamsSchema } from './fiscal-point.schema.ts';
import { reportOpenDay } from './fiscal-day.store.ts';
import { readPoint } from './fiscal-point.store.ts';

/** `GET /sellers/{id}/points/{id}/x`: an X at any time. */
export function readXRoute(app: App, { pool }: { pool: Pool }): void {
  app.get(
    '/sellers/:seller_id/points/:point_id/x',
    {
      config: {
        right: 'shifts.read',
        problems: ['fiscal_point_not_found', 'fiscal_day_closed'],
      },
      schema: {
        operationId: 'readX',
        tags: ['fiscal'],
        summary: 'An X: what the open day has so far. It changes nothing',
        params: pointParamsSchema,
        response: { 200: dayReportSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      return await readSnapshot(pool, async (tx) => {
        await readPoint(tx, tenantId, pointNo);
        return await reportOpenDay(tx, tenantId, pointNo);
      });
    },
  );
}
