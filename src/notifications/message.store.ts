import type { Reader, Tx } from '../db/transaction.ts';

/** A message on its way, or at its end. */
export type MessageState = 'queued' | 'sending' | 'accepted' | 'failed' | 'skipped';

export type OutgoingMessage = {
  transactionId: string;
  recipient: string;
  subject: string;
  messageId: string;
};

/** Notes that mails are about to be sent, which counts as an attempt; one that was accepted stays so. */
export async function startMessages(
  tx: Tx,
  tenantId: number,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  await tx.query({
    name: 'start-messages',
    text: `insert into messages as m (tenant_id, transaction_id, channel, recipient, subject, state, attempts, message_id)
           select $1, u.transaction_id, 'email', u.recipient, u.subject, 'sending', 1, u.message_id
             from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) u (transaction_id, recipient, subject, message_id)
           on conflict (tenant_id, transaction_id, channel) do update
              set state = 'sending', attempts = m.attempts + 1, recipient = excluded.recipient,
                  subject = excluded.subject, message_id = excluded.message_id, updated_at = now()
            where m.state <> 'accepted'`,
    values: [
      tenantId,
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
};

/** Notes what came of mails. */
export async function endMessages(tx: Tx, tenantId: number, messages: readonly SentMessage[]): Promise<void> {
  await tx.query({
    name: 'end-messages',
    text: `update messages m
              set state = u.state, last_error = u.last_error, raw = u.raw, updated_at = now()
             from unnest($2::uuid[], $3::message_state[], $4::text[], $5::bytea[])
                    u (transaction_id, state, last_error, raw)
            where m.tenant_id = $1 and m.transaction_id = any ($2::uuid[])
              and m.transaction_id = u.transaction_id and m.channel = 'email'
              and m.state <> 'accepted'`,
    values: [
      tenantId,
      messages.map((message) => message.transactionId),
      messages.map((message) => message.state),
      messages.map((message) => message.lastError),
      messages.map((message) => message.raw),
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
            where tenant_id = $1 and transaction_id = $2 and channel = 'email' and raw is not null`,
    values: [tenantId, transactionId],
  });
  return mail ?? null;
}
