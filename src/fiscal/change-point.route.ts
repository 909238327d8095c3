import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import {
  deviceIdSchema,
  pointNameSchema,
  pointParamsSchema,
  pointSchema,
  toPointAnswer,
} from './fiscal-point.schema.ts';
import { changePoint } from './fiscal-point.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PATCH /sellers/{id}/points/{id}`: another device stands at the till, or it is called otherwise. */
export function changePointRoute(app: App, { pool, clock, ids }: Deps): void {
  app.patch(
    '/sellers/:seller_id/points/:point_id',
    {
      config: {
        right: 'shifts.manage',
        problems: ['fiscal_point_not_found', 'point_not_a_till', 'device_not_found', 'device_has_till'],
      },
      schema: {
        operationId: 'changePoint',
        tags: ['fiscal'],
        summary: 'Give a point another name or device',
        params: pointParamsSchema,
        body: object({
          name: Type.Optional(pointNameSchema),
          device_id: Type.Optional(Type.Union([deviceIdSchema, Type.Null()])),
        }),
        response: { 200: pointSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      const { name, device_id } = request.body;
      const point = await transact(pool, async (tx) => {
        const { before, after } = await changePoint(tx, tenantId, pointNo, {
          ...(name !== undefined && { name }),
          ...(device_id !== undefined && { deviceNo: device_id }),
        });
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'fiscal_point', id: String(pointNo) },
          before: { name: before.name, device_id: before.deviceNo },
          after: { name: after.name, device_id: after.deviceNo },
        });
        return after;
      });
      return toPointAnswer(point);
    },
  );
}
