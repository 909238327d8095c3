import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { digestBody, digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { may } from '../identity/principal.ts';
import { recordCashMove } from './cash-move.store.ts';
import { requireOwnTill } from './cashier.ts';
import { cashMoveSchema, shiftParamsSchema, toCashMoveAnswer } from './fiscal-point.schema.ts';
import { lockPoint, readPoint } from './fiscal-point.store.ts';
import { anothersShift, readShift } from './shift.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

const bodySchema = object({
  direction: Type.Enum(['in', 'out'], { description: 'Into the drawer, or out of it' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 }),
  amount: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Minor units' }),
  reason: Type.String({ minLength: 1, maxLength: limits.shiftNoteCharsMax, pattern: '\\S' }),
});

/** `POST /sellers/{id}/points/{id}/shifts/{id}/cash-moves`: cash is put into the drawer or taken out of it. */
export function moveCashRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points/:point_id/shifts/:shift_id/cash-moves',
    {
      config: {
        right: 'shifts.open',
        problems: [
          'idempotency_key_missing',
          'idempotency_key_invalid',
          'idempotency_key_reused',
          'fiscal_point_not_found',
          'shift_not_found',
          'shift_closed',
          'till_of_another',
          'cash_moves_limit',
        ],
      },
      schema: {
        operationId: 'moveCash',
        tags: ['fiscal'],
        summary: 'Record cash that is put into the drawer or taken out of it, once for each Idempotency-Key',
        params: shiftParamsSchema,
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
        body: bodySchema,
        response: { 201: cashMoveSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, point_id: pointNo, shift_id: shiftNo } = request.params;
      const { body } = request;
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const principal = principalOf(request);
      const staffId = principal.kind === 'staff' ? principal.userId : null;
      const drawer = { tenantId, pointNo, shiftNo };
      const move = await transact(pool, async (tx) => {
        await lockPoint(tx, tenantId, pointNo);
        requireOwnTill(principal, await readPoint(tx, tenantId, pointNo));
        const shift = await readShift(tx, drawer, shiftNo);
        const manages = may(principal, 'shifts.manage') || principal.kind === 'device';
        if (!manages && shift.staffId !== staffId) throw anothersShift();
        const order = {
          ...{ ...body, staffId },
          keyDigest: digestKey(`seller ${tenantId}`, 'cash move', idempotencyKey),
          bodyDigest: digestBody(body),
        };
        const made = await recordCashMove(tx, drawer, order, shift.closedAt === null);
        if (made.isNew) {
          await recordChange(tx, ids, {
            tenantId,
            at: clock.now(),
            actor: actorOf(request),
            verb: body.direction === 'in' ? 'pay_in' : 'pay_out',
            object: { kind: 'shift', id: `${pointNo}/${shiftNo}` },
            after: { move: made.move.moveNo, ...body },
          });
        }
        return made.move;
      });
      return reply.code(201).send(toCashMoveAnswer(move));
    },
  );
}
