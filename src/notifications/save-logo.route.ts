import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Tx } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import type { Actor } from '../identity/principal.ts';
import { saveLogo } from './logo.store.ts';
import { logoDigest, logoPath, readLogo } from './logo.ts';
import { readBrand } from './template.store.ts';

type Deps = { pool: Pool; ids: IdSource; clock: Clock; publicUrl: string | undefined };

const answerSchema = object({
  sha256: Type.String({ description: 'Of the PNG that it has become, in hexadecimal' }),
  width: Type.Integer({ description: 'In pixels' }),
  height: Type.Integer({ description: 'In pixels' }),
  url: Type.String(),
});

/** Keeps another logo of a seller, or none, and who changed it. */
async function changeLogo(
  { ids }: Deps,
  tx: Tx,
  tenantId: number,
  logo: { png: Buffer; sha256: string } | null,
  { actor, at }: { actor: Actor; at: Date },
): Promise<void> {
  const before = await readBrand(tx, tenantId);
  if (!before) throw new Problem('seller_not_found', 'There is no such seller.');
  await saveLogo(tx, tenantId, logo, at);
  await recordChange(tx, ids, {
    tenantId,
    at,
    actor,
    verb: 'change',
    object: { kind: 'logo', id: String(tenantId) },
    before: { sha256: before.brand.logoSha256 },
    after: { sha256: logo?.sha256 ?? null },
  });
}

/**
 * `PUT /sellers/{id}/logo`: the picture on tickets, mails and passes, in place of the one before. `DELETE`: none.
 * A picture is made anew, so that nothing else that its file held is ever shown.
 */
export function saveLogoRoute(app: App, deps: Deps): void {
  const { pool, clock, publicUrl } = deps;
  const config = { right: 'templates.edit' } as const;
  app.register(async (scope) => {
    scope.addContentTypeParser(
      ['image/png', 'image/jpeg'],
      { parseAs: 'buffer', bodyLimit: limits.logoBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.put(
      '/sellers/:seller_id/logo',
      {
        config: { ...config, problems: ['seller_not_found', 'logo_invalid'] },
        schema: {
          operationId: 'saveLogo',
          tags: ['messages'],
          summary: 'Change the logo of a seller (image/png or image/jpeg)',
          params: sellerParamsSchema,
          response: { 200: answerSchema },
        },
      },
      async (request) => {
        if (!Buffer.isBuffer(request.body))
          throw new Problem('media_type_unsupported', 'Send the picture as image/png or image/jpeg.');
        const { seller_id: tenantId } = request.params as { seller_id: number };
        const logo = readLogo(request.body);
        if (typeof logo === 'string') throw new Problem('logo_invalid', logo);
        const { png, width, height } = logo;
        const sha256 = logoDigest(png);
        const by = { actor: actorOf(request), at: clock.now() };
        await transact(pool, (tx) => changeLogo(deps, tx, tenantId, { png, sha256 }, by));
        return { sha256, width, height, url: logoPath(publicUrl, tenantId, sha256) };
      },
    );
  });
  app.delete(
    '/sellers/:seller_id/logo',
    {
      config: { ...config, problems: ['seller_not_found'] },
      schema: {
        operationId: 'deleteLogo',
        tags: ['messages'],
        summary: 'Take the logo of a seller away',
        params: sellerParamsSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const by = { actor: actorOf(request), at: clock.now() };
      await transact(pool, (tx) => changeLogo(deps, tx, request.params.seller_id, null, by));
      return reply.code(204).send(null);
    },
  );
}
