import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { limits } from '../base/limits.ts';
import { may } from '../identity/principal.ts';
import {
  cashSchema,
  readCash,
  shiftParamsSchema,
  shiftSchema,
  toShiftAnswer,
} from './fiscal-point.schema.ts';
import { readPoint } from './fiscal-point.store.ts';
import { requireOwnTill } from './cashier.ts';
import { closeShift } from './shift.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/points/{id}/shifts/{id}/close`: counted, with the difference. */
export function closeShiftRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points/:point_id/shifts/:shift_id/close',
    {
      config: {
        right: 'shifts.open',
        problems: [
          'fiscal_point_not_found',
          'shift_not_found',
          'shift_closed',
          'till_of_another',
          'count_missing',
        ],
      },
      schema: {
        operationId: 'closeShift',
        tags: ['fiscal'],
        summary: 'Close a shift with what was counted',
        params: shiftParamsSchema,
        body: object({
          counted: cashSchema,
          note: Type.Optional(
            Type.String({ minLength: 1, maxLength: limits.shiftNoteCharsMax, pattern: '\\S' }),
          ),
        }),
        response: { 200: shiftSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo, shift_id: shiftNo } = request.params;
      const principal = principalOf(request);
      const counted = readCash(request.body.counted, '/counted');
      const close = {
        by: principal.kind === 'staff' ? principal.userId : null,
        // A device closes whatever shift is open at its own till.
        manages: may(principal, 'shifts.manage') || principal.kind === 'device',
        counted,
        note: request.body.note ?? null,
      };
      const shift = await transact(pool, async (tx) => {
        requireOwnTill(principal, await readPoint(tx, tenantId, pointNo));
        const closed = (await closeShift(tx, { tenantId, pointNo }, shiftNo, close)).shift;
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'close',
          object: { kind: 'shift', id: `${pointNo}/${shiftNo}` },
          before: { ...closed.expected },
          after: { ...counted },
        });
        return closed;
      });
      return toShiftAnswer(pointNo, shift);
    },
  );
}
