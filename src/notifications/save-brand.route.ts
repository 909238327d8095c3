import { Problem } from '../base/errors.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { brandSchema, tenantParamsSchema } from './template.schema.ts';
import { readBrand, saveBrand } from './template.store.ts';

/** `PUT /sellers/{id}/brand`: what is absent is the house's again. */
export function saveBrandRoute(app: App, deps: { pool: Pool }): void {
  app.put(
    '/sellers/:tenant_id/brand',
    {
      config: { right: 'templates.edit' },
      schema: {
        operationId: 'saveBrand',
        tags: ['messages'],
        summary: 'Change name, logo and colour of a seller',
        params: tenantParamsSchema,
        body: brandSchema,
        response: { 200: brandSchema },
      },
    },
    async ({ params: { tenant_id: tenantId }, body }) => {
      const brand = {
        name: body.name ?? null,
        logoUrl: body.logo_url ?? null,
        color: body.color?.toLowerCase() ?? null,
      };
      await transact(deps.pool, async (tx) => {
        if (!(await readBrand(tx, tenantId))) throw new Problem('not_found', 'There is no such seller.');
        await saveBrand(tx, tenantId, brand);
      });
      return body;
    },
  );
}
