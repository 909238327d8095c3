import { Problem } from '../base/errors.ts';
import type { Row, Tx } from '../db/transaction.ts';
import type { LockedTicket, TicketKey } from './held-ticket.ts';
import { generationsMax, signTicket } from './ticket-code.ts';
import { readSigningKey } from './ticket-key.store.ts';

type TicketRow = Row & Omit<LockedTicket, keyof TicketKey> & { isLive: boolean; isUsed: boolean };

/**
 * Locks a ticket and its place, the first lock of whatever changes it.
 * @throws Problem `tickets_not_ready` while there is none, `ticket_returned` when its place was given back,
 *   `ticket_admitted` when somebody came in by it.
 */
export async function lockTicket(tx: Tx, key: TicketKey): Promise<LockedTicket> {
  const [row] = await tx.query<TicketRow>({
    name: 'lock-ticket',
    text: `select i.event_id as "eventId", e.starts_at as "startsAt", coalesce(k.generation, 1) as generation,
                  k.transfer_id as "transferId", i.state = 'live' as "isLive",
                  exists (select from admissions a
                           where a.tenant_id = k.tenant_id and a.transaction_id = k.transaction_id and a.item_no = k.item_no
                             and a.state <> 'undone') as "isUsed"
             from tickets k
             join transaction_items i on i.tenant_id = k.tenant_id and i.transaction_id = k.transaction_id
                                     and i.item_no = k.item_no
             join events e on e.tenant_id = i.tenant_id and e.event_id = i.event_id
            where k.tenant_id = $1 and k.transaction_id = $2 and k.item_no = $3
              for no key update of k, i`,
    values: [key.tenantId, key.transactionId, key.itemNo],
  });
  if (!row) throw new Problem('tickets_not_ready', 'There is no such ticket yet.', { retryAfterSeconds: 1 });
  const { isLive, isUsed, ...ticket } = row;
  if (!isLive) throw new Problem('ticket_returned', 'The place of this ticket was given back.');
  if (isUsed) throw new Problem('ticket_admitted', 'Somebody came in by this ticket, so it stays as it is.');
  return { ...key, ...ticket };
}

/**
 * Gives a locked ticket its next code, which revokes the one before and ends its open offers.
 * @param to the transfer by which a new holder has it, and why the code is another.
 * @returns the ticket's new generation.
 * @throws Problem `ticket_codes_limit` when it has had as many as its code can count.
 */
export async function renewTicket(
  tx: Tx,
  ticket: LockedTicket,
  to: { transferId: string | null; reason: 'reissued' | 'transferred' },
  now: Date,
): Promise<number> {
  const { tenantId, eventId, transactionId, itemNo, generation } = ticket;
  if (generation >= generationsMax) {
    throw new Problem(
      'ticket_codes_limit',
      `A ticket may have ${generationsMax} codes, and this one has had them.`,
    );
  }
  const key = await readSigningKey(tx, tenantId);
  if (!key) throw new Error(`seller ${tenantId} has no key to sign tickets with`);
  const next = generation + 1;
  const claims = { tenantId, eventId, transactionId, itemNo, keyId: key.keyId, generation: next };
  const [row] = await tx.query<{ revocation: number | null }>({
    name: 'renew-ticket-code',
    text: 'select renew_ticket_code($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as revocation',
    values: [
      tenantId,
      eventId,
      transactionId,
      itemNo,
      generation,
      key.keyId,
      signTicket(claims, key.privateKey),
      to.transferId,
      to.reason,
      now,
    ],
  });
  if (typeof row?.revocation !== 'number')
    throw new Error(`ticket ${transactionId}-${itemNo} changed under its lock`);
  return next;
}
