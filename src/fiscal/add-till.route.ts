import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { limits } from '../base/limits.ts';
import {
  deviceIdSchema,
  pointNameSchema,
  pointSchema,
  sellerParamsSchema,
  toPointAnswer,
} from './fiscal-point.schema.ts';
import { addTill } from './fiscal-point.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/points`: a till at a window. */
export function addTillRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points',
    {
      config: {
        right: 'shifts.manage',
        problems: ['device_not_found', 'device_has_till', 'fiscal_prefix_taken'],
      },
      schema: {
        operationId: 'addTill',
        tags: ['fiscal'],
        summary: 'Add a till, with series of its own',
        params: sellerParamsSchema,
        body: object({
          name: pointNameSchema,
          device_id: Type.Optional(deviceIdSchema),
          prefix: Type.Optional(
            Type.String({
              pattern: '^[A-Z0-9][A-Z0-9/-]*$',
              maxLength: limits.fiscalPrefixCharsMax,
              description:
                'Stands before the numbers of its sales; before those of its credit notes NC- and it',
            }),
          ),
        }),
        response: { 201: pointSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const { name, device_id, prefix } = request.body;
      const point = await transact(pool, async (tx) => {
        const added = await addTill(tx, tenantId, {
          name,
          padding: limits.fiscalNumberDigits,
          ...(device_id !== undefined && { deviceNo: device_id }),
          ...(prefix !== undefined && { prefix }),
        });
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'add',
          object: { kind: 'fiscal_point', id: String(added.pointNo) },
          after: { name, device_id: added.deviceNo, prefix: added.prefix },
        });
        return added;
      });
      return reply.code(201).send(toPointAnswer(point));
    },
  );
}
