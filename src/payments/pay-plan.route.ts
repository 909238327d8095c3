import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { digestBody, digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Reader } from '../db/transaction.ts';
import { shop } from '../fiscal/selling-point.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleLinks, saleNotFound } from '../orders/sale-token.ts';
import { openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';
import type { PaymentPlans } from './payment-plans.ts';
import { partSchema, readAmountPart } from './payment.schema.ts';
import { planPaymentProblems } from './plan-payment-problems.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined; plans: PaymentPlans };

/** `POST /sales/transactions/{id}/plan/payments`: its buyer pays on, by a card or by a payment that is reported. */
export function payPlanRoute(app: App, { secret, reader, publicUrl, plans }: Deps): void {
  app.post(
    '/sales/transactions/:transaction_id/plan/payments',
    {
      config: { problems: ['transaction_not_found', ...planPaymentProblems] },
      schema: {
        operationId: 'payPlan',
        tags: ['sales'],
        summary: 'Pay on a plan by card, or report a payment; once for each Idempotency-Key',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
        body: partSchema,
        response: { 200: paymentPlanSchema },
      },
    },
    async (request) => {
      const key = openSale(secret, request.params.transaction_id, request.query.token);
      if (!key) throw saleNotFound();
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const { intent, plan } = await openPlan(reader, key);
      const part = readAmountPart(request.body, '');
      if (part.method !== 'card_online' && !part.report) {
        const detail =
          'A buyer pays on by card, or reports a transfer or a mobile payment. Nothing was taken.';
        throw new Problem('payment_method_unavailable', detail);
      }
      const keyDigest = digestKey('public', 'plan', idempotencyKey);
      const bodyDigest = digestBody(request.body);
      const paid = await plans.pay(intent, { part, point: shop, keyDigest, bodyDigest });
      const { pay } = saleLinks(secret, publicUrl, key.tenantId, key.transactionId);
      return planToJson({ intent: paid, plan }, pay);
    },
  );
}
