import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { PlanRule, Share } from './payment-plan.ts';

/** A rule with when it was made, and when it ended. */
export type PlanRuleRow = PlanRule & { createdAt: Date; endedAt: Date | null };

/** A rule's columns as one JSON array has them, for whoever reads it beside other things. */
export type PlanRuleColumns = [
  ruleId: number,
  eventId: number | null,
  name: string,
  currency: string,
  kind: PlanRule['kind'],
  instalments: number,
  spacingDays: number,
  downPpm: number | null,
  downAmount: number | null,
  deadlineFrom: PlanRule['deadline']['from'],
  deadlineDays: number,
  graceDays: number,
  penaltyPpm: number | null,
  penaltyAmount: number | null,
  reminderDays: number,
];

export const planRuleColumns = `rule_id, event_id, name, currency, kind, instalments, spacing_days, down_ppm, down_amount,
  deadline_from, deadline_days, grace_days, penalty_ppm, penalty_amount, reminder_days`;

function shareOf(ppm: number | null, amount: number | null): Share {
  return amount === null ? { ppm: ppm ?? 0 } : { amount };
}

/** Reads a rule from its columns. */
export function toPlanRule(columns: PlanRuleColumns): PlanRule {
  const [ruleId, eventId, name, currency, kind, instalments, spacingDays, downPpm, downAmount, ...rest] =
    columns;
  const [from, days, graceDays, penaltyPpm, penaltyAmount, reminderDays] = rest;
  return {
    ruleId,
    eventId,
    name,
    currency,
    kind,
    instalments,
    spacingDays,
    down: shareOf(downPpm, downAmount),
    deadline: { from, days },
    graceDays,
    penalty: shareOf(penaltyPpm, penaltyAmount),
    reminderDays,
  };
}

/** A seller's rules, the newest first; those that ended, too. */
export async function listPlanRules(
  reader: Reader,
  tenantId: number,
  ruleId: number | null = null,
): Promise<PlanRuleRow[]> {
  const rows = await reader.query<Row & { rule: PlanRuleColumns; createdAt: Date; endedAt: Date | null }>({
    name: 'list-plan-rules',
    text: `select json_build_array(${planRuleColumns}) as rule, created_at as "createdAt", ended_at as "endedAt"
             from payment_plan_rules where tenant_id = $1 and ($2::integer is null or rule_id = $2) order by rule_id desc`,
    values: [tenantId, ruleId],
  });
  return rows.map(({ rule, ...rest }) => ({ ...toPlanRule(rule), ...rest }));
}

/** Adds a rule; the seller's row is locked. @returns its number. */
export async function insertPlanRule(
  tx: Tx,
  tenantId: number,
  rule: Omit<PlanRule, 'ruleId'>,
  now: Date,
): Promise<number> {
  const { down, penalty } = rule;
  const [row] = await tx.query<{ ruleId: number }>({
    text: `insert into payment_plan_rules (tenant_id, ${planRuleColumns}, created_at)
           select $1, coalesce(max(rule_id), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
             from payment_plan_rules where tenant_id = $1 returning rule_id as "ruleId"`,
    values: [
      tenantId,
      rule.eventId,
      rule.name,
      rule.currency,
      rule.kind,
      rule.instalments,
      rule.spacingDays,
      'ppm' in down ? down.ppm : null,
      'amount' in down ? down.amount : null,
      rule.deadline.from,
      rule.deadline.days,
      rule.graceDays,
      'ppm' in penalty ? penalty.ppm : null,
      'amount' in penalty ? penalty.amount : null,
      rule.reminderDays,
      now,
    ],
  });
  return row!.ruleId;
}

/** Ends a rule, unless it has ended. @returns whether it did. */
export async function endPlanRule(tx: Tx, tenantId: number, ruleId: number, now: Date): Promise<boolean> {
  const rows = await tx.query({
    text: `update payment_plan_rules set ended_at = $3 where tenant_id = $1 and rule_id = $2 and ended_at is null returning rule_id`,
    values: [tenantId, ruleId, now],
  });
  return rows.length > 0;
}
