import { Problem } from '../base/errors.ts';
import { isUuid, type Clock, type IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { formatTicketId } from '../orders/sale.ts';
import { lockTicket, renewTicket } from './renew-ticket.store.ts';
import { itemNoSchema, renewedSchema } from './ticket.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/sales/{id}/tickets/{item_no}/reissue`: staff give whoever has a ticket another code. */
export function reissueSoldTicketRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/sales/:transaction_id/tickets/:item_no/reissue',
    {
      config: {
        right: 'tickets.reissue',
        problems: [
          'not_found',
          'tickets_not_ready',
          'ticket_returned',
          'ticket_admitted',
          'ticket_codes_limit',
        ],
      },
      schema: {
        operationId: 'reissueSoldTicket',
        tags: ['tickets'],
        summary: 'A new code for a ticket; its holder stays who it is',
        params: object({
          seller_id: sellerIdSchema,
          transaction_id: transactionIdSchema,
          item_no: itemNoSchema,
        }),
        response: { 200: renewedSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, transaction_id: transactionId, item_no: itemNo } = request.params;
      if (!isUuid(transactionId)) throw new Problem('not_found', 'The seller has no such sale.');
      const now = clock.now();
      const ticketId = formatTicketId(transactionId, itemNo);
      const generation = await transact(pool, async (tx) => {
        const ticket = await lockTicket(tx, { tenantId, transactionId, itemNo });
        const { transferId } = ticket;
        const next = await renewTicket(tx, ticket, { transferId, reason: 'reissued' }, now);
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'reissue',
          object: { kind: 'ticket', id: ticketId },
          before: { generation: ticket.generation },
          after: { generation: next },
        });
        return next;
      });
      return { ticket_id: ticketId, generation };
    },
  );
}
