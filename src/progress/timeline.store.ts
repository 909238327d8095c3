import { readScansOfSale } from '../admission/scan.store.ts';
import { formatMoney } from '../base/format.ts';
import { readRefunds } from '../cancellation/refund.store.ts';
import type { Reader, Row } from '../db/transaction.ts';
import { listChangesOf } from '../identity/audit-log.store.ts';
import { readMessagesOfSale } from '../notifications/message-log.store.ts';
import { parseMessageReference } from '../notifications/message-reference.ts';
import { readSaleNotes } from '../orders/sale-note.store.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import type { TimelineParts } from './timeline.ts';

/** All that has happened to a sale, and the time zone of its seller; null when there is none such. */
export async function readTimelineParts(
  reader: Reader,
  { tenantId, transactionId }: SaleKey,
): Promise<(TimelineParts & { timezone: string }) | null> {
  const sale = await readSale(reader, { tenantId, transactionId });
  if (!sale) return null;
  const values = [tenantId, transactionId];
  const [head] = await reader.query<Row & { issuedAt: Date | null; timezone: string }>({
    text: `select s.timezone, d.issued_at as "issuedAt" from sellers s
             left join fiscal_documents d on d.tenant_id = s.tenant_id and d.transaction_id = $2
            where s.tenant_id = $1`,
    values,
  });
  const payments = await reader.query<
    Row & { at: Date; state: string; method: string; amount: number; currency: string }
  >({
    text: `select created_at as at, state::text, method::text, amount, currency from payments
            where tenant_id = $1 and transaction_id = $2 order by payment_no`,
    values,
  });
  const { messages, attempts } = await readMessagesOfSale(reader, tenantId, transactionId);
  const object = { kind: 'message', idPrefix: `${tenantId}.${transactionId}.`, since: sale.createdAt };
  const changes = await listChangesOf(reader, tenantId, object);
  return {
    sale,
    timezone: head!.timezone,
    issuedAt: head!.issuedAt,
    payments: payments.map(({ at, state, method, amount, currency }) => {
      return { at, state, method, detail: formatMoney(amount, currency, 'en') };
    }),
    refunds: await readRefunds(reader, { tenantId, transactionId }),
    scans: await readScansOfSale(reader, tenantId, transactionId),
    notes: await readSaleNotes(reader, { tenantId, transactionId }),
    messages,
    attempts,
    asked: changes.flatMap(({ at, verb, objectId, actorName: by }) => {
      const message = parseMessageReference(objectId);
      return message ? [{ at, verb, message, by }] : [];
    }),
  };
}
