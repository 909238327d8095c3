import type { Pool } from '../db/pool.ts';
import { readSnapshot } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { shiftParamsSchema, shiftReportSchema, toShiftReport } from './fiscal-point.schema.ts';
import { readPoint } from './fiscal-point.store.ts';
import { readShift, reportShift } from './shift.store.ts';

/** `GET /sellers/{id}/points/{id}/shifts/{id}`: an open shift's X, or a closed one as it was counted. */
export function readShiftRoute(app: App, { pool }: { pool: Pool }): void {
  app.get(
    '/sellers/:seller_id/points/:point_id/shifts/:shift_id',
    {
      config: {
        right: 'shifts.read',
        problems: ['fiscal_point_not_found', 'shift_not_found'],
      },
      schema: {
        operationId: 'readShift',
        tags: ['fiscal'],
        summary: 'A shift with what it sold, and the cash that should be there',
        params: shiftParamsSchema,
        response: { 200: shiftReportSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo, shift_id: shiftNo } = request.params;
      const till = { tenantId, pointNo };
      return await readSnapshot(pool, async (tx) => {
        await readPoint(tx, tenantId, pointNo);
        const shift = await readShift(tx, till, shiftNo);
        return toShiftReport(pointNo, shift, await reportShift(tx, till, shift));
      });
    },
  );
}
