import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';
import { planKeyOf, planParamsSchema } from './staff-plan.schema.ts';

/** `GET /sellers/{id}/payment-plans/{id}`: one plan of a seller's. */
export function readSellerPlanRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/payment-plans/:transaction_id',
    {
      config: { right: 'payments.read', problems: ['plan_not_found'] },
      schema: {
        operationId: 'readSellerPlan',
        tags: ['payments'],
        summary: 'One payment plan',
        params: planParamsSchema,
        response: { 200: paymentPlanSchema },
      },
    },
    async (request) => planToJson(await openPlan(reader, planKeyOf(request.params))),
  );
}
