import type { Pool } from '../db/pool.ts';
import { transactOnce, type Row, type Tx } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';

/** A part of a payment that its provider is to give back. */
export type DueRepayment = SaleKey & {
  refundNo: number;
  repaymentNo: number;
  tenderNo: number;
  paymentId: string;
  /** Minor units of the currency that it was paid in. */
  paidAmount: number;
};

/**
 * Takes repayments that a provider is still to be asked for, so that no other process asks at the same time.
 * @param sale only of this one, or of any.
 */
export function takeDueRepayments(
  pool: Pool,
  { seconds, limit, sale }: { seconds: number; limit: number; sale: SaleKey | null },
): Promise<DueRepayment[]> {
  return transactOnce<DueRepayment & Row>(pool, {
    name: 'take-due-repayments',
    text: `with due as (
             select r.tenant_id, r.transaction_id, r.refund_no, r.repayment_no
               from repayments r
              where r.done_at is null and r.leased_until <= clock_timestamp()
                and ($3::integer is null or (r.tenant_id = $3 and r.transaction_id = $4))
              order by r.leased_until limit $2 for update skip locked)
           update repayments r set leased_until = clock_timestamp() + make_interval(secs => $1)
             from due d
             join tenders t on t.tenant_id = d.tenant_id and t.transaction_id = d.transaction_id
            where r.tenant_id = d.tenant_id and r.transaction_id = d.transaction_id and r.refund_no = d.refund_no
              and r.repayment_no = d.repayment_no and t.tender_no = r.tender_no
           returning r.tenant_id as "tenantId", r.transaction_id as "transactionId", r.refund_no as "refundNo",
                     r.repayment_no as "repaymentNo", r.tender_no as "tenderNo", t.payment_id as "paymentId",
                     r.paid_amount as "paidAmount"`,
    values: [seconds, limit, sale?.tenantId ?? null, sale?.transactionId ?? null],
  });
}

const keyOf = (one: DueRepayment) => [one.tenantId, one.transactionId, one.refundNo, one.repaymentNo];

/**
 * Pays a repayment by what its provider gave back unasked, as far as that goes (use_provider_refunds in SQL).
 * @returns the minor units that the provider is still to be asked for.
 */
export async function useProviderRefunds(tx: Tx, due: DueRepayment): Promise<number> {
  const values = keyOf(due);
  await tx.query({
    name: 'use_provider_refunds',
    text: 'select use_provider_refunds($1, $2, $3::smallint, $4::smallint)',
    values,
  });
  const [left] = await tx.query<{ paidAmount: number }>({
    name: 'read-repayment-left',
    text: `select paid_amount as "paidAmount" from repayments
            where tenant_id = $1 and transaction_id = $2 and refund_no = $3 and repayment_no = $4 and done_at is null`,
    values,
  });
  return left?.paidAmount ?? 0;
}

/** Notes why a repayment could not be made yet, and when it is tried again. */
export async function deferRepayment(
  pool: Pool,
  due: DueRepayment,
  seconds: number,
  why: string,
): Promise<void> {
  await transactOnce(pool, {
    name: 'defer-repayment',
    text: `update repayments set leased_until = clock_timestamp() + make_interval(secs => $5), last_error = $6
            where tenant_id = $1 and transaction_id = $2 and refund_no = $3 and repayment_no = $4 and done_at is null`,
    values: [...keyOf(due), seconds, why],
  });
}
