import { formatEventId } from '../base/ids.ts';
import {
  webhookEventId,
  writeWebhookEvent,
  type WebhookEvent,
  type WebhookEventType,
} from './webhook-event.ts';

/** How far a sale has come, and since when; null is not yet. */
export type SaleMilestones = {
  transactionId: string;
  eventId: number;
  confirmedAt: Date;
  paidAt: Date | null;
  ticketsAt: Date | null;
  completedAt: Date | null;
  /** The ways by which the buyer could not be written to. */
  failed: readonly { channel: string; at: Date }[];
};

/**
 * The events that tell of everything a sale has come to so far. Each has the same id whenever it is written.
 * @param links of the sale, or null when its public address is not known.
 */
export function writeSaleEvents(
  tenantId: number,
  sale: SaleMilestones,
  links: Readonly<Record<string, string>> | null,
): WebhookEvent[] {
  const { transactionId } = sale;
  const subject = {
    transaction_id: transactionId,
    event_id: formatEventId({ tenantId, eventId: sale.eventId }),
    ...(links && { links }),
  };
  const write = (type: WebhookEventType, at: Date | null, channel?: string) => {
    if (at === null) return [];
    const id = webhookEventId(at, `${tenantId} ${transactionId} ${type} ${channel ?? ''}`);
    const data = channel === undefined ? subject : { ...subject, channel, kind: 'tickets' };
    return [writeWebhookEvent(id, type, at, data)];
  };
  return [
    ...write('sale.confirmed', sale.confirmedAt),
    ...write('sale.paid', sale.paidAt),
    ...write('tickets.issued', sale.ticketsAt),
    ...sale.failed.flatMap(({ channel, at }) => write('message.failed', at, channel)),
    ...write('sale.completed', sale.completedAt),
  ];
}
