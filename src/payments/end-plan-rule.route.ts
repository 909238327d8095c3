import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { tellSellerChanged } from '../catalog/event.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { planRuleSchema, planRuleToJson } from './plan-rule.schema.ts';
import { endPlanRule, listPlanRules } from './plan-rule.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/payment-plan-rules/{id}/end`: it is offered no more; plans that were made of it go on. */
export function endPlanRuleRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/payment-plan-rules/:rule_id/end',
    {
      config: { right: 'catalog.edit', problems: ['plan_rule_not_found', 'plan_rule_ended'] },
      schema: {
        operationId: 'endPlanRule',
        tags: ['payments'],
        summary: 'Offer a payment plan no more',
        params: object({
          seller_id: sellerIdSchema,
          rule_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        }),
        response: { 200: planRuleSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, rule_id: ruleId } = request.params;
      const now = clock.now();
      const ended = await transact(pool, async (tx) => {
        const isEnded = await endPlanRule(tx, tenantId, ruleId, now);
        const [rule] = await listPlanRules(tx, tenantId, ruleId);
        if (!rule) throw new Problem('plan_rule_not_found', `This seller has no plan rule ${ruleId}.`);
        if (!isEnded)
          throw new Problem('plan_rule_ended', 'The rule has ended already. Nothing has changed.');
        await tellSellerChanged(tx, tenantId);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'end',
          object: { kind: 'payment_plan_rule', id: String(ruleId) },
          before: { ended_at: null },
          after: { ended_at: now.toISOString() },
        });
        return rule;
      });
      return planRuleToJson(tenantId, ended);
    },
  );
}
