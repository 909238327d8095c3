import { limits } from '../base/limits.ts';
import type { IdSource } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import type { SaleNote } from './sale-note.ts';
import { saleNotFound, type SaleKey } from './sale-token.ts';

/** The notes about a sale, the first first. */
export async function readSaleNotes(
  reader: Reader,
  { tenantId, transactionId }: SaleKey,
): Promise<SaleNote[]> {
  return await reader.query<Row & SaleNote>({
    name: 'read-sale-notes',
    text: `select note_id as "noteId", at, author_name as "authorName", text from sale_notes
            where tenant_id = $1 and transaction_id = $2 order by note_id limit $3`,
    values: [tenantId, transactionId, limits.saleNotesListedMax],
  });
}

/**
 * Adds a note to a sale, or to an order that is none yet; it stays as it is.
 * @throws Problem `transaction_not_found`.
 */
export async function addSaleNote(
  tx: Tx,
  ids: IdSource,
  { tenantId, transactionId }: SaleKey,
  note: { text: string; actor: Actor; now: Date },
): Promise<SaleNote> {
  const { text, actor, now } = note;
  const noteId = ids.uuid();
  const added = await tx.query({
    text: `insert into sale_notes (tenant_id, transaction_id, note_id, at, author_kind, author_id, author_name, text)
           select $1::integer, $2::uuid, $3::uuid, $4::timestamptz, $5::actor_kind, $6::text, $7::text, $8::text
            where exists (select from transactions where tenant_id = $1 and transaction_id = $2)
               or exists (select from payment_intents where tenant_id = $1 and transaction_id = $2)
           returning note_id`,
    values: [tenantId, transactionId, noteId, now, actor.kind, actor.id, actor.name, text],
  });
  if (added.length === 0) throw saleNotFound();
  await recordChange(tx, ids, {
    tenantId,
    at: now,
    actor,
    verb: 'note',
    object: { kind: 'sale', id: transactionId },
    after: { note_id: noteId },
  });
  return { noteId, at: now, authorName: actor.name, text };
}
