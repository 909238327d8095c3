import type { Pool } from '../db/pool.ts';
import { readSnapshot } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { dayParamsSchema, dayReportSchema } from './fiscal-point.schema.ts';
import { readZ, reportOpenDay } from './fiscal-day.store.ts';
import { readPoint } from './fiscal-point.store.ts';

/** `GET /sellers/{id}/points/{id}/days/{id}`: a day's report. */
export function readDayRoute(app: App, { pool }: { pool: Pool }): void {
  app.get(
    '/sellers/:seller_id/points/:point_id/days/:day_id',
    {
      config: {
        right: 'fiscal.read',
        problems: ['fiscal_point_not_found', 'fiscal_day_not_found'],
      },
      schema: {
        operationId: 'readDay',
        tags: ['fiscal'],
        summary: 'The Z of a day as it was issued; of the open day, an X',
        params: dayParamsSchema,
        response: { 200: dayReportSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo, day_id: dayNo } = request.params;
      return await readSnapshot(pool, async (tx) => {
        await readPoint(tx, tenantId, pointNo);
        return (await readZ(tx, tenantId, pointNo, dayNo)) ?? (await reportOpenDay(tx, tenantId, pointNo));
      });
    },
  );
}
