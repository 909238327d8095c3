import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { PaymentIntents } from './payment-intents.ts';
import { openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';
import { ProviderUnavailable } from './payment-provider.ts';
import { planKeyOf, planParamsSchema } from './staff-plan.schema.ts';

type Deps = { pool: Pool; intents: PaymentIntents; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/payment-plans/{id}/cancel`: ends a plan; its places go back on sale and its money to the buyer. */
export function cancelPlanRoute(app: App, { pool, intents, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/payment-plans/:transaction_id/cancel',
    {
      config: {
        right: 'sales.refund',
        problems: ['plan_not_found', 'plan_lapsed', 'plan_complete', 'payment_provider_unavailable'],
      },
      schema: {
        operationId: 'cancelPlan',
        tags: ['payments'],
        summary: 'Cancel a payment plan',
        params: planParamsSchema,
        body: object({
          keep_penalty: Type.Optional(
            Type.Boolean({ description: 'Settle by the rule, as when it lapses; else all goes back' }),
          ),
          reason: Type.Optional(Type.String({ maxLength: limits.voidReasonCharsMax })),
        }),
        response: { 200: paymentPlanSchema },
      },
    },
    async (request) => {
      const key = planKeyOf(request.params);
      const { intent } = await openPlan(reader(pool), key);
      if (intent.state === 'paid' || intent.state === 'settled') {
        throw new Problem('plan_complete', 'All of this plan is paid: it is a sale.');
      }
      if (intent.state !== 'awaiting') throw new Problem('plan_lapsed', 'This plan has ended.');
      const { keep_penalty: keeps = false, reason = null } = request.body;
      await transact(pool, (tx) =>
        recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'cancel',
          object: { kind: 'payment_plan', id: key.transactionId },
          after: { keep_penalty: keeps, reason },
        }),
      );
      await intents
        .giveUp(intent, keeps ? 'plan_cancelled' : 'cancelled_by_seller')
        .catch((error: unknown) => {
          if (!(error instanceof ProviderUnavailable)) throw error;
          const detail = 'The payment page cannot be closed right now. Try again in a moment.';
          throw new Problem('payment_provider_unavailable', detail, { retryAfterSeconds: 5 });
        });
      return planToJson(await openPlan(reader(pool), key));
    },
  );
}
