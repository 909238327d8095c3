import type { Reader } from '../db/transaction.ts';

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
