import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { readMessage } from './message-log.store.ts';
import {
  messageDetailAnswer,
  messageDetailSchema,
  messageParamsSchema,
  readMessageId,
} from './message.schema.ts';
import { replayMessage } from './resend-message.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/messages/{id}/replay`: tries a message that has failed for good once more. */
export function replayMessageRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/messages/:message_id/replay',
    {
      config: { right: 'messages.replay', problems: ['message_not_found', 'message_not_failed'] },
      schema: {
        operationId: 'replayMessage',
        tags: ['messages'],
        summary: 'Try a message that has failed once more',
        params: messageParamsSchema,
        response: { 202: messageDetailSchema },
      },
    },
    async (request, reply) => {
      const key = readMessageId(request.params.seller_id, request.params.message_id);
      const found = await transact(pool, async (tx) => {
        await replayMessage(tx, key, { actor: actorOf(request), now: clock.now(), ids });
        return (await readMessage(tx, key))!;
      });
      return reply.code(202).send(messageDetailAnswer(found.message, found.attempts));
    },
  );
}
