/** What a part of money is by a seller's rule: millionths of a sum, or minor units. */
export type Share = { ppm: number } | { amount: number };

/** What a seller offers who lets buyers pay over time (sql/0046_payment_plans.sql). */
export type PlanRule = {
  ruleId: number;
  /** Null: every event of the seller that sells in this currency. */
  eventId: number | null;
  name: string;
  currency: string;
  /** `instalments` of fixed amounts and days, or `free` amounts until the deadline. */
  kind: 'instalments' | 'free';
  /** After the down payment. */
  instalments: number;
  spacingDays: number;
  down: Share;
  deadline: { from: 'event' | 'sale'; days: number };
  graceDays: number;
  /** What the seller keeps of a plan that lapses. */
  penalty: Share;
  reminderDays: number;
};

/** A payment that is to come by a day. Money in minor units of the order's currency. */
export type Instalment = { dueAt: Date; amount: number };

/** What a plan is for one order: its first instalment is the down payment. */
export type PlanSchedule = { deadlineAt: Date; instalments: Instalment[] };

const dayMilliseconds = 86_400_000;

function addDays(at: Date, days: number): Date {
  return new Date(at.getTime() + days * dayMilliseconds);
}

/** The least down payment of a total, in minor units: a part of one counts as a whole. */
export function leastDownPayment({ down }: Pick<PlanRule, 'down'>, total: number): number {
  if ('amount' in down) return Math.min(down.amount, total);
  return Number((BigInt(total) * BigInt(down.ppm) + 999_999n) / 1_000_000n);
}

/** Shares a sum out as evenly as whole units can be, so that the shares add up to it: the first ones get what is over. */
function shareOut(sum: number, parts: number): number[] {
  const least = Math.floor(sum / parts);
  return Array.from({ length: parts }, (_, i) => (i < sum - least * parts ? least + 1 : least));
}

/**
 * When which amount is due, so that down payment and instalments are the total.
 * @returns null when the rule does not fit: its last instalment would be due after its deadline, or that is over.
 */
export function planSchedule(
  rule: PlanRule,
  order: { total: number; down: number; at: Date; startsAt: Date },
): PlanSchedule | null {
  const { total, down, at, startsAt } = order;
  const { from, days } = rule.deadline;
  const deadlineAt = from === 'sale' ? addDays(at, days) : addDays(startsAt, -days);
  if (deadlineAt <= at || deadlineAt > startsAt) return null;
  const dueAt = (no: number) => (rule.kind === 'free' ? deadlineAt : addDays(at, no * rule.spacingDays));
  if (dueAt(rule.instalments) > deadlineAt) return null;
  const rest = shareOut(total - down, rule.instalments);
  return {
    deadlineAt,
    instalments: [{ dueAt: at, amount: down }, ...rest.map((amount, i) => ({ dueAt: dueAt(i + 1), amount }))],
  };
}

/** A rule as one order could use it, by its least down payment. */
export type PlanOffer = { rule: PlanRule; leastDown: number; schedule: PlanSchedule };

/** The plans that are open to an order. */
export function planOffers(
  rules: readonly PlanRule[],
  order: { total: number; at: Date; startsAt: Date },
): PlanOffer[] {
  if (order.total === 0) return [];
  return rules.flatMap((rule) => {
    const leastDown = leastDownPayment(rule, order.total);
    const schedule = planSchedule(rule, { ...order, down: leastDown });
    return schedule ? [{ rule, leastDown, schedule }] : [];
  });
}
