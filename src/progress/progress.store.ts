import type { StepName, StepState } from '../base/step.ts';
import type { Reader } from '../db/transaction.ts';
import { payingDetail, type EndReason, type IntentState } from '../payments/intent.ts';
import type { Progress, ProgressEvent } from './progress.ts';

type Row = {
  transaction_id: string;
  created_at: Date;
  completed_at: Date | null;
  progress_events: number;
  numbers: number[];
  names: StepName[];
  states: StepState[];
  instants: Date[];
  details: (string | null)[];
};

function progressOf(row: Row): Progress {
  const { transaction_id: transactionId, created_at, completed_at, progress_events } = row;
  const events: ProgressEvent[] = row.numbers.map((no, i) => ({
    no,
    step: row.names[i]!,
    state: row.states[i]!,
    at: row.instants[i]!,
    detail: row.details[i]!,
  }));
  events.unshift({ no: 1, step: 'confirmed', state: 'done', at: created_at, detail: null });
  if (completed_at) {
    events.push({ no: progress_events, step: 'completed', state: 'done', at: completed_at, detail: null });
  }
  return { transactionId, isComplete: completed_at !== null, events, paying: null };
}

/**
 * Reads what has happened to sales of one seller: one statement, so that a sale and its steps are of one
 * moment. A sale that does not exist is left out.
 */
export async function readProgress(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<Progress[]> {
  const rows = await reader.query<Row>({
    name: 'read-progress',
    text: `
      select t.transaction_id, t.created_at, t.completed_at, t.progress_events,
             s.numbers, s.names, s.states, s.instants, s.details
        from transactions t
       cross join lateral (
         select coalesce(array_agg(e.progress_event order by e.progress_event), '{}') as numbers,
                coalesce(array_agg(e.name::text order by e.progress_event), '{}') as names,
                coalesce(array_agg(e.state::text order by e.progress_event), '{}') as states,
                coalesce(array_agg(e.updated_at order by e.progress_event), '{}') as instants,
                coalesce(array_agg(e.detail order by e.progress_event), '{}') as details
           from steps e
          where e.tenant_id = t.tenant_id and e.transaction_id = t.transaction_id and e.progress_event is not null) s
       where t.tenant_id = $1 and t.transaction_id = any ($2::uuid[])`,
    values: [tenantId, transactionIds],
  });
  const paying = await readPaying(reader, tenantId, transactionIds);
  const sales = rows.map((row) => ({
    ...progressOf(row),
    paying: paying.get(row.transaction_id) ?? null,
  }));
  for (const { transaction_id } of rows) paying.delete(transaction_id);
  const waiting = [...paying].map(([transactionId, how]) => ({
    transactionId,
    isComplete: how.state === 'refunded',
    events: [],
    paying: how,
  }));
  return [...sales, ...waiting];
}

type PayingRow = {
  transaction_id: string;
  state: IntentState;
  reason: EndReason | null;
  substituted: boolean;
  updated_at: Date;
};

/** How the orders among these are paid whose money comes later. */
async function readPaying(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<Map<string, NonNullable<Progress['paying']>>> {
  const rows = await reader.query<PayingRow>({
    name: 'read-paying',
    text: `select transaction_id, state, reason, substituted, updated_at from payment_intents
            where tenant_id = $1 and transaction_id = any ($2::uuid[])`,
    values: [tenantId, transactionIds],
  });
  return new Map(
    rows.map((row) => {
      const how = { state: row.state, detail: payingDetail(row), at: row.updated_at };
      return [row.transaction_id, how];
    }),
  );
}
