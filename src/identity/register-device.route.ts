import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from './audit-log.store.ts';
import { createDevice, nextDeviceNo } from './device.store.ts';
import {
  deviceKindSchema,
  enrolmentCodeSchema,
  sellerParamsSchema,
  staffNameSchema,
  toDeviceAnswer,
} from './identity.schema.ts';
import { makeEnrolmentCode } from './secret-token.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/devices`: a till or a scanner, with the code that enrols it once. */
export function registerDeviceRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/devices',
    {
      config: { right: 'devices.manage' },
      schema: {
        operationId: 'registerDevice',
        tags: ['identity'],
        summary: 'Register a till or a scanner',
        params: sellerParamsSchema,
        body: object({ kind: deviceKindSchema, name: staffNameSchema }),
        response: { 201: enrolmentCodeSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const { kind, name } = request.body;
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + limits.enrolmentCodeSeconds * 1000);
      const { deviceNo, code } = await transact(pool, async (tx) => {
        const number = await nextDeviceNo(tx, tenantId);
        const made = makeEnrolmentCode(tenantId, number);
        const device = { deviceNo: number, kind, name, createdAt: now };
        await createDevice(tx, tenantId, device, { hash: made.hash, expiresAt });
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'register',
          object: { kind: 'device', id: String(number) },
          after: { kind, name },
        });
        return { deviceNo: number, code: made };
      });
      const unused = { enrolledAt: null, lastSeenAt: null, cutOffAt: null };
      return reply.code(201).send({
        device: toDeviceAnswer({ deviceNo, kind, name, createdAt: now, ...unused }),
        enrolment_code: code.text,
        expires_at: expiresAt.toISOString(),
        expires_in_seconds: limits.enrolmentCodeSeconds,
      });
    },
  );
}
