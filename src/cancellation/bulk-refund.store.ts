import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { RefundKind } from './refund.ts';

/** A walk over the sales of an event that refunds each. */
export type BulkRefund = EventKey & {
  bulkId: string;
  kind: Extract<RefundKind, 'refund' | 'event_cancelled'>;
  feesReturned: boolean;
  resold: boolean;
  reason: string;
  note: string | null;
  staffId: string | null;
  createdAt: Date;
};

/** How far it has come. Amounts in minor units. */
export type BulkRefundProgress = BulkRefund & {
  endedAt: Date | null;
  salesFound: number;
  salesRefunded: number;
  amount: number;
  paidBack: number;
  failed: number;
  failures: { transactionId: string; code: string; detail: string }[];
};

/** The sales of an event with places that are to go back; of a moved one those that were made before the walk began. */
const withPlaces = `
  t.tenant_id = $1 and t.event_id = $2 and t.status in ('processing', 'completed')
  and ($3::timestamptz is null or t.created_at < $3)
  and exists (select from transaction_items i
               where i.tenant_id = t.tenant_id and i.transaction_id = t.transaction_id and i.state = 'live')`;

const madeBefore = ({ kind, createdAt }: BulkRefund) => (kind === 'refund' ? createdAt : null);

/** Begins a walk. @returns false when one is under way for the event. */
export async function startBulkRefund(tx: Tx, bulk: BulkRefund): Promise<boolean> {
  const rows = await tx.query({
    text: `insert into bulk_refunds (tenant_id, event_id, bulk_id, kind, fees_returned, resold, reason, note, staff_id, created_at,
                                     sales_found)
           select $1::integer, $2::integer, $4::uuid, $5::refund_kind, $6::boolean, $7::boolean, $8::text, $9::text, $10::uuid,
                  $11::timestamptz, (select count(*) from transactions t where ${withPlaces})
           on conflict (tenant_id, event_id) where ended_at is null do nothing
           returning bulk_id`,
    values: [
      bulk.tenantId,
      bulk.eventId,
      madeBefore(bulk),
      bulk.bulkId,
      bulk.kind,
      bulk.feesReturned,
      bulk.resold,
      bulk.reason,
      bulk.note,
      bulk.staffId,
      bulk.createdAt,
    ],
  });
  return rows.length > 0;
}

/**
 * Begins a walk that has ended again, for the sales that could not be refunded or were made since.
 * @returns null when there is none such; false when it, or another of its event, is under way.
 */
export async function resumeBulkRefund(
  tx: Tx,
  { tenantId, eventId }: EventKey,
  bulkId: string,
): Promise<boolean | null> {
  const bulks = await tx.query<Row & { bulkId: string; isOpen: boolean }>({
    text: `select bulk_id as "bulkId", ended_at is null as "isOpen" from bulk_refunds
            where tenant_id = $1 and event_id = $2 order by bulk_id for update`,
    values: [tenantId, eventId],
  });
  if (!bulks.some((one) => one.bulkId === bulkId)) return null;
  if (bulks.some((one) => one.isOpen)) return false;
  await tx.query({
    text: 'delete from bulk_refund_failures where tenant_id = $1 and bulk_id = $2',
    values: [tenantId, bulkId],
  });
  await tx.query({
    text: `update bulk_refunds set ended_at = null, walked_to = '00000000-0000-0000-0000-000000000000'
            where tenant_id = $1 and bulk_id = $2`,
    values: [tenantId, bulkId],
  });
  return true;
}

const columns = `
  b.tenant_id as "tenantId", b.event_id as "eventId", b.bulk_id as "bulkId", b.kind, b.fees_returned as "feesReturned",
  b.resold, b.reason, b.note, b.staff_id as "staffId", b.created_at as "createdAt"`;

