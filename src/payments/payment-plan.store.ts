import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import { pointProblem, salesSeriesOf, type SellingPoint } from '../fiscal/selling-point.ts';
import type { IntentKey, IntentState, TenderOrder } from './intent.ts';
import { noteTender, tenderJson } from './intent.store.ts';
import type { PlanRule, PlanSchedule } from './payment-plan.ts';
import type { OpenPage } from './due.store.ts';
import type { TenderKey } from './payment-provider.ts';

/** Makes a plan of an order that was just opened. @returns false when the rule has ended. */
export async function insertPlan(
  tx: Tx,
  { tenantId, transactionId }: IntentKey,
  rule: PlanRule,
  { deadlineAt, instalments }: PlanSchedule,
): Promise<boolean> {
  const made = await tx.query({
    text: `insert into payment_plans (tenant_id, transaction_id, rule_id, kind, deadline_at, grace_days, penalty_ppm,
                                      penalty_amount, reminder_days)
           select $1, $2, r.rule_id, r.kind, $4, r.grace_days, r.penalty_ppm, r.penalty_amount, r.reminder_days
             from payment_plan_rules r where r.tenant_id = $1 and r.rule_id = $3 and r.ended_at is null
           returning rule_id`,
    values: [tenantId, transactionId, rule.ruleId, deadlineAt],
  });
  if (made.length === 0) return false;
  await tx.query({
    text: `insert into plan_instalments (tenant_id, transaction_id, instalment_no, due_at, amount)
           select $1, $2, place - 1, due_at, amount
             from unnest($3::timestamptz[], $4::bigint[]) with ordinality u (due_at, amount, place)`,
    values: [
      tenantId,
      transactionId,
      instalments.map(({ dueAt }) => dueAt),
      instalments.map(({ amount }) => amount),
    ],
  });
  await tx.query({
    text: `update tenders t set expires_at = i.expires_at from payment_intents i
            where t.tenant_id = $1 and t.transaction_id = $2 and i.tenant_id = $1 and i.transaction_id = $2`,
    values: [tenantId, transactionId],
  });
  return true;
}

/** What each means stands in sql/0046_payment_plans.sql. Money in minor units of the order's currency. */
export type AddedTender = {
  outcome:
    | 'added'
    | 'replayed'
    | 'key_reused'
    | 'not_found'
    | 'lapsed'
    | 'complete'
    | 'beyond_remaining'
    | 'too_little'
    | 'too_many'
    | 'reference_used';
  tenderNo: number;
  remaining: number;
  leastAmount: number;
};

/** Adds a payment to a plan (add_plan_tender in SQL); nothing of it is captured yet. */
export async function addPlanTender(
  tx: Tx,
  key: IntentKey,
  request: { keyDigest: string; bodyDigest: string; seconds: number; tender: TenderOrder },
): Promise<AddedTender> {
  const [row] = await tx.query<AddedTender>({
    name: 'add_plan_tender',
    text: `select outcome, tender_no as "tenderNo", remaining, least_amount as "leastAmount"
             from add_plan_tender($1, $2, $3, $4, $5, $6)`,
    values: [
      key.tenantId,
      key.transactionId,
      request.keyDigest,
      request.bodyDigest,
      request.seconds,
      JSON.stringify(tenderJson(request.tender)),
    ],
  });
  return row!;
}

/**
 * Notes that money of a plan was taken, in a shift when that was at a till.
 * @throws Problem `shift_not_open` when that shift is over.
 */
export async function takePlanTender(
  tx: Tx,
  key: TenderKey,
  { paidAmount }: TenderOrder,
  point: SellingPoint,
): Promise<void> {
  const news = { state: 'captured', captured: paidAmount, paymentId: null } as const;
  await noteTender(tx, key, news, { graceSeconds: limits.paidHoldSeconds });
  if (point.shiftNo !== null && !(await takeInShift(tx, key, point))) throw pointProblem('shift_not_open');
}

