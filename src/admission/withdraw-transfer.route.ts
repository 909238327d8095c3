import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { uuidSchema } from '../identity/identity.schema.ts';
import { refuseFormerHolder, requireAccess } from './held-ticket.ts';
import { lockTicket } from './renew-ticket.store.ts';
import { withdrawTransfer } from './ticket-transfer.store.ts';
import { itemNoSchema, ticketTokenQuerySchema } from './ticket.schema.ts';

type Deps = { pool: Pool; secret: string; clock: Clock };

/** `DELETE /sales/transactions/{id}/tickets/{item_no}/transfers/{id}`: the link of an open offer works no more. */
export function withdrawTransferRoute(app: App, { pool, secret, clock }: Deps): void {
  app.delete(
    '/sales/transactions/:transaction_id/tickets/:item_no/transfers/:transfer_id',
    {
      config: {
        problems: [
          'transaction_not_found',
          'tickets_not_ready',
          'ticket_transferred',
          'ticket_returned',
          'ticket_admitted',
          'transfer_not_found',
        ],
      },
      schema: {
        operationId: 'withdrawTransfer',
        tags: ['tickets'],
        summary: 'Withdraw an open offer of a ticket',
        params: object({
          transaction_id: transactionIdSchema,
          item_no: itemNoSchema,
          transfer_id: uuidSchema,
        }),
        querystring: ticketTokenQuerySchema,
        response: { 204: Type.Null() },
      },
    },
    async ({ params, query }, reply) => {
      const access = requireAccess(secret, params.transaction_id, query.token);
      const { tenantId, transactionId } = access;
      const key = { tenantId, transactionId, itemNo: params.item_no };
      await transact(pool, async (tx) => {
        refuseFormerHolder(await lockTicket(tx, key), access);
        if (await withdrawTransfer(tx, key, params.transfer_id, clock.now())) return;
        throw new Problem('transfer_not_found', 'The ticket has no such open offer.');
      });
      return reply.code(204).send(null);
    },
  );
}
