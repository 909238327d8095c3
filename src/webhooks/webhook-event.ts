/** What other systems may be told of. `webhook.test` goes only to the endpoint that asks for it. */
export const webhookEventTypes = [
  'sale.confirmed',
  'sale.paid',
  'sale.completed',
  'sale.cancelled',
  'sale.refunded',
  'payment.failed',
  'event.changed',
  'event.cancelled',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number] | 'webhook.test';

/** What an event is about: ids and links alone. Who may know more reads it there. */
export type WebhookSubject = {
  transaction_id?: string;
  event_id?: string;
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
