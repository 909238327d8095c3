import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { Problem } from '../base/errors.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { may } from '../identity/principal.ts';
import {
  bulkActionAnswer,
  bulkActionNotFound,
  bulkActionParamsSchema,
  bulkActionSchema,
} from './bulk-action.schema.ts';
import { readBulkActions, resumeBulkAction } from './bulk-action.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/bulk-actions/{id}/resume`: what failed of a bulk action is tried again. */
export function resumeBulkActionRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/bulk-actions/:bulk_id/resume',
    {
      config: { right: 'messages.replay', problems: ['bulk_action_not_found'] },
      schema: {
        operationId: 'resumeBulkAction',
        tags: ['sales desk'],
        summary: 'Try again what failed of a bulk action',
        params: bulkActionParamsSchema,
        response: { 202: bulkActionSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, bulk_id: bulkId } = request.params;
      const page = { bulkId, rows: 1, failures: limits.bulkRefundFailuresListedMax };
      const resumed = await transact(pool, async (tx) => {
        const [known] = await readBulkActions(tx, tenantId, page);
        if (!known) throw bulkActionNotFound();
        if (known.terms.kind === 'refund' && !may(principalOf(request), 'sales.refund'))
          throw new Problem('forbidden', 'Refunds are not yours to give.');
        await resumeBulkAction(tx, tenantId, bulkId);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'resume',
          object: { kind: 'bulk_action', id: bulkId },
        });
        return (await readBulkActions(tx, tenantId, page))[0]!;
      });
      return reply.code(202).send(bulkActionAnswer(resumed));
    },
  );
}
