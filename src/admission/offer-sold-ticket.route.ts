import { isUuid, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { transferToken } from '../identity/secret-token.ts';
import { saleNotFound, transferLink } from '../orders/sale-token.ts';
import { formatTicketId } from '../orders/sale.ts';
import { refuseStarted } from './held-ticket.ts';
import { lockTicket } from './renew-ticket.store.ts';
import { offerTransfer } from './ticket-transfer.store.ts';
import { itemNoSchema, transferSchema } from './ticket.schema.ts';

type Deps = { pool: Pool; secret: string; clock: Clock; ids: IdSource; publicUrl: string | undefined };

/** `POST /sellers/{id}/sales/{id}/tickets/{item_no}/transfers`: staff make the link by which somebody else takes a ticket. */
export function offerSoldTicketRoute(app: App, { pool, secret, clock, ids, publicUrl }: Deps): void {
  app.post(
    '/sellers/:seller_id/sales/:transaction_id/tickets/:item_no/transfers',
    {
      config: {
        right: 'tickets.reissue',
        problems: ['transaction_not_found', 'tickets_not_ready', 'ticket_returned', 'event_started'],
      },
      schema: {
        operationId: 'offerSoldTicket',
        tags: ['tickets'],
        summary: 'A link by which somebody else takes a ticket, for its holder to hand on',
        params: object({
          seller_id: sellerIdSchema,
          transaction_id: transactionIdSchema,
          item_no: itemNoSchema,
        }),
        response: { 201: transferSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, transaction_id: transactionId, item_no: itemNo } = request.params;
      if (!isUuid(transactionId)) throw saleNotFound();
      const now = clock.now();
      const ticketId = formatTicketId(transactionId, itemNo);
      const transferId = ids.uuid();
      const token = transferToken(secret, tenantId, transferId);
      const expiresAt = await transact(pool, async (tx) => {
        const key = { tenantId, transactionId, itemNo };
        const ticket = await lockTicket(tx, key);
        refuseStarted(ticket, now);
        const latest = now.getTime() + limits.transferSeconds * 1_000;
        const until = new Date(Math.min(latest, ticket.startsAt.getTime()));
        await offerTransfer(tx, key, { transferId, tokenHash: token.hash, createdAt: now, expiresAt: until });
        await recordChange(tx, ids, {
          tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'offer',
          object: { kind: 'ticket', id: ticketId },
          after: { transfer_id: transferId },
        });
        return until;
      });
      return reply.code(201).send({
        id: transferId,
        ticket_id: ticketId,
        link: transferLink(publicUrl, token.text),
        expires_at: expiresAt.toISOString(),
      });
    },
  );
}
