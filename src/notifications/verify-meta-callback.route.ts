import { createHash, timingSafeEqual } from 'node:crypto';
import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';

type Deps = { metaVerifyToken: string };

const digest = (text: string) => createHash('sha256').update(text).digest();
const shortText = Type.String({ maxLength: 256 });

/** `GET /callbacks/meta/messages`: Meta asks, once, whether the address is ours, by a token that was agreed on. */
export function verifyMetaCallbackRoute(app: App, deps: Deps): void {
  app.get(
    '/callbacks/meta/messages',
    {
      config: { problems: ['callback_signature_invalid'] },
      schema: {
        hide: true,
        querystring: object({
          'hub.mode': shortText,
          'hub.verify_token': shortText,
          'hub.challenge': shortText,
        }),
      },
    },
    async (request, reply) => {
      const { query } = request;
      const known = timingSafeEqual(digest(query['hub.verify_token']), digest(deps.metaVerifyToken));
      if (!known || query['hub.mode'] !== 'subscribe') {
        throw new Problem(
          'callback_signature_invalid',
          'hub.verify_token is not the one that was agreed on.',
        );
      }
      return reply.type('text/plain; charset=utf-8').send(query['hub.challenge']);
    },
  );
}
