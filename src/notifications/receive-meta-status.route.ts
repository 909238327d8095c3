import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { readInboundWord } from './inbound-word.ts';
import { recordStatuses } from './message-status.store.ts';
import { isHubSignature } from './meta-signature.ts';
import { readMetaMessages, readMetaStatuses } from './meta-status.ts';
import { followWish } from './opt-out.store.ts';

type Deps = { pool: Pool; clock: Clock; metaAppSecret: string };

/**
 * `POST /callbacks/meta/messages`: Meta tells what became of messages, many in one request, and what people write to our
 * number: STOP, BAJA, START and ALTA are followed at every seller that has written to theirs.
 */
export function receiveMetaStatusRoute(app: App, deps: Deps): void {
  app.register(async (scope) => {
    // What is signed are the bytes, so they are kept as they came.
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: limits.callbackBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/callbacks/meta/messages',
      { config: { problems: ['callback_signature_invalid', 'json_malformed'] }, schema: { hide: true } },
      async (request, reply) => {
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const signature = [request.headers['x-hub-signature-256']].flat()[0];
        if (!isHubSignature(deps.metaAppSecret, body, signature)) {
          throw new Problem('callback_signature_invalid', 'X-Hub-Signature-256 is not the one of this body.');
        }
        let notice: unknown;
        try {
          notice = JSON.parse(body.toString());
        } catch {
          throw new Problem('json_malformed', 'The body is signed, but it is not valid JSON.');
        }
        const reports = readMetaStatuses(notice);
        if (reports.length > 0) await transact(deps.pool, (tx) => recordStatuses(tx, 'meta', reports));
        for (const { number, text } of readMetaMessages(notice)) {
          const word = readInboundWord(text);
          if (word) await transact(deps.pool, (tx) => followWish(tx, number, word.wish, deps.clock.now()));
        }
        return reply.code(200).send();
      },
    );
  });
}
