import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { Problem } from '../base/errors.ts';
import { may } from '../identity/principal.ts';
import { daySchema, pointParamsSchema, toDayAnswer } from './fiscal-point.schema.ts';
import { openDay } from './fiscal-day.store.ts';
import { shop } from './selling-point.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/points/{id}/days`: from now on the point sells. */
export function openDayRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/points/:point_id/days',
    {
      config: {
        right: 'shifts.open',
        problems: ['fiscal_point_not_found', 'fiscal_day_open'],
      },
      schema: {
        operationId: 'openDay',
        tags: ['fiscal'],
        summary: 'Open the next day of a point',
        params: pointParamsSchema,
        response: { 201: daySchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, point_id: pointNo } = request.params;
      const principal = principalOf(request);
      if (pointNo === shop.pointNo && !may(principal, 'fiscal.close')) {
        throw new Problem('forbidden', "The shop's day needs the right fiscal.close, which you do not have.");
      }
      const day = await transact(pool, async (tx) => {
        const opened = await openDay(
          tx,
          tenantId,
          pointNo,
          principal.kind === 'staff' ? principal.userId : null,
        );
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'open',
          object: { kind: 'fiscal_day', id: `${pointNo}/${opened.dayNo}` },
          after: { day: opened.day },
        });
        return opened;
      });
      return reply.code(201).send(toDayAnswer(day));
    },
  );
}
