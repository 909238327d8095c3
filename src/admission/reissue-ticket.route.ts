import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { requireAttempt } from '../identity/attempt.store.ts';
import { formatTicketId } from '../orders/sale.ts';
import { refuseFormerHolder, reissueRule, requireAccess } from './held-ticket.ts';
import { lockTicket, renewTicket } from './renew-ticket.store.ts';
import { renewedSchema, ticketParamsSchema, ticketTokenQuerySchema } from './ticket.schema.ts';

type Deps = { pool: Pool; secret: string; clock: Clock };

/** `POST /sales/transactions/{id}/tickets/{item_no}/reissue`: another code for whoever has the ticket; the old one is refused. */
export function reissueTicketRoute(app: App, { pool, secret, clock }: Deps): void {
  app.post(
    '/sales/transactions/:transaction_id/tickets/:item_no/reissue',
    {
      compress: false,
      config: {
        problems: [
          'transaction_not_found',
          'tickets_not_ready',
          'ticket_transferred',
          'ticket_returned',
          'ticket_admitted',
          'ticket_codes_limit',
          'too_many_attempts',
        ],
      },
      schema: {
        operationId: 'reissueTicket',
        tags: ['tickets'],
        summary: 'A new code for a ticket, in place of one that others may have seen',
        params: ticketParamsSchema,
        querystring: ticketTokenQuerySchema,
        response: { 200: renewedSchema },
      },
    },
    async ({ params, query }) => {
      const access = requireAccess(secret, params.transaction_id, query.token);
      const { tenantId, transactionId, transferId } = access;
      const key = { tenantId, transactionId, itemNo: params.item_no };
      const ticketId = formatTicketId(transactionId, key.itemNo);
      const now = clock.now();
      await requireAttempt(pool, `reissue ${tenantId} ${ticketId}`, reissueRule, now);
      const generation = await transact(pool, async (tx) => {
        const ticket = await lockTicket(tx, key);
        refuseFormerHolder(ticket, access);
        return await renewTicket(tx, ticket, { transferId, reason: 'reissued' }, now);
      });
      return { ticket_id: ticketId, generation };
    },
  );
}
