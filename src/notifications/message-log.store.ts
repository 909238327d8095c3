import type { Reader, Row } from '../db/transaction.ts';
import type { MessageChannel, MessageKind } from './message-kind.ts';
import { isSameMessage, type LoggedMessage, type MessageAttempt } from './message-log.ts';
import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';

type MessageRow = Row &
  MessageKey &
  Omit<LoggedMessage, 'key' | 'cost'> & { costMicros: number | null; costCurrency: string | null };

const columns = `m.tenant_id as "tenantId", m.transaction_id as "transactionId", m.channel, m.kind, m.occasion_no as "occasionNo",
       m.state, m.recipient, m.subject, m.attempts, m.provider, m.provider_id as "providerId",
       m.cost_micros as "costMicros", m.cost_currency as "costCurrency", m.last_error as "lastError",
       m.created_at as "createdAt", m.updated_at as "updatedAt", m.next_attempt_at as "nextAttemptAt",
       m.accepted_at as "acceptedAt", m.delivered_at as "deliveredAt", m.failed_at as "failedAt"`;

function messageOf(row: MessageRow): LoggedMessage {
  const { tenantId, transactionId, channel, kind, occasionNo, costMicros, costCurrency, ...rest } = row;
  const cost =
    costMicros === null || costCurrency === null ? null : { micros: costMicros, currency: costCurrency };
  return { key: { tenantId, transactionId, channel, kind, occasionNo }, cost, ...rest };
}

/** Which messages of a seller are looked for; what is absent does not matter. */
export type MessageFilter = {
  state?: MessageState | undefined;
  channel?: MessageChannel | undefined;
  kind?: MessageKind | undefined;
  transactionId?: string | undefined;
};

/**
 * A page of a seller's messages, those of the newest sales first. What has failed is found by an index of its own.
 * @param startingAfter the last message of the page before.
 */
export async function listMessages(
  reader: Reader,
  tenantId: number,
  { state, channel, kind, transactionId }: MessageFilter,
  page: { startingAfter: MessageKey | null; limit: number },
): Promise<{ messages: LoggedMessage[]; hasMore: boolean }> {
  const after = page.startingAfter;
  const failed = state === 'failed' || state === 'bounced' ? 'and m.failed_at is not null' : '';
  const rows = await reader.query<MessageRow>({
    text: `select ${columns} from messages m
            where m.tenant_id = $1 and ($2::message_state is null or m.state = $2) ${failed}
              and ($3::text is null or m.channel = $3) and ($4::message_kind is null or m.kind = $4)
              and ($5::uuid is null or m.transaction_id = $5)
              and ($6::uuid is null or (m.transaction_id, m.channel, m.kind, m.occasion_no)
                                       < ($6, $7::text, $8::message_kind, $9::smallint))
            order by m.transaction_id desc, m.channel desc, m.kind desc, m.occasion_no desc limit $10`,
    values: [
      tenantId,
      state ?? null,
      channel ?? null,
      kind ?? null,
      transactionId ?? null,
      after?.transactionId ?? null,
      after?.channel ?? null,
      after?.kind ?? null,
      after?.occasionNo ?? null,
      page.limit + 1,
    ],
  });
  return { messages: rows.slice(0, page.limit).map(messageOf), hasMore: rows.length > page.limit };
}

/** Every message of a sale, and every attempt that did not succeed at once, each in the order of its moments. */
export async function readMessagesOfSale(
  reader: Reader,
  tenantId: number,
  transactionId: string,
): Promise<{ messages: LoggedMessage[]; attempts: MessageAttempt[] }> {
  const values = [tenantId, transactionId];
  const rows = await reader.query<MessageRow>({
    text: `select ${columns} from messages m
            where m.tenant_id = $1 and m.transaction_id = $2 order by m.created_at, m.channel, m.kind, m.occasion_no`,
    values,
  });
  const attempts = await reader.query<Row & MessageKey & Omit<MessageAttempt, 'key'>>({
    text: `select a.tenant_id as "tenantId", a.transaction_id as "transactionId", a.channel, a.kind,
                  a.occasion_no as "occasionNo", a.attempt_no as "attemptNo", a.at, a.outcome, a.reason
             from message_attempts a
            where a.tenant_id = $1 and a.transaction_id = $2 order by a.at, a.attempt_no`,
    values,
  });
  return {
    messages: rows.map(messageOf),
    attempts: attempts.map(
      ({ tenantId: seller, transactionId: sale, channel, kind, occasionNo, ...rest }) => ({
        key: { tenantId: seller, transactionId: sale, channel, kind, occasionNo },
        ...rest,
      }),
    ),
  };
}

/** One message with its attempts, or null when there is none such. */
export async function readMessage(
  reader: Reader,
  key: MessageKey,
): Promise<{ message: LoggedMessage; attempts: MessageAttempt[] } | null> {
  const { messages, attempts } = await readMessagesOfSale(reader, key.tenantId, key.transactionId);
  const message = messages.find((one) => isSameMessage(one.key, key));
  return message
    ? { message, attempts: attempts.filter((attempt) => isSameMessage(attempt.key, key)) }
    : null;
}