/** Takes a walk that nobody is on; null when there is none. */
export async function takeBulkRefund(
  pool: Pool,
  seconds: number,
): Promise<(BulkRefund & { walkedTo: string }) | null> {
  const [row] = await transactOnce<Row & BulkRefund & { walkedTo: string }>(pool, {
    name: 'take-bulk-refund',
    text: `with due as (
             select tenant_id, bulk_id from bulk_refunds
              where ended_at is null and leased_until <= clock_timestamp() order by leased_until limit 1 for update skip locked)
           update bulk_refunds b set leased_until = clock_timestamp() + make_interval(secs => $1)
             from due d where b.tenant_id = d.tenant_id and b.bulk_id = d.bulk_id
           returning ${columns}, b.walked_to as "walkedTo"`,
    values: [seconds],
  });
  return row ?? null;
}

/** The next sales of a walk, by their ids. */
export async function readBulkPage(
  reader: Reader,
  bulk: BulkRefund & { walkedTo: string },
  limit: number,
): Promise<string[]> {
  const rows = await reader.query<{ id: string }>({
    name: 'read-bulk-page',
    text: `select t.transaction_id as id from transactions t
            where ${withPlaces} and t.transaction_id > $4 order by t.transaction_id limit $5`,
    values: [bulk.tenantId, bulk.eventId, madeBefore(bulk), bulk.walkedTo, limit],
  });
  return rows.map((row) => row.id);
}

/** Notes how far a walk has come, and keeps it for so long. */
export async function noteWalked(
  run: Reader,
  { tenantId, bulkId }: BulkRefund,
  walkedTo: string,
  seconds: number,
): Promise<void> {
  await run.query({
    name: 'note-walked',
    text: `update bulk_refunds set walked_to = $3, leased_until = clock_timestamp() + make_interval(secs => $4)
            where tenant_id = $1 and bulk_id = $2`,
    values: [tenantId, bulkId, walkedTo, seconds],
  });
}

/** Notes that a sale could not be refunded, and why. */
export async function noteBulkFailure(
  tx: Tx,
  { tenantId, bulkId }: BulkRefund,
  failure: { transactionId: string; code: string; detail: string; at: Date },
): Promise<void> {
  await tx.query({
    name: 'note-bulk-failure',
    text: `insert into bulk_refund_failures values ($1, $2, $3, $4, $5, $6)
           on conflict (tenant_id, bulk_id, transaction_id) do update
             set code = excluded.code, detail = excluded.detail, failed_at = excluded.failed_at`,
    values: [tenantId, bulkId, failure.transactionId, failure.code, failure.detail, failure.at],
  });
}

/** Ends a walk, or gives it to whoever comes next. */
export async function leaveBulkRefund(
  pool: Pool,
  { tenantId, bulkId }: BulkRefund,
  endedAt: Date | null,
): Promise<void> {
  await transactOnce(pool, {
    name: 'leave-bulk-refund',
    text: `update bulk_refunds set leased_until = clock_timestamp(), ended_at = $3 where tenant_id = $1 and bulk_id = $2`,
    values: [tenantId, bulkId, endedAt],
  });
}

/** The walks of an event, the newest first. */
export async function listBulkRefunds(
  reader: Reader,
  { tenantId, eventId }: EventKey,
  limits: { rows: number; failures: number },
): Promise<BulkRefundProgress[]> {
  return await reader.query<Row & BulkRefundProgress>({
    text: `select ${columns}, b.ended_at as "endedAt", b.sales_found as "salesFound",
                  r.sales as "salesRefunded", r.amount, r.paid_back as "paidBack", f.failed, f.failures
             from bulk_refunds b
            cross join lateral (
              select count(*)::integer as sales, coalesce(sum(r.total), 0)::bigint as amount,
                     coalesce(sum(r.paid_back), 0)::bigint as paid_back
                from refunds r where r.tenant_id = b.tenant_id and r.bulk_id = b.bulk_id) r
            cross join lateral (
              select (select count(*)::integer from bulk_refund_failures f
                       where f.tenant_id = b.tenant_id and f.bulk_id = b.bulk_id) as failed,
                     array(select jsonb_build_object('transactionId', f.transaction_id, 'code', f.code, 'detail', f.detail)
                             from bulk_refund_failures f
                            where f.tenant_id = b.tenant_id and f.bulk_id = b.bulk_id
                            order by f.transaction_id limit $4) as failures) f
            where b.tenant_id = $1 and b.event_id = $2 order by b.bulk_id desc limit $3`,
    values: [tenantId, eventId, limits.rows, limits.failures],
  });
}