async function takeInShift(tx: Tx, key: TenderKey, { pointNo, shiftNo }: SellingPoint): Promise<boolean> {
  // Locked, so that the shift is not counted before this payment is there.
  const taken = await tx.query({
    text: `update tenders t set point_no = $4, shift_no = $5
             from (select from fiscal_series
                    where tenant_id = $1 and series_id = $6 and shift_no = $5 and not day_closed for share) open
            where t.tenant_id = $1 and t.transaction_id = $2 and t.tender_no = $3 returning t.tender_no`,
    values: [key.tenantId, key.transactionId, key.tenderNo, pointNo, shiftNo, salesSeriesOf(pointNo)],
  });
  return taken.length > 0;
}

/** Whether all of a plan is paid and its sale is to be made. */
export async function isCompletePlan(reader: Reader, key: IntentKey): Promise<boolean> {
  const rows = await reader.query({
    name: 'is-complete-plan',
    text: `select from payment_intents i join payment_plans p using (tenant_id, transaction_id)
            where i.tenant_id = $1 and i.transaction_id = $2 and i.state = 'paid'`,
    values: [key.tenantId, key.transactionId],
  });
  return rows.length > 0;
}

/** A plan's places cost what was agreed, whatever they would cost now. */
export async function honourQuote(tx: Tx, tenantId: number, holdId: string): Promise<void> {
  await tx.query({
    name: 'honour-quote',
    text: `update holds h set pricing_version = e.pricing_version, tax_version = s.tax_version, quote_valid_until = 'infinity'
             from events e, sellers s
            where h.tenant_id = $1 and h.hold_id = $2 and h.state = 'live'
              and e.tenant_id = $1 and e.event_id = h.event_id and s.tenant_id = $1`,
    values: [tenantId, holdId],
  });
}

/** Whether a plan that is under way needs this hold. */
export async function isHeldByPlan(reader: Reader, tenantId: number, holdId: string): Promise<boolean> {
  const rows = await reader.query({
    name: 'is-held-by-plan',
    text: `select from payment_intents i join payment_plans p using (tenant_id, transaction_id)
            where i.tenant_id = $1 and i.hold_id = $2 and i.state in ('awaiting', 'paid')`,
    values: [tenantId, holdId],
  });
  return rows.length > 0;
}

/** A plan as it stands, beside its order. Money in minor units of the order's currency. */
export type PaymentPlan = {
  ruleId: number;
  ruleName: string;
  kind: PlanRule['kind'];
  deadlineAt: Date;
  graceDays: number;
  instalments: { dueAt: Date; amount: number }[];
  settlement: { no: number; at: Date; reason: string; paid: number; kept: number } | null;
};

/** The plan of an order, or null for an order that is paid otherwise. */
export async function readPlan(reader: Reader, key: IntentKey): Promise<PaymentPlan | null> {
  const [row] = await reader.query<
    Row & {
      ruleId: number;
      ruleName: string;
      kind: PlanRule['kind'];
      deadlineAt: Date;
      graceDays: number;
      dueAt: Date[];
      amounts: number[];
      no: number | null;
      at: Date;
      reason: string;
      paid: number;
      kept: number;
    }
  >({
    name: 'read-plan',
    text: `select p.rule_id as "ruleId", r.name as "ruleName", p.kind, p.deadline_at as "deadlineAt", p.grace_days as "graceDays",
                  d.due_at as "dueAt", d.amounts, s.settlement_no as no, s.settled_at as at, s.reason, s.paid, s.kept
             from payment_plans p
             join payment_plan_rules r on r.tenant_id = p.tenant_id and r.rule_id = p.rule_id
            cross join lateral (
              select array_agg(i.due_at order by i.instalment_no) as due_at, array_agg(i.amount order by i.instalment_no) as amounts
                from plan_instalments i where i.tenant_id = p.tenant_id and i.transaction_id = p.transaction_id) d
             left join plan_settlements s on s.tenant_id = p.tenant_id and s.transaction_id = p.transaction_id
            where p.tenant_id = $1 and p.transaction_id = $2`,
    values: [key.tenantId, key.transactionId],
  });
  if (!row) return null;
  const { dueAt, amounts, no, at, reason, paid, kept, ...plan } = row;
  return {
    ...plan,
    instalments: dueAt.map((due, i) => ({ dueAt: due, amount: amounts[i]! })),
    settlement: no === null ? null : { no, at, reason, paid, kept },
  };
}

