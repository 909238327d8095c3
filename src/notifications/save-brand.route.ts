import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import type { Brand } from './brand.ts';
import { brandSchema } from './template.schema.ts';
import { readBrand, saveBrand } from './template.store.ts';

const brandChange = ({ name, logoUrl, color }: Omit<Brand, 'logoSha256'>) => ({
  name,
  logo_url: logoUrl,
  color,
});

/** `PUT /sellers/{id}/brand`: what is absent is the house's again. */
export function saveBrandRoute(app: App, deps: { pool: Pool; ids: IdSource; clock: Clock }): void {
  app.put(
    '/sellers/:seller_id/brand',
    {
      config: { right: 'templates.edit' },
      schema: {
        operationId: 'saveBrand',
        tags: ['messages'],
        summary: 'Change name, logo and colour of a seller',
        params: sellerParamsSchema,
        body: brandSchema,
        response: { 200: brandSchema },
      },
    },
    async (request) => {
      const { body } = request;
      const { seller_id: tenantId } = request.params;
      const brand = {
        name: body.name ?? null,
        logoUrl: body.logo_url ?? null,
        color: body.color?.toLowerCase() ?? null,
      };
      await transact(deps.pool, async (tx) => {
        const before = await readBrand(tx, tenantId);
        if (!before) throw new Problem('seller_not_found', 'There is no such seller.');
        await saveBrand(tx, tenantId, brand);
        await recordChange(tx, deps.ids, {
          tenantId,
          at: deps.clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'brand', id: String(tenantId) },
          before: brandChange(before.brand),
          after: brandChange(brand),
        });
      });
      return body;
    },
  );
}
