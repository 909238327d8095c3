import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { readLogoBytes } from './logo.store.ts';

/** `GET /logos/{seller}/{sha256}.png`: a logo for whoever reads a mail or a ticket; its address names its bytes. */
export function readLogoRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/logos/:seller_id/:file',
    {
      compress: false,
      config: { problems: ['not_found'] },
      schema: {
        operationId: 'readLogo',
        tags: ['messages'],
        summary: 'A logo, by the digest of its bytes',
        params: object({ seller_id: sellerIdSchema, file: Type.String({ maxLength: 80 }) }),
        produces: ['image/png'],
      },
    },
    async ({ params }, reply) => {
      const sha256 = /^([0-9a-f]{64})\.png$/.exec(params.file)?.[1];
      const png = sha256 === undefined ? null : await readLogoBytes(reader, params.seller_id, sha256);
      if (!png) throw new Problem('not_found', 'There is no such logo.');
      reply.headers({
        'cache-control': 'public, max-age=31536000, immutable',
        // Mail programs on the web show it, too.
        'cross-origin-resource-policy': 'cross-origin',
      });
      return reply.type('image/png').send(png);
    },
  );
}
