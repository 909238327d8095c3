import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { counterMethods } from '../payments/payment.ts';
import {
  keyHeaderSchema,
  refundAnswer,
  refundSchema,
  saleKeyOf,
  saleParamsSchema,
  staffIdOf,
} from './refund.schema.ts';
import { payBack, readRefunds } from './refund.store.ts';

type Deps = { pool: Pool; reader: Reader; clock: Clock; ids: IdSource };

const refuse = {
  key_reused: () =>
    new Problem('idempotency_key_reused', 'This Idempotency-Key was used for another repayment.'),
  refund_not_found: () => new Problem('refund_not_found', 'The sale has no such refund.'),
  refund_exceeds_paid: () =>
    new Problem(
      'refund_exceeds_paid',
      'That is more than is still to be given back by hand. Nothing was recorded.',
    ),
};

/** `POST /sellers/{id}/sales/{id}/refunds/{no}/repayments`: somebody has given money back that no provider can. */
export function payBackRefundRoute(app: App, { pool, reader, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/sales/:transaction_id/refunds/:refund_no/repayments',
    {
      config: {
        right: 'sales.refund',
        problems: [
          'idempotency_key_missing',
          'idempotency_key_invalid',
          'idempotency_key_reused',
          'transaction_not_found',
          'refund_not_found',
          'refund_exceeds_paid',
        ],
      },
      schema: {
        operationId: 'payBackRefund',
        tags: ['refunds'],
        summary: 'Record money of a refund that was given back by hand',
        params: object({
          seller_id: sellerIdSchema,
          transaction_id: saleParamsSchema.properties.transaction_id,
          refund_no: Type.Integer({ minimum: 1, maximum: 32_767 }),
        }),
        headers: keyHeaderSchema,
        body: object({
          method: Type.Enum([...counterMethods]),
          reference: Type.Optional(Type.String({ minLength: 1, maxLength: limits.paymentReferenceCharsMax })),
          amount: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.amountMax, description: 'Absent: all that is left' }),
          ),
        }),
        response: { 201: refundSchema },
      },
    },
    async (request, reply) => {
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const sale = saleKeyOf(request.params);
      const { refund_no: refundNo } = request.params;
      const { method, reference = null, amount = null } = request.body;
      const route = `repayment ${sale.transactionId} ${refundNo}`;
      const keyDigest = digestKey(`seller ${sale.tenantId}`, route, idempotencyKey);
      const staffId = staffIdOf(principalOf(request));
      await transact(pool, async (tx) => {
        const paid = await payBack(tx, { ...sale, refundNo, amount, method, reference, staffId, keyDigest });
        if (paid.outcome === 'replayed') return;
        if (paid.outcome !== 'paid') throw refuse[paid.outcome]();
        await recordChange(tx, ids, {
          tenantId: sale.tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'pay_back',
          object: { kind: 'sale', id: sale.transactionId },
          after: { refund_no: refundNo, amount: paid.amount, method, reference },
        });
      });
      const refund = (await readRefunds(reader, sale)).find((one) => one.refundNo === refundNo);
      return reply.code(201).send(refundAnswer(refund!));
    },
  );
}
