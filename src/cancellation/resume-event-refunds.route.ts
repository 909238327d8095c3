import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { uuidSchema } from '../identity/identity.schema.ts';
import { bulkParamsSchema, bulkRefundAnswer, bulkRefundSchema, ownEventOf } from './bulk-refund.schema.ts';
import { listBulkRefunds, resumeBulkRefund } from './bulk-refund.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/events/{id}/refunds/{id}/resume`: what could not be refunded is tried again. */
export function resumeEventRefundsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/refunds/:bulk_id/resume',
    {
      config: {
        right: 'sales.refund',
        problems: ['event_not_found', 'bulk_refund_not_found', 'bulk_refund_running'],
      },
      schema: {
        operationId: 'resumeEventRefunds',
        tags: ['refunds'],
        summary: 'Try again to refund the sales of an event that could not be',
        params: object({ ...bulkParamsSchema.properties, bulk_id: uuidSchema }),
        response: { 202: bulkRefundSchema },
      },
    },
    async (request, reply) => {
      const key = ownEventOf(request.params);
      const { bulk_id: bulkId } = request.params;
      const resumed = await transact(pool, async (tx) => {
        const begun = await resumeBulkRefund(tx, key, bulkId);
        if (begun === null) throw new Problem('bulk_refund_not_found', 'The event has no such refund.');
        if (!begun)
          throw new Problem('bulk_refund_running', "The event's sales are being refunded right now.");
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'resume_refunds',
          object: { kind: 'event', id: formatEventId(key) },
          after: { bulk_id: bulkId },
        });
        const rows = await listBulkRefunds(tx, key, { rows: limits.bulkRefundsListedMax, failures: 0 });
        return rows.find((one) => one.bulkId === bulkId)!;
      });
      return reply.code(202).send(bulkRefundAnswer(resumed));
    },
  );
}
