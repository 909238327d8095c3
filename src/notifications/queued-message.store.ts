import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import type { MessageChannel, MessageKind } from './message-kind.ts';
import type { MessageKey } from './message-reference.ts';
import type { MessageState } from './message-state.ts';
import { deadlineOf } from './message-schedule.ts';
import { keyColumns } from './message.store.ts';
import type { Facts } from './template-variables.ts';

/** A message that the worker of messages is to send. */
export type QueuedMessage = {
  key: MessageKey;
  recipient: string;
  /** What it says beyond what its sale says. */
  facts: Facts;
  /** From when on it may go. */
  notBefore: Date;
  /** Until when it is worth sending. */
  deadlineAt: Date;
  /** Whether another channel takes over when this one has failed. */
  handsOver: boolean;
};

/**
 * Queues messages of one seller's sales; the workers send them soon. One that is there already stays as it is, so that
 * queueing twice is queueing once.
 * @returns the keys of those that were queued.
 */
export async function queueMessages(
  tx: Tx,
  tenantId: number,
  messages: readonly QueuedMessage[],
): Promise<MessageKey[]> {
  return await tx.query<MessageKey>({
    name: 'queue-messages',
    text: `insert into messages (tenant_id, transaction_id, channel, kind, occasion_no, recipient, subject, message_id, state,
                                 facts, due_at, next_attempt_at, deadline_at, hands_over)
           select $1, u.transaction_id, u.channel, u.kind, u.occasion_no, u.recipient, '', '', 'queued',
                  u.facts, u.not_before, u.not_before, u.deadline_at, u.hands_over
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[], $6::text[], $7::jsonb[],
                         $8::timestamptz[], $9::timestamptz[], $10::boolean[])
                    u (transaction_id, channel, kind, occasion_no, recipient, facts, not_before, deadline_at, hands_over)
            order by u.transaction_id, u.channel, u.kind, u.occasion_no
           on conflict do nothing
           returning tenant_id as "tenantId", transaction_id as "transactionId", channel, kind, occasion_no as "occasionNo"`,
    values: [
      tenantId,
      ...keyColumns(messages.map((message) => message.key)),
      messages.map((message) => message.recipient),
      messages.map((message) => JSON.stringify(message.facts)),
      messages.map((message) => message.notBefore),
      messages.map((message) => message.deadlineAt),
      messages.map((message) => message.handsOver),
    ],
  });
}

/**
 * The next occasion of a sale's messages of a kind; the first that brings tickets is a step of its sale. The sale is
 * locked: two that ask at once get two occasions.
 */
export async function nextOccasion(
  tx: Tx,
  { tenantId, transactionId }: SaleKey,
  kind: MessageKind,
): Promise<number> {
  await tx.query({
    text: 'select from transactions where tenant_id = $1 and transaction_id = $2 for no key update',
    values: [tenantId, transactionId],
  });
  const [row] = await tx.query<Row & { next: number }>({
    text: `select coalesce(max(occasion_no), $4::integer) + 1 as next from messages
            where tenant_id = $1 and transaction_id = $2 and kind = $3`,
    values: [tenantId, transactionId, kind, kind === 'tickets' ? 1 : 0],
  });
  return row!.next;
}

