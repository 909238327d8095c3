import { Problem } from '../base/errors.ts';
import { formatEventId, type EventKey, type IdSource } from '../base/ids.ts';
import type { Tx } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { eventObject } from './event-draft-facts.ts';
import type { EventDraft } from './event-draft.ts';
import { lockDraft, saveStatus } from './event-draft.store.ts';
import { tellCatalogChanged } from './event.store.ts';

/**
 * Publishes an event or makes a draft of it again, and tells the audit log and every process.
 * @param check throws what stands in the way; the event is locked then.
 * @throws Problem `event_not_found`.
 */
export async function changeStatus(
  tx: Tx,
  key: EventKey,
  to: { status: 'draft' | 'published'; actor: Actor; ids: IdSource; now: Date },
  check: (event: EventDraft) => Promise<void>,
): Promise<EventDraft> {
  const { status, actor, ids, now } = to;
  const before = await lockDraft(tx, key);
  if (!before) throw new Problem('event_not_found', `There is no event ${formatEventId(key)}.`);
  await check(before);
  await saveStatus(tx, key, status);
  await recordChange(tx, ids, {
    tenantId: key.tenantId,
    at: now,
    actor,
    verb: status === 'published' ? 'publish' : 'withdraw',
    object: eventObject(key),
    before: { status: before.status },
    after: { status },
  });
  await tellCatalogChanged(tx, key);
  return (await lockDraft(tx, key))!;
}
