import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from './audit-log.store.ts';
import { cutOffDevice, lockDevice } from './device.store.ts';
import { deviceParamsSchema } from './identity.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `DELETE /sellers/{id}/devices/{id}`: cuts a device off at once and for ever; again is the same. */
export function cutOffDeviceRoute(app: App, { pool, clock, ids }: Deps): void {
  app.delete(
    '/sellers/:seller_id/devices/:device_id',
    {
      config: { right: 'devices.manage', problems: ['device_not_found'] },
      schema: {
        operationId: 'cutOffDevice',
        tags: ['identity'],
        summary: 'Cut a device off',
        params: deviceParamsSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, device_id: deviceNo } = request.params;
      const now = clock.now();
      await transact(pool, async (tx) => {
        const device = await lockDevice(tx, tenantId, deviceNo);
        if (!device) throw new Problem('device_not_found', 'The seller has no such device.');
        if (device.cutOffAt) return;
        await cutOffDevice(tx, tenantId, deviceNo, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'cut_off',
          object: { kind: 'device', id: String(deviceNo) },
          before: { kind: device.kind, name: device.name },
        });
      });
      return reply.code(204).send(null);
    },
  );
}