/** Of these sales of a seller, those whose buyers can be written to and have been told nothing yet. */
export async function findUnconfirmed(
  reader: Reader,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<string[]> {
  const rows = await reader.query<Row & { id: string }>({
    name: 'find-unconfirmed',
    text: `select t.transaction_id as id from transactions t
            where t.tenant_id = $1 and t.transaction_id = any ($2::uuid[]) and t.status = 'processing'
              and (t.customer_email is not null or t.customer_phone is not null)
              and not exists (select from messages m
                               where m.tenant_id = $1 and m.transaction_id = t.transaction_id
                                 and m.kind in ('confirmation', 'tickets'))`,
    values: [tenantId, transactionIds],
  });
  return rows.map((row) => row.id);
}

/** A message that is due, taken by this worker. One that has failed is to be handed to the next channel. */
export type ClaimedMessage = {
  key: MessageKey;
  state: Extract<MessageState, 'sending' | 'failed' | 'bounced'>;
  recipient: string;
  /** This attempt's number. */
  attempts: number;
  facts: Facts;
  createdAt: Date;
  dueAt: Date | null;
  deadlineAt: Date | null;
  handsOver: boolean;
};

/** One seller's messages by one channel. */
export type MessageLane = { tenantId: number; channel: MessageChannel };

/**
 * Takes messages that are due, so many of each seller and channel as its lane has room for. Each counts as an attempt,
 * and is due again after the lease when nobody says what came of it.
 * @param busy how many of a lane are under way already.
 */
export async function claimMessages(
  tx: Tx,
  now: Date,
  options: {
    laneRowsMax: number;
    leaseSeconds: number;
    busy: readonly (MessageLane & { count: number })[];
  },
): Promise<ClaimedMessage[]> {
  const rows = await tx.query<Omit<ClaimedMessage, 'key'> & MessageKey & Row>({
    // Without a name, so that it is planned each time: a plan from when the table was small took 400 ms for 16 of 60,000
    // messages, where a new one takes 0.4 ms.
    text: `with due as (
             select d.* from sellers s
              cross join unnest(array['email', 'sms', 'whatsapp']) c (channel)
               left join unnest($4::integer[], $5::text[], $6::integer[]) b (tenant_id, channel, count)
                 on b.tenant_id = s.tenant_id and b.channel = c.channel
              cross join lateral (
                select m.tenant_id, m.transaction_id, m.channel, m.kind, m.occasion_no from messages m
                 where m.tenant_id = s.tenant_id and m.channel = c.channel and m.next_attempt_at <= $1
                 order by m.next_attempt_at limit greatest($2::integer - coalesce(b.count, 0), 0)
                   for update skip locked) d
           )
           update messages m
              set state = case when m.state in ('queued', 'sending') then 'sending' else m.state end,
                  attempts = m.attempts + case when m.state in ('queued', 'sending') then 1 else 0 end,
                  next_attempt_at = $1 + make_interval(secs => $3)
             from due d
            where m.tenant_id = d.tenant_id and m.transaction_id = d.transaction_id and m.channel = d.channel
              and m.kind = d.kind and m.occasion_no = d.occasion_no
           returning m.tenant_id as "tenantId", m.transaction_id as "transactionId", m.channel, m.kind,
                     m.occasion_no as "occasionNo", m.state, m.recipient, m.attempts, coalesce(m.facts, '{}') as facts,
                     m.created_at as "createdAt", m.due_at as "dueAt", m.deadline_at as "deadlineAt", m.hands_over as "handsOver"`,
    values: [
      now,
      options.laneRowsMax,
      options.leaseSeconds,
      options.busy.map((lane) => lane.tenantId),
      options.busy.map((lane) => lane.channel),
      options.busy.map((lane) => lane.count),
    ],
  });
  return rows.map(({ tenantId, transactionId, channel, kind, occasionNo, ...rest }) => ({
    key: { tenantId, transactionId, channel, kind, occasionNo },
    ...rest,
  }));
}

/** Keeps messages that are still under way from being taken by others. */
export async function extendLeases(tx: Tx, keys: readonly MessageKey[], until: Date): Promise<void> {
  for (const [tenantId, own] of Map.groupBy(keys, (key) => key.tenantId)) {
    await tx.query({
      name: 'extend-message-leases',
      text: `update messages m set next_attempt_at = $6
               from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[])
                      u (transaction_id, channel, kind, occasion_no)
              where m.tenant_id = $1 and m.transaction_id = any ($2::uuid[]) and m.transaction_id = u.transaction_id
                and m.channel = u.channel and m.kind = u.kind and m.occasion_no = u.occasion_no
                and m.next_attempt_at is not null`,
      values: [tenantId, ...keyColumns(own), until],
    });
  }
}

/** A message that one channel could not bring, for the next. */
export type HandOver = { from: MessageKey; to: { channel: MessageChannel; recipient: string } | null };

/**
 * Hands failed messages of one seller to their next channels, within their deadlines, and notes that they are handed over.
 * Where there is no next one, that is all.
 */
export async function handOverMessages(
  tx: Tx,
  tenantId: number,
  handOvers: readonly HandOver[],
  now: Date,
): Promise<void> {
  if (handOvers.length === 0) return;
  const rows = await tx.query<MessageKey & { facts: Facts; deadlineAt: Date | null }>({
    name: 'end-hand-overs',
    text: `update messages m set next_attempt_at = null
             from unnest($2::uuid[], $3::text[], $4::message_kind[], $5::smallint[])
                    u (transaction_id, channel, kind, occasion_no)
            where m.tenant_id = $1 and m.transaction_id = any ($2::uuid[]) and m.transaction_id = u.transaction_id
              and m.channel = u.channel and m.kind = u.kind and m.occasion_no = u.occasion_no
              and m.state in ('failed', 'bounced', 'skipped')
           returning m.tenant_id as "tenantId", m.transaction_id as "transactionId", m.channel, m.kind,
                     m.occasion_no as "occasionNo", coalesce(m.facts, '{}') as facts, m.deadline_at as "deadlineAt"`,
    values: [tenantId, ...keyColumns(handOvers.map((one) => one.from))],
  });
  const nameOf = (key: MessageKey) => JSON.stringify(keyColumns([key]));
  const ended = new Map(rows.map((row) => [nameOf(row), row]));
  const queued = handOvers.flatMap(({ from, to }) => {
    const row = ended.get(nameOf(from));
    const deadlineAt = row?.deadlineAt ?? deadlineOf(from.kind, now);
    if (!row || !to || deadlineAt <= now) return [];
    const key = { ...from, channel: to.channel };
    return [{ key, recipient: to.recipient, facts: row.facts, notBefore: now, deadlineAt, handsOver: true }];
  });
  if (queued.length > 0) await queueMessages(tx, tenantId, queued);
}
