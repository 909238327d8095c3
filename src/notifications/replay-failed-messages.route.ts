import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { Problem } from '../base/errors.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { listMessages } from './message-log.store.ts';
import { channelSchema } from './message.schema.ts';
import { replayMessage } from './resend-message.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/failed-messages/replay`: tries those that have failed for good once more, so many at a time. */
export function replayFailedMessagesRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/failed-messages/replay',
    {
      config: { right: 'messages.replay' },
      schema: {
        operationId: 'replayFailedMessages',
        tags: ['messages'],
        summary: 'Try messages that have failed once more, the newest sales first',
        description: `Up to ${limits.replayedAtOnceMax} with each request; \`has_more\` says that others are left.`,
        params: sellerParamsSchema,
        body: object({ channel: Type.Optional(channelSchema) }),
        response: { 202: object({ replayed: Type.Integer({ minimum: 0 }), has_more: Type.Boolean() }) },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const filter = { state: 'failed' as const, channel: request.body.channel };
      const page = { startingAfter: null, limit: limits.replayedAtOnceMax };
      const { messages, hasMore } = await listMessages(reader(pool), tenantId, filter, page);
      const asking = { actor: actorOf(request), ids };
      let replayed = 0;
      for (const { key } of messages) {
        try {
          await transact(pool, (tx) => replayMessage(tx, key, { ...asking, now: clock.now() }));
          replayed += 1;
        } catch (error) {
          // Somebody else replayed it meanwhile.
          if (!(error instanceof Problem)) throw error;
        }
      }
      return reply.code(202).send({ replayed, has_more: hasMore });
    },
  );
}
