import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { dayParamsSchema, dayReportSchema } from './fiscal-point.schema.ts';
import { closeDay } from './fiscal-day.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/points/{id}/days/{id}/close`: the Z. */
export function closeDayRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points/:point_id/days/:day_id/close',
    {
      config: {
        right: 'fiscal.close',
        problems: ['fiscal_point_not_found', 'fiscal_day_not_found', 'fiscal_day_closed', 'shift_still_open'],
      },
      schema: {
        operationId: 'closeDay',
        tags: ['fiscal'],
        summary: 'Close a day: its Z is issued, and the point sells no more until the next is opened',
        params: dayParamsSchema,
        response: { 200: dayReportSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, point_id: pointNo, day_id: dayNo } = request.params;
      const principal = principalOf(request);
      const by = principal.kind === 'staff' ? principal.userId : null;
      return await transact(pool, async (tx) => {
        const z = await closeDay(tx, { tenantId, pointNo, dayNo }, by);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'close',
          object: { kind: 'fiscal_day', id: `${pointNo}/${dayNo}` },
          after: {
            day: z.day,
            documents: z.series.reduce((sum, series) => sum + series.count, 0),
            totals: z.balance.map(({ currency, total }) => `${currency} ${total}`),
          },
        });
        return z;
      });
    },
  );
}
