import { Problem } from '../base/errors.ts';
import type { Tx } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';

/**
 * Sees that none of the places that go back was used at the door, under the sale's lock, under which nobody is let in.
 * @param by the refund or the exchange that they go back by.
 * @throws Problem `ticket_admitted`; the steward in charge takes the scan back first.
 */
export async function refuseUsedPlaces(
  tx: Tx,
  { tenantId, transactionId }: SaleKey,
  by: { refundNo: number } | { exchangeId: string },
): Promise<void> {
  const used = await tx.query<{ itemNo: number }>({
    name: 'read-used-places',
    text: `select a.item_no as "itemNo" from admissions a
            where a.tenant_id = $1 and a.transaction_id = $2 and a.state <> 'undone'
              and (exists (select from refunds r where r.tenant_id = $1 and r.transaction_id = $2 and r.refund_no = $3
                              and a.item_no = any (r.item_nos))
                   or exists (select from exchanges x where x.tenant_id = $1 and x.exchange_id = $4 and a.item_no = any (x.item_nos)))`,
    values: [
      tenantId,
      transactionId,
      'refundNo' in by ? by.refundNo : null,
      'exchangeId' in by ? by.exchangeId : null,
    ],
  });
  if (used.length === 0) return;
  const detail =
    'Somebody came in by a ticket of these. Have the scan taken back at the door first. Nothing was given back.';
  throw new Problem('ticket_admitted', detail);
}
