import type { Reader, Tx } from '../db/transaction.ts';
import type { Channel, MessageCost } from './channel.ts';
import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';

/** The keys of messages of one seller, in columns. */
export function keyColumns(keys: readonly MessageKey[]): [string[], string[], string[], number[]] {
  return [
    keys.map((key) => key.transactionId),
    keys.map((key) => key.channel),
    keys.map((key) => key.kind),
    keys.map((key) => key.occasionNo),
  ];
}

export type StartingMessage = {
  key: MessageKey;
  recipient: string;
  subject: string;
  messageId: string;
  /** Whether another channel takes over when this one has failed. */
  handsOver: boolean;
};

/** A message whose attempt was noted: the number of the attempt, and since when it has been tried. */
export type StartedMessage = MessageKey & { attempts: number; createdAt: Date };

/**
 * Notes that messages of one seller are about to be sent, which counts as an attempt. One that its provider has
 * already, as a callback may have told after an answer was lost, stays as it is, and so does one that has failed.
 * @returns those that were noted.
 */
export async function startMessages(
  tx: Tx,
  tenantId: number,
  messages: readonly StartingMessage[],
): Promise<StartedMessage[]> {
  return await tx.query<StartedMessage>({
    name: 'start-messages',
    text: `insert into messages as m (tenant_id, transaction_id, channel, kind, occasion_no, recipient, subject, state,
                                      attempts, message_id, hands_over)
           select $1, u.transaction_id, u.channel, u.kind, u.occasion_no, u.recipient, u.subject, 'sending', 1,
                  u.message_id, u.hands_over
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[], $6::text[], $7::text[], $8::text[],
                         $9::boolean[])
                    u (transaction_id, channel, kind, occasion_no, recipient, subject, message_id, hands_over)
            order by u.transaction_id, u.channel, u.kind, u.occasion_no
           on conflict (tenant_id, transaction_id, channel, kind, occasion_no) do update
              set state = 'sending', attempts = m.attempts + 1, recipient = excluded.recipient,
                  subject = excluded.subject, message_id = excluded.message_id, updated_at = now()
            where m.state in ('queued', 'sending') and m.next_attempt_at is null
           returning m.tenant_id as "tenantId", m.transaction_id as "transactionId", m.channel, m.kind,
                     m.occasion_no as "occasionNo", m.attempts, m.created_at as "createdAt"`,
    values: [
      tenantId,
      ...keyColumns(messages.map((message) => message.key)),
      messages.map((message) => message.recipient),
      messages.map((message) => message.subject),
      messages.map((message) => message.messageId),
      messages.map((message) => message.handsOver),
    ],
  });
}

/** What came of an attempt at a message. */
export type MessageEnd = {
  key: MessageKey;
  state: MessageState;
  /** The number of the attempt; null when nothing was tried, which takes back what was noted. */
  attemptNo: number | null;
  /** In words; null when nothing went wrong. */
  lastError: string | null;
  raw: Buffer | null;
  /** What the provider said of a message that it took; absent for mail. */
  provider?: { name: Channel['provider']; id: string; cost: MessageCost | null };
  /** When the worker of messages takes it up again; null when it does not, or a step does. */
  nextAttemptAt: Date | null;
  /** What stands in its log, of a message that was queued before it was made. */
  named?: { subject: string; messageId: string };
};

/** Notes what came of messages of one seller; one that has come further in the meantime stays so. */
export async function endMessages(tx: Tx, tenantId: number, ends: readonly MessageEnd[]): Promise<void> {
  if (ends.length === 0) return;
  await tx.query({
    name: 'end-messages',
    text: `update messages m
              set state = u.state, last_error = u.last_error, raw = u.raw, provider = u.provider,
                  provider_id = u.provider_id, cost_micros = u.cost_micros, cost_currency = u.cost_currency,
                  attempts = m.attempts - case when u.untried then 1 else 0 end, updated_at = now(),
                  next_attempt_at = u.next_attempt_at, subject = coalesce(u.subject, m.subject),
                  message_id = coalesce(u.message_id, m.message_id),
                  accepted_at = case when u.state = 'accepted' then now() end,
                  failed_at = case when u.state = 'failed' then now() end
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[], $6::message_state[], $7::text[],
                         $8::bytea[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::boolean[],
                         $14::timestamptz[], $15::text[], $16::text[])
                    u (transaction_id, channel, kind, occasion_no, state, last_error, raw, provider, provider_id,
                       cost_micros, cost_currency, untried, next_attempt_at, subject, message_id)
            where m.tenant_id = $1 and m.transaction_id = any ($2::uuid[])
              and m.transaction_id = u.transaction_id and m.channel = u.channel and m.kind = u.kind
              and m.occasion_no = u.occasion_no and m.state in ('queued', 'sending')`,
    values: [
      tenantId,
      ...keyColumns(ends.map((end) => end.key)),
      ends.map((end) => end.state),
      ends.map((end) => end.lastError),
      ends.map((end) => end.raw),
      ends.map((end) => end.provider?.name ?? null),
      ends.map((end) => end.provider?.id ?? null),
      ends.map((end) => end.provider?.cost?.micros ?? null),
      ends.map((end) => end.provider?.cost?.currency ?? null),
      ends.map((end) => end.attemptNo === null),
      ends.map((end) => end.nextAttemptAt),
      ends.map((end) => end.named?.subject ?? null),
      ends.map((end) => end.named?.messageId ?? null),
    ],
  });
  await recordAttempts(tx, tenantId, ends);
}

/** Keeps what came of attempts, but for those that succeeded at once. */
async function recordAttempts(tx: Tx, tenantId: number, ends: readonly MessageEnd[]): Promise<void> {
  const tried = ends.flatMap((end) => {
    const { key, state, attemptNo, lastError: reason } = end;
    if (attemptNo === null || (state === 'accepted' && attemptNo === 1)) return [];
    const outcome = state === 'accepted' ? 'accepted' : state === 'failed' ? 'refused' : 'postponed';
    return [{ key, attemptNo, outcome, reason }];
  });
  if (tried.length === 0) return;
  await tx.query({
    name: 'record-message-attempts',
    text: `insert into message_attempts (tenant_id, transaction_id, channel, kind, occasion_no, attempt_no, at, outcome, reason)
           select $1, u.transaction_id, u.channel, u.kind, u.occasion_no, u.attempt_no, now(), u.outcome, u.reason
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[], $6::smallint[], $7::text[], $8::text[])
                    u (transaction_id, channel, kind, occasion_no, attempt_no, outcome, reason)
           on conflict do nothing`,
    values: [
      tenantId,
      ...keyColumns(tried.map((one) => one.key)),
      tried.map((one) => one.attemptNo),
      tried.map((one) => one.outcome),
      tried.map((one) => one.reason),
    ],
  });
}

/** What has become of messages of one seller's sales, of one kind and occasion. */
export async function readMessageStates(
  reader: Reader,
  { tenantId, kind, occasionNo }: Pick<MessageKey, 'tenantId' | 'kind' | 'occasionNo'>,
  transactionIds: readonly string[],
): Promise<(MessageKey & { state: MessageState; lastError: string | null })[]> {
  return await reader.query({
    name: 'read-message-states',
    text: `select tenant_id as "tenantId", transaction_id as "transactionId", channel, kind, occasion_no as "occasionNo",
                  state, last_error as "lastError"
             from messages
            where tenant_id = $1 and transaction_id = any ($2::uuid[]) and kind = $3 and occasion_no = $4`,
    values: [tenantId, transactionIds, kind, occasionNo],
  });
}
