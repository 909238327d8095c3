import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import {
  deviceKindSchema,
  enrolmentCodeSchema,
  sellerParamsSchema,
  staffNameSchema,
  toDeviceAnswer,
} from './identity.schema.ts';
import { registerDevice } from './register-device.store.ts';

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
      const wanted = { tenantId, ...request.body, actor: actorOf(request), now: clock.now() };
      const { device, code, expiresAt } = await transact(pool, (tx) => registerDevice(tx, ids, wanted));
      return reply.code(201).send({
        device: toDeviceAnswer(device),
        enrolment_code: code,
        expires_at: expiresAt.toISOString(),
        expires_in_seconds: limits.enrolmentCodeSeconds,
      });
    },
  );
}
