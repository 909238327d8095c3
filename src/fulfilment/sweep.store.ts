import type { StepName } from '../base/step.ts';
import type { Reader, Tx } from '../db/transaction.ts';

/** Where a sweep of one seller's sales goes on: after this key. */
export type SweepPlace = { tenantId: number; after: string };

/** Before this instant a seller has no unfinished sale. */
export type SweepMark = { tenantId: number; since: Date };

/** A sale with steps that have not ended. */
export type UnfinishedSale = { tenantId: number; transactionId: string; pending: StepName[] };

/** The marks of all sellers; a seller that was never swept begins at the beginning. */
export async function readStepMarks(reader: Reader): Promise<SweepMark[]> {
  return await reader.query<SweepMark>({
    name: 'read-step-marks',
    text: `select s.tenant_id as "tenantId", coalesce(m.since, '-infinity') as since
             from sellers s left join sweep_marks m on m.tenant_id = s.tenant_id and m.kind = 'steps'
            order by s.tenant_id`,
  });
}

/**
 * The unfinished sales after each seller's place that were committed at least `ageSeconds` ago, in the
 * order of their keys and at most `limit` a seller. Keys are ordered by time, so it reads a short range.
 */
export async function readUnfinished(
  reader: Reader,
  places: readonly SweepPlace[],
  ageSeconds: number,
  limit: number,
): Promise<UnfinishedSale[]> {
  return await reader.query<UnfinishedSale>({
    name: 'read-unfinished',
    text: `select p.tenant_id as "tenantId", t.transaction_id as "transactionId", s.pending::text[] as pending
             from unnest($1::integer[], $2::uuid[]) p (tenant_id, after)
            cross join lateral (
              select transaction_id from transactions
               where tenant_id = p.tenant_id and transaction_id > p.after
                 and status = 'processing' and created_at < now() - make_interval(secs => $3)
               order by transaction_id limit $4) t
            cross join lateral (
              select coalesce(array_agg(name), '{}') as pending from steps
               where tenant_id = p.tenant_id and transaction_id = t.transaction_id and state = 'pending') s
            order by p.tenant_id, t.transaction_id`,
    values: [places.map((place) => place.tenantId), places.map((place) => place.after), ageSeconds, limit],
  });
}

/**
 * Moves the marks of sellers whose sales were seen to their end: to the oldest that is unfinished, or else
 * to now less `lagSeconds`, since a sale may be committed some time after its key was made. A mark goes
 * back to an older sale that was found, and is not written for a few seconds' difference.
 */
export async function moveStepMarks(
  tx: Tx,
  walks: readonly { tenantId: number; oldest: string | null }[],
  lagSeconds: number,
): Promise<void> {
  await tx.query({
    name: 'move-step-marks',
    text: `insert into sweep_marks as m (tenant_id, kind, since)
           select w.tenant_id, 'steps', least(now() - make_interval(secs => $3), uuidv7_instant(w.oldest))
             from unnest($1::integer[], $2::uuid[]) w (tenant_id, oldest)
            order by w.tenant_id
           on conflict (tenant_id, kind) do update set since = excluded.since
            where excluded.since not between m.since - interval '1 second' and m.since + interval '10 seconds'`,
    values: [walks.map((walk) => walk.tenantId), walks.map((walk) => walk.oldest), lagSeconds],
  });
}
