import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { imagePath } from './event-json.ts';
import { readImage, type ImageSize } from './image.ts';
import { saveImage } from './image.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

const imageSchema = object({
  id: Type.String({ description: 'Its SHA-256' }),
  url: Type.String(),
  media_type: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
});

function sizeOf(bytes: Buffer): ImageSize {
  const size = readImage(bytes);
  if (!size) throw new Problem('image_invalid', 'This is neither a PNG nor a JPEG nor a WebP image.');
  const side = Math.max(size.width, size.height);
  if (side < 1 || side > limits.imageSidePixelsMax) {
    const detail = `The image has ${size.width} × ${size.height} pixels; a side may have ${limits.imageSidePixelsMax}.`;
    throw new Problem('image_invalid', detail);
  }
  return size;
}

/** `POST /sellers/{id}/images`: keeps a picture, of which its own bytes say what it is. */
export function uploadImageRoute(app: App, { pool, clock, ids }: Deps): void {
  app.register(async (scope) => {
    scope.addContentTypeParser(
      /^image\/(png|jpeg|webp)$/,
      { parseAs: 'buffer', bodyLimit: limits.imageBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/sellers/:seller_id/images',
      {
        config: {
          right: 'catalog.edit',
          problems: ['image_invalid', 'images_limit', 'media_type_unsupported', 'body_too_large'],
        },
        schema: {
          operationId: 'uploadImage',
          tags: ['catalog'],
          summary: 'Upload a picture (image/png, image/jpeg or image/webp)',
          params: sellerParamsSchema,
          response: { 201: imageSchema },
        },
      },
      async (request, reply) => {
        if (!Buffer.isBuffer(request.body)) {
          throw new Problem('media_type_unsupported', 'Send the image itself, with its own media type.');
        }
        const content = request.body;
        const size = sizeOf(content);
        const sha256 = createHash('sha256').update(content).digest('hex');
        const { seller_id: tenantId } = request.params as { seller_id: number };
        const at = clock.now();
        await transact(pool, async (tx) => {
          const isKept = await saveImage(tx, tenantId, { ...size, sha256, content, at }, limits.imagesMax);
          if (!isKept) throw new Problem('images_limit', `A seller has at most ${limits.imagesMax} images.`);
          await recordChange(tx, ids, {
            tenantId,
            at,
            actor: actorOf(request),
            verb: 'upload',
            object: { kind: 'image', id: sha256 },
            after: {
              media_type: size.mediaType,
              width: size.width,
              height: size.height,
              bytes: content.length,
            },
          });
        });
        return reply.code(201).send({
          id: sha256,
          url: imagePath(tenantId, sha256)!,
          media_type: size.mediaType,
          width: size.width,
          height: size.height,
        });
      },
    );
  });
}
