import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { TenderKey } from '../payments/payment-provider.ts';

/** Money of a plan that has come. `amount` in minor units of the order's currency. */
export type UntoldTender = TenderKey & { amount: number };

/** Payments of plans whose buyers have not been written to. */
export function findUntoldTenders(reader: Reader, limit: number): Promise<UntoldTender[]> {
  return reader.query<UntoldTender & Row>({
    name: 'find-untold-tenders',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", tender_no as "tenderNo", amount
             from tenders where expires_at is not null and told_at is null and state = 'captured'
            order by updated_at limit $1`,
    values: [limit],
  });
}

/** Marks a payment as told. @returns false when somebody else did. */
export async function markTenderTold(tx: Tx, key: TenderKey): Promise<boolean> {
  const rows = await tx.query({
    name: 'mark-tender-told',
    text: `update tenders set told_at = clock_timestamp()
            where tenant_id = $1 and transaction_id = $2 and tender_no = $3 and told_at is null returning tender_no`,
    values: [key.tenantId, key.transactionId, key.tenderNo],
  });
  return rows.length > 0;
}

/** An instalment of which its buyer may be reminded. Money in minor units of the order's currency. */
export type RemindableInstalment = {
  tenantId: number;
  transactionId: string;
  instalmentNo: number;
  reminders: number;
  dueAt: Date;
  /** When the plan lapses without it. */
  lapseAt: Date;
  /** What is missing until it is paid; nothing when there is nothing to remind of. */
  missing: number;
};

/** The instalments whose first or second reminder is due, and those that need none any more. */
export function findRemindable(reader: Reader, now: Date, limit: number): Promise<RemindableInstalment[]> {
  return reader.query<RemindableInstalment & Row>({
    name: 'find-remindable-instalments',
    text: `select d.tenant_id as "tenantId", d.transaction_id as "transactionId", d.instalment_no as "instalmentNo", d.reminders,
                  d.due_at as "dueAt", least(d.due_at + make_interval(days => p.grace_days), p.deadline_at) as "lapseAt",
                  case when i.state = 'awaiting' then greatest(t.through - plan_paid(d.tenant_id, d.transaction_id), 0)
                       else 0 end::bigint as missing
             from plan_instalments d
             join payment_plans p using (tenant_id, transaction_id)
             join payment_intents i using (tenant_id, transaction_id)
            cross join lateral (
              select sum(b.amount) as through from plan_instalments b
               where b.tenant_id = d.tenant_id and b.transaction_id = d.transaction_id and b.instalment_no <= d.instalment_no) t
            where d.reminders < 2 and d.due_at - make_interval(days => p.reminder_days) <= $1
              and (d.reminders = 0 or d.due_at <= $1)
            order by d.due_at limit $2`,
    values: [now, limit],
  });
}

/** Counts a reminder. @returns false when somebody else did. */
export async function countReminder(tx: Tx, one: RemindableInstalment, reminders: number): Promise<boolean> {
  const rows = await tx.query({
    name: 'count-reminder',
    text: `update plan_instalments set reminders = $5
            where tenant_id = $1 and transaction_id = $2 and instalment_no = $3 and reminders = $4 returning instalment_no`,
    values: [one.tenantId, one.transactionId, one.instalmentNo, one.reminders, reminders],
  });
  return rows.length > 0;
}
