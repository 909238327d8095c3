import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { requireAttempt } from '../identity/attempt.store.ts';
import { transferToken } from '../identity/secret-token.ts';
import { deadlineOf } from '../notifications/message-schedule.ts';
import { nextOccasion } from '../notifications/queued-message.store.ts';
import { SellerTemplates } from '../notifications/seller-templates.store.ts';
import { queueForReceiver, type Receiver } from '../notifications/transfer-message.store.ts';
import { transferLink } from '../orders/sale-token.ts';
import { formatTicketId } from '../orders/sale.ts';
import { refuseFormerHolder, refuseStarted, requireAccess, transferRule } from './held-ticket.ts';
import { lockTicket } from './renew-ticket.store.ts';
import { offerTransfer } from './ticket-transfer.store.ts';
import {
  offerBodySchema,
  type OfferBody,
  ticketParamsSchema,
  ticketTokenQuerySchema,
  transferSchema,
} from './ticket.schema.ts';

const kind = 'ticket_offered';

type Deps = { pool: Pool; secret: string; clock: Clock; ids: IdSource; publicUrl: string | undefined };

/** To whom the link is sent. */
function receiverOf(body: OfferBody | null): Receiver {
  const { email = null, phone = null, locale = 'es' } = body ?? {};
  return { email, phone, locale };
}

/** `POST /sales/transactions/{id}/tickets/{item_no}/transfers`: a link by which somebody else takes the ticket, once. */
export function offerTicketRoute(app: App, { pool, secret, clock, ids, publicUrl }: Deps): void {
  const templates = new SellerTemplates({ reader: reader(pool), clock });
  app.post(
    '/sales/transactions/:transaction_id/tickets/:item_no/transfers',
    {
      compress: false,
      config: {
        problems: [
          'transaction_not_found',
          'tickets_not_ready',
          'ticket_transferred',
          'ticket_returned',
          'ticket_admitted',
          'event_started',
          'too_many_attempts',
        ],
      },
      schema: {
        operationId: 'offerTicket',
        tags: ['tickets'],
        summary:
          'Offer a ticket by a link, which may be sent to its receiver; it takes the place of an open one before',
        params: ticketParamsSchema,
        querystring: ticketTokenQuerySchema,
        body: offerBodySchema,
        response: { 201: transferSchema },
      },
    },
    async ({ params, query, body }, reply) => {
      const access = requireAccess(secret, params.transaction_id, query.token);
      const { tenantId, transactionId } = access;
      const key = { tenantId, transactionId, itemNo: params.item_no };
      const ticketId = formatTicketId(transactionId, key.itemNo);
      const now = clock.now();
      await requireAttempt(pool, `transfer ${tenantId} ${ticketId}`, transferRule, now);
      const transferId = ids.uuid();
      const token = transferToken(secret, tenantId, transferId);
      const receiver = receiverOf(body);
      const isSent = receiver.email !== null || receiver.phone !== null;
      const voice = isSent ? await templates.voiceOf(tenantId) : null;
      const expiresAt = await transact(pool, async (tx) => {
        const occasionNo = await nextOccasion(tx, key, kind);
        const ticket = await lockTicket(tx, key);
        refuseFormerHolder(ticket, access);
        refuseStarted(ticket, now);
        const latest = now.getTime() + limits.transferSeconds * 1_000;
        const until = new Date(Math.min(latest, ticket.startsAt.getTime()));
        await offerTransfer(tx, key, { transferId, tokenHash: token.hash, createdAt: now, expiresAt: until });
        if (voice) {
          const deadlineAt = until < deadlineOf(kind, now) ? until : deadlineOf(kind, now);
          await queueForReceiver(
            tx,
            { ...access, transferId },
            { kind, occasionNo, now, deadlineAt },
            receiver,
            voice,
          );
        }
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
