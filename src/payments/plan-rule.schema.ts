import { Type, type Static } from 'typebox';
import { formatEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventIdSchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import type { PlanRule, Share } from './payment-plan.ts';
import { planTermsToJson } from './plan-json.ts';
import type { PlanRuleRow } from './plan-rule.store.ts';

const days = (minimum: number) => Type.Integer({ minimum, maximum: limits.planDaysMax });
const shareSchema = object(
  {
    percent: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })),
    amount: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.amountMax })),
  },
  { description: 'Exactly one of both; the amount in minor units', minProperties: 1, maxProperties: 1 },
);

const termsProperties = {
  name: Type.String({ minLength: 1, maxLength: limits.priceNameCharsMax, pattern: '\\S' }),
  kind: Type.Enum(['instalments', 'free'], {
    description: 'Fixed amounts by fixed days, or any amounts until the deadline',
  }),
  instalments: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.planInstalmentsMax, description: 'After the down payment' }),
  ),
  spacing_days: Type.Optional(days(1)),
  down_payment: shareSchema,
  deadline: object({
    from: Type.Enum(['event', 'sale'], { description: 'Days before the event, or after the sale' }),
    days: days(0),
  }),
  grace_days: days(0),
  penalty: shareSchema,
  reminder_days: days(0),
};

export const newPlanRuleSchema = object({
  ...termsProperties,
  event_id: Type.Optional(eventIdSchema),
  currency: Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 }),
});
export type NewPlanRuleBody = Static<typeof newPlanRuleSchema>;

export const planRuleSchema = object({
  id: Type.Integer(),
  ...newPlanRuleSchema.properties,
  created_at: instantSchema,
  ended_at: Type.Optional(instantSchema),
});

/** What a buyer is offered. */
export const planOfferSchema = object({
  rule_id: Type.Integer(),
  name: Type.String(),
  kind: termsProperties.kind,
  down_payment_min: moneySchema,
  deadline_at: instantSchema,
  instalments: Type.Array(object({ due_at: instantSchema, amount: moneySchema }), {
    description: 'By the least down payment, which is the first',
  }),
  grace_days: Type.Integer(),
  penalty: shareSchema,
});

/** What an event offers, before there is a total. */
export const planTermsSchema = object({ rule_id: Type.Integer(), ...termsProperties });

/** A rule as its seller sees it. */
export function planRuleToJson(tenantId: number, { createdAt, endedAt, ...rule }: PlanRuleRow) {
  const { rule_id: id, ...terms } = planTermsToJson(rule);
  return {
    id,
    ...terms,
    ...(rule.eventId !== null && { event_id: formatEventId({ tenantId, eventId: rule.eventId }) }),
    currency: rule.currency,
    created_at: createdAt.toISOString(),
    ...(endedAt && { ended_at: endedAt.toISOString() }),
  };
}

/** The terms of a body, whose faults were told before. */
export function toPlanTerms(body: NewPlanRuleBody): Omit<PlanRule, 'ruleId' | 'eventId'> {
  const share = ({ percent, amount }: { percent?: number; amount?: number }): Share =>
    amount === undefined ? { ppm: Math.round((percent ?? 0) * 10_000) } : { amount };
  return {
    name: body.name,
    currency: body.currency,
    kind: body.kind,
    instalments: body.instalments ?? 1,
    spacingDays: body.spacing_days ?? 0,
    down: share(body.down_payment),
    deadline: body.deadline,
    graceDays: body.grace_days,
    penalty: share(body.penalty),
    reminderDays: body.reminder_days,
  };
}
