import type { Row, Tx } from '../db/transaction.ts';
import { announceFailures } from './message-failure.store.ts';
import type { MessageKey } from './message-reference.ts';
import { messageStateAfter, type MessageState } from './message-state.ts';

/** What a provider tells of a message; `reason` is a sentence that says why it did not arrive. */
export type StatusReport = {
  key: MessageKey;
  state: MessageState;
  reason: string | null;
  /** Null for mail, of which no provider tells. */
  providerId: string | null;
};

/** The furthest report of each message: a provider may tell several states of one in one request. */
function furthestOf(reports: readonly StatusReport[]): StatusReport[] {
  const byKey = new Map<string, StatusReport>();
  for (const report of reports) {
    const key = JSON.stringify(Object.values(report.key));
    const known = byKey.get(key);
    if (!known || messageStateAfter(known.state, report.state) !== known.state) byKey.set(key, report);
  }
  return [...byKey.values()];
}

/**
 * Records what a provider tells of messages. One that is told twice, late or of an unknown message changes nothing.
 * @returns how many messages have come further.
 */
export async function recordStatuses(
  tx: Tx,
  provider: 'twilio' | 'meta' | null,
  reports: readonly StatusReport[],
): Promise<number> {
  let count = 0;
  const bySeller = Map.groupBy(furthestOf(reports), (report) => report.key.tenantId);
  for (const [tenantId, own] of [...bySeller].toSorted(([a], [b]) => a - b)) {
    const [row] = await tx.query<Row & { count: number }>({
      name: 'record-message-statuses',
      text: `select record_message_statuses($1, $2::uuid[], $3::text[], $4::message_kind[], $5::smallint[],
                                            $6::message_state[], $7::text[], $8, $9::text[]) as count`,
      values: [
        tenantId,
        own.map((report) => report.key.transactionId),
        own.map((report) => report.key.channel),
        own.map((report) => report.key.kind),
        own.map((report) => report.key.occasionNo),
        own.map((report) => report.state),
        own.map((report) => report.reason),
        provider,
        own.map((report) => report.providerId),
      ],
    });
    count += row!.count;
    const back = own.filter(({ state }) => state === 'bounced' || state === 'failed');
    if (row!.count > 0)
      await announceFailures(
        tx,
        tenantId,
        back.map((report) => report.key),
      );
  }
  return count;
}
