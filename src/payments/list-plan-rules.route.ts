import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { planRuleSchema, planRuleToJson } from './plan-rule.schema.ts';
import { listPlanRules } from './plan-rule.store.ts';

/** `GET /sellers/{id}/payment-plan-rules`: by which a seller lets buyers pay over time, and did. */
export function listPlanRulesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/payment-plan-rules',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'listPlanRules',
        tags: ['payments'],
        summary: 'Rules of payment plans',
        params: sellerParamsSchema,
        response: { 200: list(planRuleSchema) },
      },
    },
    async ({ params: { seller_id: tenantId } }) => {
      const rules = await listPlanRules(reader, tenantId);
      return { data: rules.map((rule) => planRuleToJson(tenantId, rule)), has_more: false };
    },
  );
}
