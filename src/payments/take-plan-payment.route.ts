import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { digestBody, digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Reader } from '../db/transaction.ts';
import { findSellingPoint } from '../fiscal/selling-point.store.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';
import type { PaymentPlans } from './payment-plans.ts';
import { partSchema, readAmountPart } from './payment.schema.ts';
import { planPaymentProblems } from './plan-payment-problems.ts';
import { planKeyOf, planParamsSchema } from './staff-plan.schema.ts';
import { formatPaymentId } from './staff-payment.schema.ts';

type Deps = { reader: Reader; plans: PaymentPlans; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/payment-plans/{id}/payments`: staff take a payment of a plan, as cash, which counts at once. */
export function takePlanPaymentRoute(app: App, { reader, plans, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/payment-plans/:transaction_id/payments',
    {
      config: {
        right: 'sales.create',
        problems: [...planPaymentProblems, 'shift_not_open', 'till_of_another'],
      },
      schema: {
        operationId: 'takePlanPayment',
        tags: ['payments'],
        summary: 'Take a payment of a plan; once for each Idempotency-Key',
        params: planParamsSchema,
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
        body: partSchema,
        response: { 200: paymentPlanSchema },
      },
    },
    async (request) => {
      const key = planKeyOf(request.params);
      const { tenantId } = key;
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const { intent, plan } = await openPlan(reader, key);
      const payment = {
        part: readAmountPart(request.body, ''),
        point: await findSellingPoint(reader, principalOf(request), undefined),
        keyDigest: digestKey(`seller ${tenantId}`, 'plan', idempotencyKey),
        bodyDigest: digestBody(request.body),
      };
      const paid = await plans.pay(intent, payment, (tx, tenderNo) =>
        recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'take',
          object: { kind: 'payment', id: formatPaymentId({ ...key, tenderNo }) },
          after: { amount: payment.part.amount, currency: intent.currency, method: payment.part.method },
        }),
      );
      return planToJson({ intent: paid, plan });
    },
  );
}
