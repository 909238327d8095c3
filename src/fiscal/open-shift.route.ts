import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { uuidSchema } from '../identity/identity.schema.ts';
import {
  cashSchema,
  pointParamsSchema,
  readCash,
  shiftSchema,
  toShiftAnswer,
} from './fiscal-point.schema.ts';
import { readPoint } from './fiscal-point.store.ts';
import { cashierOf, requireOwnTill } from './cashier.ts';
import { openShift } from './shift.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/points/{id}/shifts`: a cashier begins. */
export function openShiftRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points/:point_id/shifts',
    {
      config: {
        right: 'shifts.open',
        problems: [
          'fiscal_point_not_found',
          'point_not_a_till',
          'fiscal_day_closed',
          'staff_not_found',
          'shift_already_open',
          'cashier_has_shift',
          'cashier_unnamed',
          'till_of_another',
        ],
      },
      schema: {
        operationId: 'openShift',
        tags: ['fiscal'],
        summary: 'Open a shift at a till, with its float',
        params: pointParamsSchema,
        body: object({
          cashier_id: Type.Optional(uuidSchema),
          opening_float: cashSchema,
        }),
        response: { 201: shiftSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      const { cashier_id, opening_float } = request.body;
      const principal = principalOf(request);
      const float = readCash(opening_float, '/opening_float');
      const staffId = cashierOf(principal, cashier_id);
      const shift = await transact(pool, async (tx) => {
        requireOwnTill(principal, await readPoint(tx, tenantId, pointNo));
        const opened = await openShift(tx, { tenantId, pointNo }, staffId, float);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'open',
          object: { kind: 'shift', id: `${pointNo}/${opened.shiftNo}` },
          after: { cashier: staffId, ...float },
        });
        return opened;
      });
      return reply.code(201).send(toShiftAnswer(pointNo, shift));
    },
  );
}