/** The orders of a seller that are plans, the newest first. */
export async function listPlans(
  reader: Reader,
  tenantId: number,
  page: { state: IntentState | null; after: string | null; limit: number },
): Promise<string[]> {
  const rows = await reader.query<{ transactionId: string }>({
    name: 'list-plans',
    text: `select p.transaction_id as "transactionId"
             from payment_plans p join payment_intents i using (tenant_id, transaction_id)
            where p.tenant_id = $1 and ($2::intent_state is null or i.state = $2)
              and ($3::uuid is null or p.transaction_id < $3)
            order by p.transaction_id desc limit $4`,
    values: [tenantId, page.state, page.after, page.limit],
  });
  return rows.map((row) => row.transactionId);
}

/** Plans that are under way for events that are cancelled. */
export function findCancelledPlans(reader: Reader, limit: number): Promise<IntentKey[]> {
  return reader.query<IntentKey & Row>({
    name: 'find-cancelled-plans',
    text: `select i.tenant_id as "tenantId", i.transaction_id as "transactionId"
             from payment_intents i
             join payment_plans p using (tenant_id, transaction_id)
             join events e using (tenant_id, event_id)
            where i.state = 'awaiting' and e.status = 'cancelled' limit $1`,
    values: [limit],
  });
}

/** Takes payments of plans whose own time is over, so that no other process ends them at the same time. */
export function takeExpiredTenders(
  pool: Pool,
  retrySeconds: number,
  limit: number,
): Promise<(TenderKey & { pageId: string | null })[]> {
  return transactOnce<TenderKey & { pageId: string | null }>(pool, {
    name: 'take-expired-tenders',
    text: `with due as (
             select t.tenant_id, t.transaction_id, t.tender_no from tenders t
              where t.expires_at <= clock_timestamp() and t.state in ('pending', 'authorised')
                and t.asked_at < clock_timestamp() - make_interval(secs => $1)
              order by t.expires_at limit $2 for update skip locked)
           update tenders t set asked_at = clock_timestamp() from due d
            where t.tenant_id = d.tenant_id and t.transaction_id = d.transaction_id and t.tender_no = d.tender_no
           returning t.tenant_id as "tenantId", t.transaction_id as "transactionId", t.tender_no as "tenderNo",
                     t.page_id as "pageId"`,
    values: [retrySeconds, limit],
  });
}

/** Money of a provider's that a plan has no place for. */
export type SurplusTender = OpenPage & { paymentId: string; captured: number };

/** The same of money that a plan has no place for and that its provider can give back. */
export function takeSurplus(pool: Pool, retrySeconds: number, limit: number): Promise<SurplusTender[]> {
  return transactOnce<SurplusTender & Row>(pool, {
    name: 'take-surplus',
    text: `with due as (
             select t.tenant_id, t.transaction_id, t.tender_no from tenders t
              where t.surplus and t.refunded < t.captured and t.provider is not null
                and t.asked_at < clock_timestamp() - make_interval(secs => $1)
              order by t.asked_at limit $2 for update skip locked)
           update tenders t set asked_at = clock_timestamp() from due d
            where t.tenant_id = d.tenant_id and t.transaction_id = d.transaction_id and t.tender_no = d.tender_no
           returning t.tenant_id as "tenantId", t.transaction_id as "transactionId", t.tender_no as "tenderNo",
                     t.page_id as "pageId", t.payment_id as "paymentId", t.captured`,
    values: [retrySeconds, limit],
  });
}
