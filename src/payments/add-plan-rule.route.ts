import { Problem } from '../base/errors.ts';
import { parseEventId, type Clock, type IdSource } from '../base/ids.ts';
import { loadEvent, tellCatalogChanged, tellSellerChanged } from '../catalog/event.store.ts';
import { lockSeller } from '../catalog/seller.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import {
  newPlanRuleSchema,
  planRuleSchema,
  planRuleToJson,
  toPlanTerms,
  type NewPlanRuleBody,
} from './plan-rule.schema.ts';
import { insertPlanRule, listPlanRules } from './plan-rule.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

function refuse(path: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code: 'not_allowed', message }] });
}

/** What no schema says of a rule. @throws Problem `body_invalid`. */
function checkTerms(body: NewPlanRuleBody): void {
  const { kind, instalments, spacing_days: spacing, deadline } = body;
  if (kind === 'free') {
    if (instalments !== undefined) throw refuse('/instalments', 'Free amounts have no instalments.');
    if (spacing !== undefined) throw refuse('/spacing_days', 'Free amounts have no instalments.');
  } else {
    if (instalments === undefined) throw refuse('/instalments', 'Say how many instalments there are.');
    if (spacing === undefined) throw refuse('/spacing_days', 'Say how far apart the instalments are.');
    if (deadline.from === 'sale' && instalments * spacing > deadline.days) {
      const days = instalments * spacing;
      throw refuse(
        '/deadline/days',
        `The last instalment is due after ${days} days: the deadline is sooner.`,
      );
    }
  }
  if (deadline.from === 'sale' && deadline.days === 0) {
    throw refuse('/deadline/days', 'The deadline is after the sale.');
  }
}

async function add(tx: Tx, tenantId: number, body: NewPlanRuleBody, now: Date): Promise<number> {
  checkTerms(body);
  await lockSeller(tx, tenantId);
  const key = body.event_id === undefined ? null : parseEventId(body.event_id);
  const event = key?.tenantId === tenantId ? await loadEvent(tx, key) : null;
  if (body.event_id !== undefined && !event)
    throw new Problem('event_not_found', `This seller has no event ${body.event_id}.`);
  if (event && event.currency !== body.currency) {
    const message = `The event sells in ${event.currency}, not in ${body.currency}.`;
    const errors = [{ path: '/currency', code: 'currency_mismatch', message }];
    throw new Problem('currency_mismatch', message, { errors });
  }
  const rule = { ...toPlanTerms(body), eventId: event?.eventId ?? null };
  const ruleId = await insertPlanRule(tx, tenantId, rule, now);
  await (event ? tellCatalogChanged(tx, event) : tellSellerChanged(tx, tenantId));
  return ruleId;
}

/** `POST /sellers/{id}/payment-plan-rules`: another way to pay over time; rules are ended, never rewritten. */
export function addPlanRuleRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/payment-plan-rules',
    {
      config: { right: 'catalog.edit', problems: ['event_not_found', 'currency_mismatch'] },
      schema: {
        operationId: 'addPlanRule',
        tags: ['payments'],
        summary: 'Offer a payment plan',
        params: sellerParamsSchema,
        body: newPlanRuleSchema,
        response: { 201: planRuleSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const now = clock.now();
      const made = await transact(pool, async (tx) => {
        const ruleId = await add(tx, tenantId, request.body, now);
        const [rule] = await listPlanRules(tx, tenantId, ruleId);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'create',
          object: { kind: 'payment_plan_rule', id: String(ruleId) },
          after: { rule: JSON.stringify(planRuleToJson(tenantId, rule!)) },
        });
        return rule!;
      });
      return reply.code(201).send(planRuleToJson(tenantId, made));
    },
  );
}
