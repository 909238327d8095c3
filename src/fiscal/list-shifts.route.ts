import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import {
  countPageQuerySchema,
  pointParamsSchema,
  shiftSchema,
  toShiftAnswer,
} from './fiscal-point.schema.ts';
import { readPoint } from './fiscal-point.store.ts';
import { listShifts } from './shift.store.ts';

/** `GET /sellers/{id}/points/{id}/shifts`: the shifts at a till, the newest first. */
export function listShiftsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/points/:point_id/shifts',
    {
      config: { right: 'shifts.read', problems: ['fiscal_point_not_found'] },
      schema: {
        operationId: 'listShifts',
        tags: ['fiscal'],
        summary: 'The shifts at a till, the newest first',
        params: pointParamsSchema,
        querystring: countPageQuerySchema,
        response: { 200: list(shiftSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const page = { limit, ...(starting_after !== undefined && { startingAfter: starting_after }) };
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      await readPoint(reader, tenantId, pointNo);
      const { shifts, hasMore } = await listShifts(reader, { tenantId, pointNo }, page);
      return { data: shifts.map((shift) => toShiftAnswer(pointNo, shift)), has_more: hasMore };
    },
  );
}
