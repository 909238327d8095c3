import { uuidv7Floor, type IdSource } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { refuseSecrets, type Change, type Facts } from './audit-log.ts';
import type { Actor } from './principal.ts';

/**
 * Writes a change into the audit log, in the transaction that makes it: neither is there without the other.
 * @throws when a fact has the name of a secret.
 */
export async function recordChange(tx: Tx, ids: IdSource, change: Change): Promise<void> {
  const { tenantId, at, actor, verb, object, before, after } = change;
  refuseSecrets(before);
  refuseSecrets(after);
  await tx.query({
    name: 'record-change',
    text: `insert into audit_log (tenant_id, entry_id, at, actor_kind, actor_id, actor_name, verb, object_kind, object_id,
                                  before, after, address, request_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      tenantId,
      ids.uuid(),
      at,
      actor.kind,
      actor.id,
      actor.name,
      verb,
      object.kind,
      object.id,
      before ?? null,
      after ?? null,
      actor.address,
      actor.requestId,
    ],
  });
}

/** An entry of the audit log. */
export type AuditEntry = {
  entryId: string;
  at: Date;
  actorKind: Actor['kind'];
  actorId: string;
  actorName: string;
  verb: string;
  objectKind: string;
  objectId: string;
  before: Facts | null;
  after: Facts | null;
  address: string | null;
  requestId: string | null;
};

/** What was changed in things of a kind whose ids begin alike, the oldest first. @param since no change was before. */
export async function listChangesOf(
  reader: Reader,
  tenantId: number,
  object: { kind: string; idPrefix: string; since: Date },
): Promise<{ at: Date; verb: string; objectId: string; actorName: string }[]> {
  return await reader.query({
    text: `select at, verb, object_id as "objectId", actor_name as "actorName" from audit_log
            where tenant_id = $1 and entry_id >= $2 and object_kind = $3 and starts_with(object_id, $4)
            order by entry_id`,
    values: [tenantId, uuidv7Floor(object.since), object.kind, object.idPrefix],
  });
}

/** A page of a seller's audit log, the newest first. */
export async function listChanges(
  reader: Reader,
  tenantId: number,
  page: { limit: number; startingAfter?: string },
): Promise<{ entries: AuditEntry[]; hasMore: boolean }> {
  const rows = await reader.query<AuditEntry & Row>({
    name: 'list-changes',
    text: `select entry_id as "entryId", at, actor_kind as "actorKind", actor_id as "actorId", actor_name as "actorName",
                  verb, object_kind as "objectKind", object_id as "objectId", before, after, host(address) as address,
                  request_id as "requestId"
             from audit_log
            where tenant_id = $1 and ($2::uuid is null or entry_id < $2)
            order by entry_id desc limit $3`,
    values: [tenantId, page.startingAfter ?? null, page.limit + 1],
  });
  return { entries: rows.slice(0, page.limit), hasMore: rows.length > page.limit };
}
