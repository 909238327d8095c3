import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { countTaxChange, endTaxRule, findTaxRule } from './tax-rule.store.ts';
import { readTaxInstant, taxInstantSchema, taxRuleSchema, taxRuleToJson } from './tax.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/taxes/{id}/end`: a tax that is not in force from an instant on; it stays in the history. */
export function endTaxRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/taxes/:tax_rule_id/end',
    {
      config: { right: 'catalog.edit', problems: ['tax_rule_not_found', 'tax_rule_ended'] },
      schema: {
        operationId: 'endTax',
        tags: ['prices'],
        summary: 'End a tax',
        params: object({
          seller_id: sellerIdSchema,
          tax_rule_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        }),
        body: object({ at: Type.Optional(taxInstantSchema) }),
        response: { 200: taxRuleSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, tax_rule_id: taxRuleId } = request.params;
      const now = clock.now();
      const end = readTaxInstant(request.body.at, now.getTime(), '/at');
      const row = await transact(pool, async (tx) => {
        await countTaxChange(tx, tenantId);
        const before = await findTaxRule(tx, tenantId, taxRuleId);
        if (!before) throw new Problem('tax_rule_not_found', `This seller has no tax rule ${taxRuleId}.`);
        if (before.until_ms <= now.getTime() || end < now.getTime() || end <= before.from_ms) {
          const detail = 'What was in force is history: a tax ends now or later, once it has begun.';
          throw new Problem('tax_rule_ended', detail);
        }
        await endTaxRule(tx, tenantId, taxRuleId, end);
        const after = (await findTaxRule(tx, tenantId, taxRuleId))!;
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'end',
          object: { kind: 'tax_rule', id: String(taxRuleId) },
          before: { valid_until: String(before.until_ms) },
          after: { valid_until: String(after.until_ms) },
        });
        return after;
      });
      return taxRuleToJson(tenantId, row);
    },
  );
}
