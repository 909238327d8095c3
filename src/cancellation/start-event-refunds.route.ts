import { Problem } from '../base/errors.ts';
import { formatEventId, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { lockEvent } from '../catalog/change-event.store.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { listAnnouncements } from '../notifications/announcement.store.ts';
import { bulkParamsSchema, bulkRefundAnswer, bulkRefundSchema, ownEventOf } from './bulk-refund.schema.ts';
import { listBulkRefunds, startBulkRefund } from './bulk-refund.store.ts';
import { staffIdOf, undoingFields } from './refund.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/events/{id}/refunds`: all sales of an event that was cancelled, or moved, are refunded one by one. */
export function startEventRefundsRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/refunds',
    {
      config: {
        right: 'sales.refund',
        problems: ['event_not_found', 'event_not_cancelled', 'bulk_refund_running'],
      },
      schema: {
        operationId: 'startEventRefunds',
        tags: ['refunds'],
        summary: 'Begin to refund all sales of an event that was cancelled or moved',
        params: bulkParamsSchema,
        body: object(undoingFields),
        response: { 202: bulkRefundSchema },
      },
    },
    async (request, reply) => {
      const key = ownEventOf(request.params);
      const { reason, note, return_fees = true, resell = true } = request.body;
      const createdAt = clock.now();
      const begun = await transact(pool, async (tx) => {
        const event = await lockEvent(tx, key);
        if (!event) throw new Problem('event_not_found', `There is no event ${request.params.event_id}.`);
        const isCancelled = event.status === 'cancelled';
        const announced = await listAnnouncements(tx, key, limits.announcementsListedMax);
        if (!isCancelled && !announced.some(({ kind }) => kind === 'event_changed')) {
          const detail = 'The event was neither cancelled nor moved: refund its sales one by one.';
          throw new Problem('event_not_cancelled', detail);
        }
        const bulk = {
          ...key,
          bulkId: ids.uuid(),
          kind: isCancelled ? ('event_cancelled' as const) : ('refund' as const),
          feesReturned: return_fees,
          resold: resell,
          reason,
          note: note ?? null,
          staffId: staffIdOf(principalOf(request)),
          createdAt,
        };
        if (!(await startBulkRefund(tx, bulk)))
          throw new Problem('bulk_refund_running', "The event's sales are being refunded already.");
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: createdAt,
          actor: actorOf(request),
          verb: 'refund_all',
          object: { kind: 'event', id: formatEventId(key) },
          after: { bulk_id: bulk.bulkId, return_fees, resell, reason },
        });
        const [made] = await listBulkRefunds(tx, key, { rows: 1, failures: 0 });
        return made!;
      });
      return reply.code(202).send(bulkRefundAnswer(begun));
    },
  );
}
