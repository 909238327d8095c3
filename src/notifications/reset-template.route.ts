import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { templateParamsSchema } from './template.schema.ts';
import { deleteOverride } from './template.store.ts';

/** `DELETE /sellers/{id}/templates/{kind}/{locale}`: back to the house's template. */
export function resetTemplateRoute(app: App, deps: { pool: Pool }): void {
  app.delete(
    '/sellers/:tenant_id/templates/:kind/:locale',
    {
      config: { right: 'templates.edit' },
      schema: {
        operationId: 'resetTemplate',
        tags: ['messages'],
        summary: "Go back to the house's template",
        params: templateParamsSchema,
      },
    },
    async ({ params: { tenant_id: tenantId, kind, locale } }, reply) => {
      await transact(deps.pool, (tx) => deleteOverride(tx, tenantId, { kind, locale }));
      return reply.code(204).send();
    },
  );
}
