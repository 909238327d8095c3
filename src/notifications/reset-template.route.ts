import { Type } from 'typebox';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { overrideFacts } from './template-answer.ts';
import { templateParamsSchema } from './template.schema.ts';
import { deleteOverride, readOverride } from './template.store.ts';

/** `DELETE /sellers/{id}/templates/{kind}/{locale}`: back to the house's template. */
export function resetTemplateRoute(app: App, deps: { pool: Pool; ids: IdSource; clock: Clock }): void {
  app.delete(
    '/sellers/:seller_id/templates/:kind/:locale',
    {
      config: { right: 'templates.edit' },
      schema: {
        operationId: 'resetTemplate',
        tags: ['messages'],
        summary: "Go back to the house's template",
        params: templateParamsSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, kind, locale } = request.params;
      await transact(deps.pool, async (tx) => {
        const before = await readOverride(tx, tenantId, { kind, locale });
        if (!before) return;
        await deleteOverride(tx, tenantId, { kind, locale });
        await recordChange(tx, deps.ids, {
          tenantId,
          at: deps.clock.now(),
          actor: actorOf(request),
          verb: 'reset',
          object: { kind: 'template', id: `${kind} ${locale}` },
          before: overrideFacts(before),
        });
      });
      return reply.code(204).send(null);
    },
  );
}
