import { createHash } from 'node:crypto';
import { formatUuid } from '../base/ids.ts';

/** What other systems may be told of. `webhook.test` goes only to the endpoint that asks for it. */
export const webhookEventTypes = [
  'sale.confirmed',
  'sale.paid',
  'sale.completed',
  'sale.cancelled',
  'sale.refunded',
  'payment.failed',
  'tickets.issued',
  'message.bounced',
  'message.failed',
  'event.changed',
  'event.cancelled',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number] | 'webhook.test';

/** What an event is about: ids and links alone. Who may know more reads it there. */
export type WebhookSubject = {
  transaction_id?: string;
  event_id?: string;
  /** Of a message: the way it went, and what it was about. */
  channel?: string;
  kind?: string;
  links?: Readonly<Record<string, string>>;
};

export type WebhookEvent = { eventId: string; type: WebhookEventType; payload: string };

/** An event as it is stored, signed and sent, by the shape of the Standard Webhooks specification. */
export function writeWebhookEvent(
  eventId: string,
  type: WebhookEventType,
  at: Date,
  data: WebhookSubject,
): WebhookEvent {
  return { eventId, type, payload: JSON.stringify({ type, timestamp: at.toISOString(), data }) };
}

/**
 * The id of what happened once: whoever publishes it again publishes the same event. A UUID of version 7 by form, so that
 * events are ordered by the instants at which they happened; in place of chance stands a digest.
 * @param occasion names what happened, without its instant.
 */
export function webhookEventId(at: Date, occasion: string): string {
  const bytes = Buffer.alloc(16);
  createHash('sha256').update(occasion).digest().copy(bytes, 6, 0, 10);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return formatUuid(bytes);
}
