import type { Row, Tx } from '../db/transaction.ts';
import { publishWebhookEvents } from '../webhooks/webhook-delivery.store.ts';
import { webhookEventId, writeWebhookEvent } from '../webhooks/webhook-event.ts';
import type { MessageKey } from './message-reference.ts';
import { keyColumns } from './message.store.ts';

/**
 * Tells other systems of those messages of one seller that have failed for good or have come back, in the transaction that
 * makes it so. Again is the same.
 */
export async function announceFailures(tx: Tx, tenantId: number, keys: readonly MessageKey[]): Promise<void> {
  if (keys.length === 0) return;
  const rows = await tx.query<Row & MessageKey & { state: 'failed' | 'bounced'; at: Date }>({
    name: 'read-failed-messages',
    text: `select m.transaction_id as "transactionId", m.channel, m.kind, m.occasion_no as "occasionNo", m.state,
                  coalesce(m.failed_at, m.updated_at) as at
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[])
                    u (transaction_id, channel, kind, occasion_no)
             join messages m on m.tenant_id = $1 and m.transaction_id = u.transaction_id and m.channel = u.channel
                  and m.kind = u.kind and m.occasion_no = u.occasion_no
            where m.state in ('failed', 'bounced')`,
    values: [tenantId, ...keyColumns(keys)],
  });
  const [first] = rows;
  if (!first) return;
  const events = rows.map(({ at, state, transactionId, channel, kind, occasionNo }) => {
    const id = webhookEventId(at, `${state} ${tenantId} ${transactionId} ${channel} ${kind} ${occasionNo}`);
    const about = { transaction_id: transactionId, channel, kind };
    return writeWebhookEvent(id, `message.${state}`, at, about);
  });
  await publishWebhookEvents(tx, tenantId, events, first.at);
}
