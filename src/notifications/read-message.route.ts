import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { readMessage } from './message-log.store.ts';
import {
  messageDetailAnswer,
  messageDetailSchema,
  messageNotFound,
  messageParamsSchema,
  readMessageId,
} from './message.schema.ts';

/** `GET /sellers/{id}/messages/{id}`: a message with every attempt at it. */
export function readMessageRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/messages/:message_id',
    {
      config: { right: 'messages.read', problems: ['message_not_found'] },
      schema: {
        operationId: 'readMessage',
        tags: ['messages'],
        summary: 'One message with its attempts',
        params: messageParamsSchema,
        response: { 200: messageDetailSchema },
      },
    },
    async ({ params }) => {
      const found = await readMessage(reader, readMessageId(params.seller_id, params.message_id));
      if (!found) throw messageNotFound();
      return messageDetailAnswer(found.message, found.attempts);
    },
  );
}
