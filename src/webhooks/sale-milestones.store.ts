import type { Reader, Row } from '../db/transaction.ts';
import type { SaleMilestones } from './sale-milestones.ts';

/** The sellers that want to be told of anything. */
export async function readSellersWithEndpoints(reader: Reader): Promise<number[]> {
  const rows = await reader.query<Row & { tenantId: number }>({
    name: 'read-sellers-with-endpoints',
    text: 'select distinct tenant_id as "tenantId" from webhook_endpoints where enabled',
  });
  return rows.map((row) => row.tenantId);
}

/** How far some of a seller's sales have come. */
export async function readSaleMilestones(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<SaleMilestones[]> {
  const rows = await reader.query<
    Row & Omit<SaleMilestones, 'failed'> & { failedChannels: string[]; failedAt: Date[] }
  >({
    name: 'read-sale-milestones',
    text: `select t.transaction_id as "transactionId", t.event_id as "eventId", t.created_at as "confirmedAt",
                  t.completed_at as "completedAt", d.issued_at as "paidAt", s.tickets_at as "ticketsAt",
                  s.failed_channels as "failedChannels", s.failed_at as "failedAt"
             from transactions t
             left join fiscal_documents d on d.tenant_id = $1 and d.transaction_id = t.transaction_id
            cross join lateral (
              select max(updated_at) filter (where name = 'tickets' and state = 'done') as tickets_at,
                     coalesce(array_agg(name::text order by name) filter (where is_failed), '{}') as failed_channels,
                     coalesce(array_agg(updated_at order by name) filter (where is_failed), '{}') as failed_at
                from (select name, state, updated_at, state = 'failed' and name in ('email', 'sms', 'whatsapp') as is_failed
                        from steps where tenant_id = $1 and transaction_id = t.transaction_id) own) s
            where t.tenant_id = $1 and t.transaction_id = any ($2::uuid[])`,
    values: [tenantId, transactionIds],
  });
  return rows.map(({ failedChannels, failedAt, ...sale }) => ({
    ...sale,
    failed: failedChannels.map((channel, i) => ({ channel, at: failedAt[i]! })),
  }));
}
