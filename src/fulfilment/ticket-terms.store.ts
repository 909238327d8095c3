import type { Locale } from '../base/format.ts';
import type { EventKey } from '../base/ids.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';

type Terms = Record<Locale, string | null>;

/** What is printed at the foot of an event's tickets: the event's own terms, else its seller's. */
export async function readTerms(reader: Reader, { tenantId, eventId }: EventKey): Promise<Terms> {
  const [row] = await reader.query<Terms & Row>({
    name: 'read-ticket-terms',
    text: `select text_es as es, text_en as en from ticket_terms
            where tenant_id = $1 and event_id in (0, $2) order by event_id desc limit 1`,
    values: [tenantId, eventId],
  });
  return row ? { es: row.es, en: row.en } : { es: null, en: null };
}

/** Keeps the terms of an event, or with `eventId` 0 of all events of a seller that have none; both null: there are none. */
export async function saveTerms(
  tx: Tx,
  { tenantId, eventId }: EventKey,
  terms: Terms,
  now: Date,
): Promise<void> {
  if (terms.es === null && terms.en === null) {
    await tx.query({
      text: 'delete from ticket_terms where tenant_id = $1 and event_id = $2',
      values: [tenantId, eventId],
    });
    return;
  }
  await tx.query({
    text: `insert into ticket_terms (tenant_id, event_id, text_es, text_en, updated_at) values ($1, $2, $3, $4, $5)
           on conflict (tenant_id, event_id) do update
              set text_es = excluded.text_es, text_en = excluded.text_en, updated_at = excluded.updated_at`,
    values: [tenantId, eventId, terms.es, terms.en, now],
  });
}
