import type { Tx } from '../db/transaction.ts';

/** A place that was sold and gets a ticket. */
export type TicketPlace = { transactionId: string; itemNo: number; eventId: number };

/** The places of one seller's sales that are still sold, under the lock that places go back under. */
export async function readTicketPlaces(
  tx: Tx,
  tenantId: number,
  transactionIds: readonly string[],
): Promise<TicketPlace[]> {
  await tx.query({
    name: 'lock-ticket-sales',
    text: `select from transactions where tenant_id = $1 and transaction_id = any ($2::uuid[])
            order by transaction_id for no key update`,
    values: [tenantId, transactionIds],
  });
  return await tx.query<TicketPlace>({
    name: 'read-ticket-places',
    text: `select transaction_id as "transactionId", item_no as "itemNo", event_id as "eventId"
             from transaction_items
            where tenant_id = $1 and transaction_id = any ($2::uuid[]) and state = 'live'`,
    values: [tenantId, transactionIds],
  });
}

/**
 * Keeps tickets of sales that the transaction has locked; one that was made before stays as it is, with the key that signed
 * it then. "On conflict" would say the same in 48 bytes of WAL more a ticket.
 */
export async function insertTickets(
  tx: Tx,
  tenantId: number,
  keyId: number,
  tickets: readonly { transactionId: string; itemNo: number; signature: Buffer }[],
): Promise<void> {
  await tx.query({
    name: 'insert-tickets',
    text: `insert into tickets (tenant_id, transaction_id, item_no, key_id, signature)
           select $1, u.transaction_id, u.item_no, $2, u.signature
             from unnest($3::uuid[], $4::smallint[], $5::bytea[]) u (transaction_id, item_no, signature)
            where (u.transaction_id, u.item_no) not in (
              select t.transaction_id, t.item_no from tickets t
               where t.tenant_id = $1 and t.transaction_id = any ($3::uuid[]))`,
    values: [
      tenantId,
      keyId,
      tickets.map((ticket) => ticket.transactionId),
      tickets.map((ticket) => ticket.itemNo),
      tickets.map((ticket) => ticket.signature),
    ],
  });
}
