import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { instantSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { messageChannels, messageKinds } from './message-kind.ts';
import type { LoggedMessage, MessageAttempt } from './message-log.ts';
import { formatMessageReference, parseMessageReference, type MessageKey } from './message-reference.ts';
import { messageStates } from './message-state.ts';

export const messageIdSchema = Type.String({
  maxLength: 100,
  description: "A message's id",
  examples: ['1.019a5b7e-6f10-7abc-9def-0123456789ab.email.tickets.1'],
});
export const channelSchema = Type.Enum([...messageChannels]);
export const messageParamsSchema = object({ seller_id: sellerIdSchema, message_id: messageIdSchema });
export const saleParamsSchema = object({ seller_id: sellerIdSchema, transaction_id: transactionIdSchema });

export const messagesQuerySchema = object({
  state: Type.Optional(Type.Enum([...messageStates])),
  channel: Type.Optional(channelSchema),
  kind: Type.Optional(Type.Enum([...messageKinds])),
  transaction_id: Type.Optional(transactionIdSchema),
  starting_after: Type.Optional(messageIdSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

const properties = {
  id: messageIdSchema,
  transaction_id: transactionIdSchema,
  channel: channelSchema,
  kind: Type.Enum([...messageKinds]),
  occasion: Type.Integer({ description: 'The how-manieth of its kind: a resend is another' }),
  state: Type.Enum([...messageStates]),
  to: Type.String(),
  subject: Type.Optional(Type.String()),
  attempts: Type.Integer(),
  provider: Type.Optional(Type.String({ examples: ['twilio'] })),
  provider_id: Type.Optional(Type.String()),
  cost: Type.Optional(
    object({
      micros: Type.Integer({ description: "Millionths of the currency's unit" }),
      currency: Type.String(),
    }),
  ),
  last_error: Type.Optional(Type.String({ description: 'In words' })),
  created_at: instantSchema,
  next_attempt_at: Type.Optional(instantSchema),
  accepted_at: Type.Optional(instantSchema),
  delivered_at: Type.Optional(instantSchema),
  failed_at: Type.Optional(instantSchema),
};

/** A message as lists show it. */
export const messageSchema = object(properties);

/** One message with its attempts. */
export const messageDetailSchema = object({
  ...properties,
  attempt_log: Type.Array(
    object({
      attempt: Type.Integer(),
      at: instantSchema,
      outcome: Type.Enum(['accepted', 'postponed', 'refused']),
      reason: Type.Optional(Type.String()),
    }),
    { description: 'Every attempt; one that succeeded at once is told by the message alone' },
  ),
});

/** A message as the API shows it. */
export function messageAnswer(message: LoggedMessage) {
  const { key, subject, provider, providerId, cost, lastError } = message;
  const { nextAttemptAt, acceptedAt, deliveredAt, failedAt } = message;
  return {
    id: formatMessageReference(key),
    transaction_id: key.transactionId,
    channel: key.channel,
    kind: key.kind,
    occasion: key.occasionNo,
    state: message.state,
    to: message.recipient,
    ...(subject !== '' && { subject }),
    attempts: message.attempts,
    ...(provider !== null && { provider }),
    ...(providerId !== null && { provider_id: providerId }),
    ...(cost && { cost }),
    ...(lastError !== null && { last_error: lastError }),
    created_at: message.createdAt.toISOString(),
    ...(nextAttemptAt && { next_attempt_at: nextAttemptAt.toISOString() }),
    ...(acceptedAt && { accepted_at: acceptedAt.toISOString() }),
    ...(deliveredAt && { delivered_at: deliveredAt.toISOString() }),
    ...(failedAt && { failed_at: failedAt.toISOString() }),
  };
}

/** A message with its attempts as the API shows it. */
export function messageDetailAnswer(message: LoggedMessage, attempts: readonly MessageAttempt[]) {
  const log = attempts.map(({ attemptNo, at, outcome, reason }) => ({
    attempt: attemptNo,
    at: at.toISOString(),
    outcome,
    ...(reason !== null && { reason }),
  }));
  return { ...messageAnswer(message), attempt_log: log };
}

/** What is answered for a message that is not there, or another seller's. */
export function messageNotFound(): Problem {
  return new Problem('message_not_found', 'There is no such message.');
}

/**
 * The key of a seller's message.
 * @throws Problem `message_not_found` for an id that is none, or another seller's.
 */
export function readMessageId(tenantId: number, id: string): MessageKey {
  const key = parseMessageReference(id);
  if (!key || key.tenantId !== tenantId) throw messageNotFound();
  return key;
}
