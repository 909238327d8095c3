import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { hashSecret } from '../identity/secret-token.ts';
import { deadlineOf } from '../notifications/message-schedule.ts';
import { nextOccasion } from '../notifications/queued-message.store.ts';
import { SellerTemplates } from '../notifications/seller-templates.store.ts';
import { queueForReceiver } from '../notifications/transfer-message.store.ts';
import { addHolderTerms } from '../orders/sale-terms.store.ts';
import { ticketLinks } from '../orders/sale-token.ts';
import { refuseStarted } from './held-ticket.ts';
import { openTransfer, transferEnded } from './open-transfer.store.ts';
import { lockTicket, renewTicket } from './renew-ticket.store.ts';
import { takeTransfer, type TicketTransfer } from './ticket-transfer.store.ts';
import { acceptTransferBodySchema } from './ticket.schema.ts';

const kind = 'ticket_accepted';

type Deps = { pool: Pool; secret: string; clock: Clock; publicUrl: string | undefined };

/** Whether an acceptance is the very one that was taken, sent again because its answer was lost. */
function isRepeat({ acceptKeyHash }: TicketTransfer, keyHash: Buffer): boolean {
  return acceptKeyHash !== null && acceptKeyHash.equals(keyHash);
}

/** `POST /transfers/accept`: the ticket is the receiver's, with a code of its own; the code before is revoked. */
export function acceptTransferRoute(app: App, { pool, secret, clock, publicUrl }: Deps): void {
  const templates = new SellerTemplates({ reader: reader(pool), clock });
  app.post(
    '/transfers/accept',
    {
      compress: false,
      config: {
        problems: [
          'transfer_not_found',
          'transfer_ended',
          'event_started',
          'ticket_returned',
          'ticket_admitted',
          'tickets_not_ready',
          'ticket_codes_limit',
        ],
      },
      schema: {
        operationId: 'acceptTransfer',
        tags: ['tickets'],
        summary: 'Take a ticket that a link offers',
        body: acceptTransferBodySchema,
        response: {
          200: object({
            links: object({ pdf: Type.String(), calendar: Type.String(), page: Type.String() }),
          }),
        },
      },
    },
    async ({ body }) => {
      const now = clock.now();
      const keyHash = hashSecret(body.accept_key);
      const { token, name, email, locale = 'es' } = body;
      const transfer = await openTransfer(reader(pool), token);
      const { transferId, tenantId, transactionId } = transfer;
      const links = ticketLinks(secret, publicUrl, { tenantId, transactionId, transferId });
      if (isRepeat(transfer, keyHash)) return { links };
      const voice = await templates.voiceOf(tenantId);
      await transact(pool, async (tx) => {
        const occasionNo = await nextOccasion(tx, transfer, kind);
        const ticket = await lockTicket(tx, transfer);
        refuseStarted(ticket, now);
        const holder = { keyHash, name: name.trim(), email: email.toLowerCase(), locale };
        if (!(await takeTransfer(tx, transfer, holder, now))) {
          // The same acceptance may have been taken while this one waited for the ticket.
          if (isRepeat(await openTransfer(tx, token), keyHash)) return;
          throw transferEnded();
        }
        await renewTicket(tx, ticket, { transferId, reason: 'transferred' }, now);
        const occasion = { kind, occasionNo, now, deadlineAt: deadlineOf(kind, now) } as const;
        await queueForReceiver(tx, transfer, occasion, { email, phone: null, locale }, voice);
        await addHolderTerms(tx, transfer, holder);
      });
      return { links };
    },
  );
}
