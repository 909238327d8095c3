import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row, type Tx } from '../db/transaction.ts';
import type { Actor } from '../identity/principal.ts';
import type { BulkAction, BulkProgress, BulkTerms } from './bulk-action.ts';

type ActionRow = {
  tenantId: number;
  bulkId: string;
  kind: BulkTerms['kind'];
  terms: Record<string, unknown>;
  actorKind: Actor['kind'];
  actorId: string;
  actorName: string;
  createdAt: Date;
};

const columns = `
  b.tenant_id as "tenantId", b.bulk_id as "bulkId", b.kind, b.terms, b.actor_kind as "actorKind", b.actor_id as "actorId",
  b.actor_name as "actorName", b.created_at as "createdAt"`;

function actionOf(row: ActionRow): BulkAction {
  const { tenantId, bulkId, kind, terms, createdAt } = row;
  return {
    tenantId,
    bulkId,
    terms: { ...terms, kind } as BulkTerms,
    actor: { kind: row.actorKind, id: row.actorId, name: row.actorName, address: null, requestId: null },
    createdAt,
  };
}

/**
 * Begins a bulk action over those of the ids that are sales of the seller.
 * @returns how many they are; with none nothing has begun.
 */
export async function startBulkAction(
  tx: Tx,
  action: BulkAction,
  transactionIds: readonly string[],
): Promise<number> {
  const { tenantId, bulkId, terms, actor, createdAt } = action;
  const { kind, ...how } = terms;
  const [row] = await tx.query<{ sales: number }>({
    text: `with chosen as (
             select transaction_id from transactions where tenant_id = $1 and transaction_id = any ($9::uuid[])
           ), action as (
             insert into bulk_actions (tenant_id, bulk_id, kind, terms, actor_kind, actor_id, actor_name, created_at)
             select $1, $2, $3::bulk_action_kind, $4, $5::actor_kind, $6, $7, $8
              where exists (select from chosen) returning bulk_id
           ), sales as (
             insert into bulk_action_sales (tenant_id, bulk_id, transaction_id)
             select $1, a.bulk_id, c.transaction_id from action a cross join chosen c returning transaction_id)
           select count(*)::integer as sales from sales`,
    values: [tenantId, bulkId, kind, how, actor.kind, actor.id, actor.name, createdAt, transactionIds],
  });
  return row!.sales;
}

/** Has what failed tried again. */
export async function resumeBulkAction(tx: Tx, tenantId: number, bulkId: string): Promise<void> {
  await tx.query({
    text: 'update bulk_actions set ended_at = null where tenant_id = $1 and bulk_id = $2',
    values: [tenantId, bulkId],
  });
  await tx.query({
    text: `update bulk_action_sales set state = 'pending', code = null, detail = null, done_at = null
            where tenant_id = $1 and bulk_id = $2 and state = 'failed'`,
    values: [tenantId, bulkId],
  });
}

/** Takes a bulk action that nobody is on; null when there is none. */
export async function takeBulkAction(pool: Pool, seconds: number): Promise<BulkAction | null> {
  const [row] = await transactOnce<Row & ActionRow>(pool, {
    name: 'take-bulk-action',
    text: `with due as (
             select tenant_id, bulk_id from bulk_actions
              where ended_at is null and leased_until <= clock_timestamp() order by leased_until limit 1 for update skip locked)
           update bulk_actions b set leased_until = clock_timestamp() + make_interval(secs => $1)
             from due d where b.tenant_id = d.tenant_id and b.bulk_id = d.bulk_id
           returning ${columns}`,
    values: [seconds],
  });
  return row ? actionOf(row) : null;
}

/** Sales of a bulk action that nothing was done to yet. */
export async function readPendingSales(
  reader: Reader,
  { tenantId, bulkId }: BulkAction,
  limit: number,
): Promise<string[]> {
  const rows = await reader.query<{ id: string }>({
    name: 'read-pending-sales',
    text: `select transaction_id as id from bulk_action_sales
            where tenant_id = $1 and bulk_id = $2 and state = 'pending' order by transaction_id limit $3`,
    values: [tenantId, bulkId, limit],
  });
  return rows.map((row) => row.id);
}

