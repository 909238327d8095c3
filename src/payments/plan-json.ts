import type { PlanOffer, PlanRule, Share } from './payment-plan.ts';

function shareToJson(share: Share) {
  return 'ppm' in share ? { percent: share.ppm / 10_000 } : { amount: share.amount };
}

function termsToJson(rule: PlanRule) {
  return {
    name: rule.name,
    kind: rule.kind,
    ...(rule.kind === 'instalments' && { instalments: rule.instalments, spacing_days: rule.spacingDays }),
    down_payment: shareToJson(rule.down),
    deadline: rule.deadline,
    grace_days: rule.graceDays,
    penalty: shareToJson(rule.penalty),
    reminder_days: rule.reminderDays,
  };
}

/** A rule as an event shows it. */
export function planTermsToJson(rule: PlanRule) {
  return { rule_id: rule.ruleId, ...termsToJson(rule) };
}

/** An offer as a hold shows it. */
export function planOfferToJson({ rule, leastDown, schedule }: PlanOffer) {
  return {
    rule_id: rule.ruleId,
    name: rule.name,
    kind: rule.kind,
    down_payment_min: leastDown,
    deadline_at: schedule.deadlineAt.toISOString(),
    instalments: schedule.instalments.map(({ dueAt, amount }) => ({ due_at: dueAt.toISOString(), amount })),
    grace_days: rule.graceDays,
    penalty: shareToJson(rule.penalty),
  };
}
