import { Problem } from '../base/errors.ts';
import { formatEventId, type EventKey, type IdSource } from '../base/ids.ts';
import type { Tx } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { eventFacts, eventObject } from './event-draft-facts.ts';
import type { EventDraft } from './event-draft.ts';
import { copyEvent, lockDraft } from './event-draft.store.ts';

/** The event that is copied, locked. @throws Problem `event_not_found`. */
export async function lockModel(tx: Tx, key: EventKey): Promise<EventDraft> {
  const model = await lockDraft(tx, key);
  if (!model) throw new Problem('event_not_found', `There is no event ${formatEventId(key)}.`);
  return model;
}

/** A copy goes on sale as its model did, now at the earliest, and never after it ends. */
function salesStartOf(model: EventDraft, startsAt: Date, now: Date): Date {
  const end = model.salesEndAt.getTime() + startsAt.getTime() - model.startsAt.getTime();
  return new Date(Math.min(Math.max(model.salesStartAt.getTime(), now.getTime()), end - 60_000));
}

/** Copies an event to another date, and tells the audit log. */
export async function copyTo(
  tx: Tx,
  model: EventDraft,
  to: { name: string; startsAt: Date },
  { actor, ids, now }: { actor: Actor; ids: IdSource; now: Date },
): Promise<EventDraft> {
  const salesStartAt = salesStartOf(model, to.startsAt, now);
  const key = await copyEvent(tx, model, { ...to, salesStartAt, at: now });
  const made = (await lockDraft(tx, key))!;
  await recordChange(tx, ids, {
    tenantId: key.tenantId,
    at: now,
    actor,
    verb: 'duplicate',
    object: eventObject(key),
    after: { ...eventFacts(made), copied_from: formatEventId(model) },
  });
  return made;
}
