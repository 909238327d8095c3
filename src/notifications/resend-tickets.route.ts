import { Type } from 'typebox';
import { isUuid, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { saleNotFound } from '../orders/sale-token.ts';
import { readMessage } from './message-log.store.ts';
import { channelSchema, messageAnswer, messageSchema, saleParamsSchema } from './message.schema.ts';
import { resendTickets } from './resend-message.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/transactions/{id}/messages`: sends a sale's tickets once more, to another address if need be. */
export function resendTicketsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/transactions/:transaction_id/messages',
    {
      config: {
        right: 'messages.replay',
        problems: ['transaction_not_found', 'tickets_not_ready', 'message_not_sendable'],
      },
      schema: {
        operationId: 'resendTickets',
        tags: ['messages'],
        summary: "Send a sale's tickets once more",
        description: 'The same tickets, as a message of its own; it goes by this channel alone.',
        params: saleParamsSchema,
        body: object({
          channel: channelSchema,
          to: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: limits.customerEmailCharsMax,
              description: "Another address or number than the buyer's",
            }),
          ),
          keep_address: Type.Optional(
            Type.Boolean({ default: false, description: "The sale keeps it in place of the buyer's" }),
          ),
        }),
        response: { 202: messageSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, transaction_id: transactionId } = request.params;
      const { channel, to = null, keep_address: keepsAddress = false } = request.body;
      if (!isUuid(transactionId)) throw saleNotFound();
      const asked = { tenantId, transactionId, channel, to, keepsAddress };
      const found = await transact(pool, async (tx) => {
        const key = await resendTickets(tx, asked, { actor: actorOf(request), now: clock.now(), ids });
        return (await readMessage(tx, key))!;
      });
      return reply.code(202).send(messageAnswer(found.message));
    },
  );
}
