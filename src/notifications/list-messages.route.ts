import { isUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { listMessages } from './message-log.store.ts';
import { messageAnswer, messageSchema, messagesQuerySchema, readMessageId } from './message.schema.ts';

/** `GET /sellers/{id}/messages`: what was sent to buyers and what became of it, those of the newest sales first. */
export function listMessagesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/messages',
    {
      config: { right: 'messages.read', problems: ['message_not_found'] },
      schema: {
        operationId: 'listMessages',
        tags: ['messages'],
        summary: 'What was sent to buyers, such as all that has failed (state=failed)',
        params: sellerParamsSchema,
        querystring: messagesQuerySchema,
        response: { 200: list(messageSchema) },
      },
    },
    async ({ params: { seller_id: tenantId }, query }) => {
      const { state, channel, kind, transaction_id: transactionId, starting_after: after } = query;
      // A text that is no sale's id is no sale's: then there is nothing to list.
      if (transactionId !== undefined && !isUuid(transactionId)) return { data: [], has_more: false };
      const page = {
        startingAfter: after === undefined ? null : readMessageId(tenantId, after),
        limit: query.limit ?? limits.pageRowsDefault,
      };
      const filter = { state, channel, kind, transactionId };
      const { messages, hasMore } = await listMessages(reader, tenantId, filter, page);
      return { data: messages.map(messageAnswer), has_more: hasMore };
    },
  );
}
