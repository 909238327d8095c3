import type { Reader, Row } from '../db/transaction.ts';
import type { ProviderRefund, TenderKey } from './payment-provider.ts';

/**
 * Notes which refunds of a payment the provider made unasked, each once (note_provider_refunds in SQL).
 * @param refunds all that stand; those that we asked for are left out.
 * @param done a repayment of ours that is among them.
 * @returns null when the payment is of no sale yet; else the minor units that were not known before.
 */
export async function noteProviderRefunds(
  run: Reader,
  key: TenderKey,
  refunds: readonly ProviderRefund[],
  done: { refundNo: number; repaymentNo: number } | null,
): Promise<number | null> {
  const unasked = refunds.filter(({ part }) => part === null);
  const [row] = await run.query<{ sold: boolean; noted: number }>({
    name: 'note_provider_refunds',
    text: `select sold, noted from note_provider_refunds($1, $2, $3::smallint, $4::text[], $5::bigint[],
                                                         $6::timestamptz[], $7::smallint, $8::smallint)`,
    values: [
      key.tenantId,
      key.transactionId,
      key.tenderNo,
      unasked.map(({ refundId }) => refundId),
      unasked.map(({ amount }) => amount),
      unasked.map(({ at }) => at),
      done?.refundNo ?? null,
      done?.repaymentNo ?? null,
    ],
  });
  return row!.sold ? row!.noted : null;
}

/** Money that a provider gave back unasked. Minor units of the currency that was paid in. */
export type UnaskedRefund = TenderKey & {
  refundId: string;
  amount: number;
  currency: string;
  at: Date;
  /** How much of it refunds of ours have used. */
  used: number;
};

/** What providers gave back unasked of a sale, the first first. */
export function readUnaskedRefunds(
  reader: Reader,
  { tenantId, transactionId }: Pick<TenderKey, 'tenantId' | 'transactionId'>,
): Promise<UnaskedRefund[]> {
  return reader.query<UnaskedRefund & Row>({
    name: 'read-unasked-refunds',
    text: `select o.tenant_id as "tenantId", o.transaction_id as "transactionId", o.tender_no as "tenderNo",
                  o.refund_id as "refundId", o.amount, t.paid_currency as currency, o.refunded_at as at,
                  least(o.amount, greatest(0, coalesce(p.used, 0) - o.before))::bigint as used
             from (select o.*, sum(o.amount) over (partition by o.tender_no order by o.refunded_at, o.refund_id) - o.amount as before
                     from provider_refunds o where o.tenant_id = $1 and o.transaction_id = $2) o
             join tenders t on t.tenant_id = o.tenant_id and t.transaction_id = o.transaction_id and t.tender_no = o.tender_no
             left join (select p.tender_no, sum(p.paid_amount) as used from repayments p
                         where p.tenant_id = $1 and p.transaction_id = $2 and p.unasked group by 1) p on p.tender_no = o.tender_no
            order by o.refunded_at, o.refund_id`,
    values: [tenantId, transactionId],
  });
}
