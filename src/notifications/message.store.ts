import type { Reader, Tx } from '../db/transaction.ts';
import type { Channel, MessageCost } from './channel.ts';
import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';

export type OutgoingMessage = {
  transactionId: string;
  recipient: string;
  subject: string;
  messageId: string;
};

/** What the messages of one batch have in common. */
export type MessageBatch = Pick<MessageKey, 'tenantId' | 'channel' | 'kind' | 'occasionNo'>;

/**
 * Notes that messages are about to be sent, which counts as an attempt. One that its provider has already, as a callback
 * may have told after an answer was lost, stays as it is.
 * @returns those that were noted, with the number of the attempt; the others are with their provider.
 */
export async function startMessages(
  tx: Tx,
  { tenantId, channel, kind, occasionNo }: MessageBatch,
  messages: readonly OutgoingMessage[],
): Promise<{ transactionId: string; attempts: number }[]> {
  return await tx.query<{ transactionId: string; attempts: number }>({
    name: 'start-messages',
    text: `insert into messages as m (tenant_id, transaction_id, channel, kind, occasion_no, recipient, subject, state,
                                      attempts, message_id)
           select $1, u.transaction_id, $2, $3, $4, u.recipient, u.subject, 'sending', 1, u.message_id
             from unnest($5::uuid[], $6::text[], $7::text[], $8::text[]) u (transaction_id, recipient, subject, message_id)
           on conflict (tenant_id, transaction_id, channel, kind, occasion_no) do update
              set state = 'sending', attempts = m.attempts + 1, recipient = excluded.recipient,
                  subject = excluded.subject, message_id = excluded.message_id, updated_at = now()
            where m.state in ('queued', 'sending', 'failed', 'skipped')
           returning m.transaction_id as "transactionId", m.attempts`,
    values: [
      tenantId,
      channel,
      kind,
      occasionNo,
      messages.map((message) => message.transactionId),
      messages.map((message) => message.recipient),
      messages.map((message) => message.subject),
      messages.map((message) => message.messageId),
    ],
  });
}

export type SentMessage = {
  transactionId: string;
  state: MessageState;
  /** In words; null when nothing went wrong. */
  lastError: string | null;
  raw: Buffer | null;
  /** What the provider said of a message that it took; absent for mail. */
  provider?: { name: Channel['provider']; id: string; cost: MessageCost | null };
};

/** Notes what came of messages; one that has come further in the meantime stays so. */
export async function endMessages(
  tx: Tx,
  { tenantId, channel, kind, occasionNo }: MessageBatch,
  messages: readonly SentMessage[],
): Promise<void> {
  await tx.query({
    name: 'end-messages',
    text: `update messages m
              set state = u.state, last_error = u.last_error, raw = u.raw, provider = u.provider,
                  provider_id = u.provider_id, cost_micros = u.cost_micros, cost_currency = u.cost_currency,
                  updated_at = now()
             from unnest($5::uuid[], $6::message_state[], $7::text[], $8::bytea[], $9::text[], $10::text[],
                         $11::bigint[], $12::text[])
                    u (transaction_id, state, last_error, raw, provider, provider_id, cost_micros, cost_currency)
            where m.tenant_id = $1 and m.transaction_id = any ($5::uuid[])
              and m.transaction_id = u.transaction_id and m.channel = $2 and m.kind = $3 and m.occasion_no = $4
              and m.state in ('queued', 'sending')`,
    values: [
      tenantId,
      channel,
      kind,
      occasionNo,
      messages.map((message) => message.transactionId),
      messages.map((message) => message.state),
      messages.map((message) => message.lastError),
      messages.map((message) => message.raw),
      messages.map((message) => message.provider?.name ?? null),
      messages.map((message) => message.provider?.id ?? null),
      messages.map((message) => message.provider?.cost?.micros ?? null),
      messages.map((message) => message.provider?.cost?.currency ?? null),
    ],
  });
}

/** A mail that was kept in the outbox. */
export type OutboxMail = {
  tenantId: number;
  transactionId: string;
  recipient: string;
  subject: string;
  createdAt: Date;
};

/** The newest mails of the outbox, of all sellers. */
export async function readOutbox(reader: Reader, limit: number): Promise<OutboxMail[]> {
  return await reader.query<OutboxMail>({
    name: 'read-outbox',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", recipient, subject,
                  created_at as "createdAt"
             from messages where raw is not null
            order by created_at desc limit $1`,
    values: [limit],
  });
}

/** One mail of the outbox with all its bytes, or null. */
export async function readOutboxMail(
  reader: Reader,
  tenantId: number,
  transactionId: string,
): Promise<(OutboxMail & { raw: Buffer }) | null> {
  const [mail] = await reader.query<OutboxMail & { raw: Buffer }>({
    name: 'read-outbox-mail',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", recipient, subject,
                  created_at as "createdAt", raw
             from messages
            where tenant_id = $1 and transaction_id = $2 and channel = 'email' and raw is not null
            order by created_at desc limit 1`,
    values: [tenantId, transactionId],
  });
  return mail ?? null;
}
