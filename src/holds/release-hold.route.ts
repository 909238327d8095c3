import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { holdTokenSchema, object } from '../http/schemas.ts';
import { isHeldByPlan } from '../payments/payment-plan.store.ts';
import type { ClientHolds } from './client-holds.ts';
import { openHold, type Holds } from './holds.ts';

type Deps = { reader: Reader; events: EventCache; holds: Holds; clientHolds: ClientHolds };

/** `DELETE /sales/holds/{token}`: puts a hold's places back on sale; again is the same. */
export function releaseHoldRoute(app: App, deps: Deps): void {
  app.delete(
    '/sales/holds/:hold_token',
    {
      config: { problems: ['hold_not_found', 'hold_already_confirmed', 'plan_under_way'] },
      schema: {
        operationId: 'releaseHold',
        tags: ['holds'],
        summary: 'Release a hold',
        params: object({ hold_token: holdTokenSchema }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { live, holdId } = await openHold(deps.events, request.params.hold_token);
      if (await isHeldByPlan(deps.reader, live.event.tenantId, holdId)) {
        throw new Problem('plan_under_way', 'These places are being paid by a plan. Nothing was changed.');
      }
      await deps.holds.release(live, holdId);
      deps.clientHolds.drop(holdId);
      return reply.code(204).send(null);
    },
  );
}