/**
 * Takes a sale of a bulk action for this transaction.
 * @returns false when it was done meanwhile, or is no longer to be done.
 */
export async function takePendingSale(
  tx: Tx,
  { tenantId, bulkId }: BulkAction,
  transactionId: string,
): Promise<boolean> {
  const rows = await tx.query({
    name: 'take-pending-sale',
    text: `select from bulk_action_sales
            where tenant_id = $1 and bulk_id = $2 and transaction_id = $3 and state = 'pending' for update`,
    values: [tenantId, bulkId, transactionId],
  });
  return rows.length > 0;
}

/** Notes what came of a sale, and keeps the bulk action for so long; a failure by its code and in words. */
export async function noteBulkSale(
  tx: Tx,
  { tenantId, bulkId }: BulkAction,
  sale: { transactionId: string; failure: { code: string; detail: string } | null; at: Date },
  seconds: number,
): Promise<void> {
  const { transactionId, failure, at } = sale;
  await tx.query({
    name: 'note-bulk-sale',
    text: `with lease as (
             update bulk_actions set leased_until = clock_timestamp() + make_interval(secs => $7)
              where tenant_id = $1 and bulk_id = $2)
           update bulk_action_sales
              set state = case when $4::text is null then 'done' else 'failed' end::bulk_sale_state,
                  code = $4, detail = $5, done_at = $6
            where tenant_id = $1 and bulk_id = $2 and transaction_id = $3`,
    values: [tenantId, bulkId, transactionId, failure?.code ?? null, failure?.detail ?? null, at, seconds],
  });
}

/** Lets a bulk action go, and ends it when nothing of it is left. */
export async function leaveBulkAction(
  pool: Pool,
  { tenantId, bulkId }: BulkAction,
  now: Date,
): Promise<void> {
  await transactOnce(pool, {
    name: 'leave-bulk-action',
    text: `update bulk_actions set leased_until = clock_timestamp(),
                  ended_at = case when exists (select from bulk_action_sales s
                                                where s.tenant_id = $1 and s.bulk_id = $2 and s.state = 'pending')
                                  then null else $3::timestamptz end
            where tenant_id = $1 and bulk_id = $2`,
    values: [tenantId, bulkId, now],
  });
}

/** Bulk actions of a seller, the newest first, or the one alone. */
export async function readBulkActions(
  reader: Reader,
  tenantId: number,
  page: { bulkId: string | null; rows: number; failures: number },
): Promise<BulkProgress[]> {
  const rows = await reader.query<Row & ActionRow & Omit<BulkProgress, keyof BulkAction>>({
    text: `select ${columns}, b.ended_at as "endedAt", s.sales, s.done, s.failed,
                  array(select jsonb_build_object('transactionId', f.transaction_id, 'code', f.code, 'detail', f.detail)
                          from bulk_action_sales f
                         where f.tenant_id = b.tenant_id and f.bulk_id = b.bulk_id and f.state = 'failed'
                         order by f.transaction_id limit $4) as failures
             from bulk_actions b
            cross join lateral (
              select count(*)::integer as sales, (count(*) filter (where x.state = 'done'))::integer as done,
                     (count(*) filter (where x.state = 'failed'))::integer as failed
                from bulk_action_sales x where x.tenant_id = b.tenant_id and x.bulk_id = b.bulk_id) s
            where b.tenant_id = $1 and ($2::uuid is null or b.bulk_id = $2) order by b.bulk_id desc limit $3`,
    values: [tenantId, page.bulkId, page.rows, page.failures],
  });
  return rows.map((row) => {
    const { endedAt, sales, done, failed, failures } = row;
    return { ...actionOf(row), endedAt, sales, done, failed, failures };
  });
}
