import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { readStoredImage } from './image.store.ts';

/** `GET /images/{id}`: a picture, which never changes, because its name is its content. */
export function readImageRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/images/:image_id',
    {
      compress: false,
      config: { hot: true, problems: ['image_not_found'] },
      schema: {
        operationId: 'readImage',
        tags: ['catalog'],
        summary: 'A picture of an event',
        params: object({
          image_id: Type.String({ maxLength: 80, examples: [`1-${'0'.repeat(64)}`] }),
        }),
      },
    },
    async (request, reply) => {
      const { image_id: id } = request.params;
      const [, tenant, sha256] = /^([1-9]\d{0,8})-([0-9a-f]{64})$/.exec(id) ?? [];
      const image = tenant && sha256 ? await readStoredImage(reader, Number(tenant), sha256) : null;
      if (!image) throw new Problem('image_not_found', `There is no image ${id}.`);
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .type(image.mediaType)
        .send(image.content);
    },
  );
}
