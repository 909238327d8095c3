import { formatEventId, type EventKey, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Tx } from '../db/transaction.ts';
import { createAnnouncement } from '../notifications/announcement.store.ts';
import { publishWebhookEvents } from '../webhooks/webhook-delivery.store.ts';
import { writeWebhookEvent } from '../webhooks/webhook-event.ts';
import { tellCatalogChanged } from './event.store.ts';

const webhookTypes = { event_changed: 'event.changed', event_cancelled: 'event.cancelled' } as const;

/**
 * Has everybody told of a change that this transaction makes to an event: its buyers, the seller's other systems, and
 * every process that keeps the event in memory.
 * @param change.data what the message to buyers says of it.
 * @returns the announcement, by which its progress is read.
 */
export async function announceChange(
  tx: Tx,
  ids: IdSource,
  key: EventKey,
  change: { kind: keyof typeof webhookTypes; data: Record<string, string>; at: Date },
): Promise<string> {
  const { kind, data, at } = change;
  const announcementId = ids.uuid();
  await createAnnouncement(tx, {
    ...key,
    announcementId,
    kind,
    data,
    createdAt: at,
    dueAt: at,
    deadlineAt: new Date(at.getTime() + limits.announcementDays * 86_400_000),
  });
  const told = writeWebhookEvent(ids.uuid(), webhookTypes[kind], at, { event_id: formatEventId(key) });
  await publishWebhookEvents(tx, key.tenantId, [told], at);
  await tellCatalogChanged(tx, key);
  return announcementId;
}
