import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import { currencySchema, instantSchema, moneySchema, object, transactionIdSchema } from '../http/schemas.ts';
import type { Intent, IntentKey } from './intent.ts';
import { readIntent } from './intent.store.ts';
import { readPlan, type PaymentPlan } from './payment-plan.store.ts';
import { planNotFound } from './payment-plans.ts';
import { paymentMethods, paymentStates } from './payment.ts';

export const intentStates = ['awaiting', 'paid', 'settled', 'ended', 'refunding', 'refunded'] as const;

/** A plan as its buyer and its seller see it. */
export const paymentPlanSchema = object({
  transaction_id: transactionIdSchema,
  rule_id: Type.Integer(),
  name: Type.String(),
  kind: Type.Enum(['instalments', 'free']),
  state: Type.Enum([...intentStates]),
  reason: Type.Optional(Type.String()),
  currency: currencySchema,
  total: moneySchema,
  paid: moneySchema,
  remaining: moneySchema,
  next: Type.Optional(
    object({ amount: moneySchema, due_at: instantSchema }, { description: 'What is to be paid next' }),
  ),
  deadline_at: instantSchema,
  lapses_at: Type.Optional(instantSchema),
  grace_days: Type.Integer(),
  customer_name: Type.String(),
  instalments: Type.Array(object({ due_at: instantSchema, amount: moneySchema, paid: moneySchema })),
  payments: Type.Array(
    object({
      no: Type.Integer(),
      method: Type.Enum([...paymentMethods]),
      state: Type.Enum([...paymentStates]),
      amount: moneySchema,
      paid_amount: moneySchema,
      paid_currency: currencySchema,
      captured: moneySchema,
      refunded: moneySchema,
      kept: moneySchema,
      surplus: Type.Boolean({ description: 'More than the plan needs: it goes back' }),
      expires_at: Type.Optional(instantSchema),
    }),
  ),
  settlement: Type.Optional(
    object(
      {
        number: Type.Integer(),
        settled_at: instantSchema,
        reason: Type.String(),
        paid: moneySchema,
        kept: moneySchema,
        returned: moneySchema,
      },
      { description: 'What became of the money of a plan that ended without a sale' },
    ),
  ),
  pay_url: Type.Optional(Type.String({ description: 'Leads to where the card is paid with' })),
});

/** An order and its plan. @throws Problem `plan_not_found`. */
export async function openPlan(
  reader: Reader,
  key: IntentKey,
): Promise<{ intent: Intent; plan: PaymentPlan }> {
  const plan = await readPlan(reader, key);
  const intent = plan && (await readIntent(reader, key));
  if (!intent) throw planNotFound();
  return { intent, plan };
}

function paymentsOf(intent: Intent) {
  return intent.tenders.map((tender) => {
    const { tenderNo: no, method, state, amount, captured, refunded, kept, surplus } = tender;
    return {
      no,
      method,
      state,
      amount,
      paid_amount: tender.paidAmount,
      paid_currency: tender.paidCurrency,
      captured,
      refunded,
      kept,
      surplus,
      ...(state === 'pending' && tender.expiresAt && { expires_at: tender.expiresAt.toISOString() }),
    };
  });
}

/** A plan as the API shows it. @param payUrl leads to the page of a card that is to be paid with. */
export function planToJson({ intent, plan }: { intent: Intent; plan: PaymentPlan }, payUrl?: string) {
  const { settlement } = plan;
  const captured = intent.tenders.filter((tender) => tender.captured > 0 && !tender.surplus);
  const paid = captured.reduce((sum, tender) => sum + tender.amount, 0);
  let before = 0;
  const instalments = plan.instalments.map(({ dueAt, amount }) => {
    const part = Math.min(Math.max(paid - before, 0), amount);
    before += amount;
    return { due_at: dueAt.toISOString(), amount, paid: part };
  });
  const isOpen = intent.state === 'awaiting';
  const next = isOpen ? instalments.find((one) => one.paid < one.amount) : undefined;
  const isOnline = intent.tenders.some((tender) => tender.provider !== null && tender.state === 'pending');
  return {
    transaction_id: intent.transactionId,
    rule_id: plan.ruleId,
    name: plan.ruleName,
    kind: plan.kind,
    state: intent.state,
    ...(intent.reason !== null && { reason: intent.reason }),
    currency: intent.currency,
    total: intent.amount,
    paid: settlement?.paid ?? paid,
    remaining: isOpen ? intent.amount - paid : 0,
    ...(next && { next: { amount: next.amount - next.paid, due_at: next.due_at } }),
    deadline_at: plan.deadlineAt.toISOString(),
    ...(isOpen && { lapses_at: intent.expiresAt.toISOString() }),
    grace_days: plan.graceDays,
    customer_name: intent.customer.name,
    instalments,
    payments: paymentsOf(intent),
    ...(settlement && {
      settlement: {
        number: settlement.no,
        settled_at: settlement.at.toISOString(),
        reason: settlement.reason,
        paid: settlement.paid,
        kept: settlement.kept,
        returned: settlement.paid - settlement.kept,
      },
    }),
    ...(isOpen && isOnline && payUrl !== undefined && { pay_url: payUrl }),
  };
}
