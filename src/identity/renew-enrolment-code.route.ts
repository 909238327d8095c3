import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from './audit-log.store.ts';
import { lockDevice, renewCode } from './device.store.ts';
import { deviceParamsSchema, enrolmentCodeSchema, toDeviceAnswer } from './identity.schema.ts';
import { makeEnrolmentCode } from './secret-token.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/devices/{id}/enrolment-code`: another code, to enrol a device now or again. */
export function renewEnrolmentCodeRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/devices/:device_id/enrolment-code',
    {
      config: { right: 'devices.manage', problems: ['device_not_found', 'device_cut_off'] },
      schema: {
        operationId: 'renewEnrolmentCode',
        tags: ['identity'],
        summary: 'Get another code to enrol a device',
        params: deviceParamsSchema,
        response: { 201: enrolmentCodeSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, device_id: deviceNo } = request.params;
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + limits.enrolmentCodeSeconds * 1000);
      const code = makeEnrolmentCode(tenantId, deviceNo);
      const device = await transact(pool, async (tx) => {
        const known = await lockDevice(tx, tenantId, deviceNo);
        if (!known) throw new Problem('device_not_found', 'The seller has no such device.');
        if (known.cutOffAt) {
          throw new Problem('device_cut_off', 'The device was cut off; register it as a new one.');
        }
        await renewCode(tx, tenantId, deviceNo, { hash: code.hash, expiresAt });
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'renew_enrolment',
          object: { kind: 'device', id: String(deviceNo) },
        });
        return known;
      });
      return reply.code(201).send({
        device: toDeviceAnswer(device),
        enrolment_code: code.text,
        expires_at: expiresAt.toISOString(),
        expires_in_seconds: limits.enrolmentCodeSeconds,
      });
    },
  );
}
