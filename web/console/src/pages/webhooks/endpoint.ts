/** A webhook endpoint as the API shows it. */
export type Endpoint = {
  id: string;
  url: string;
  description: string;
  event_types: string[];
  enabled: boolean;
  disabled_reason?: string;
};

/** What an endpoint may be told of; a test goes only to the one that asks. */
export const eventTypes = [
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
