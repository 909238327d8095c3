import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { isUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object, pageQuerySchema } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { intentStates, openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';
import { listPlans } from './payment-plan.store.ts';

/** `GET /sellers/{id}/payment-plans`: the plans of a seller, the newest first. */
export function listPlansRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/payment-plans',
    {
      config: { right: 'payments.read' },
      schema: {
        operationId: 'listPlans',
        tags: ['payments'],
        summary: 'Payment plans, the newest first',
        params: sellerParamsSchema,
        querystring: object({
          ...pageQuerySchema.properties,
          state: Type.Optional(Type.Enum([...intentStates])),
        }),
        response: { 200: list(paymentPlanSchema) },
      },
    },
    async (request) => {
      const { state = null, starting_after: after = null, limit = limits.pageRowsDefault } = request.query;
      const tenantId = request.params.seller_id;
      if (after !== null && !isUuid(after)) {
        const message = 'needs to be the id of a plan';
        throw new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
          errors: [{ path: 'query/starting_after', code: 'id_invalid', message }],
        });
      }
      const found = await listPlans(reader, tenantId, { state, after, limit: limit + 1 });
      const plans = await Promise.all(
        found.slice(0, limit).map((transactionId) => openPlan(reader, { tenantId, transactionId })),
      );
      return { data: plans.map((plan) => planToJson(plan)), has_more: found.length > limit };
    },
  );
}
