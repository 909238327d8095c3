import type { Reader } from '../db/transaction.ts';
import type { MessageKind } from './message-kind.ts';
import type { MessageKey } from './message-reference.ts';

/** A mail that was kept in the outbox. */
export type OutboxMail = {
  tenantId: number;
  transactionId: string;
  kind: MessageKind;
  occasionNo: number;
  recipient: string;
  subject: string;
  createdAt: Date;
};

/** The newest mails of the outbox, of all sellers. */
export async function readOutbox(reader: Reader, limit: number): Promise<OutboxMail[]> {
  return await reader.query<OutboxMail>({
    name: 'read-outbox',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", kind, occasion_no as "occasionNo", recipient, subject,
                  created_at as "createdAt"
             from messages where raw is not null
            order by created_at desc limit $1`,
    values: [limit],
  });
}

/** One mail of the outbox with all its bytes, or null. @param of which message; null for the newest of the sale. */
export async function readOutboxMail(
  reader: Reader,
  { tenantId, transactionId }: Pick<MessageKey, 'tenantId' | 'transactionId'>,
  of: Pick<MessageKey, 'kind' | 'occasionNo'> | null,
): Promise<(OutboxMail & { raw: Buffer }) | null> {
  const [mail] = await reader.query<OutboxMail & { raw: Buffer }>({
    name: 'read-outbox-mail',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", kind, occasion_no as "occasionNo", recipient, subject,
                  created_at as "createdAt", raw
             from messages
            where tenant_id = $1 and transaction_id = $2 and channel = 'email' and raw is not null
              and ($3::message_kind is null or (kind = $3 and occasion_no = $4))
            order by created_at desc limit 1`,
    values: [tenantId, transactionId, of?.kind ?? null, of?.occasionNo ?? null],
  });
  return mail ?? null;
}
