import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleLinks, saleNotFound } from '../orders/sale-token.ts';
import { openPlan, paymentPlanSchema, planToJson } from './payment-plan.schema.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined };

/** `GET /sales/transactions/{id}/plan`: what is paid of a plan, what remains and until when. */
export function readPlanRoute(app: App, { secret, reader, publicUrl }: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/plan',
    {
      config: { problems: ['transaction_not_found', 'plan_not_found'] },
      schema: {
        operationId: 'readPlan',
        tags: ['sales'],
        summary: 'The plan by which an order is paid',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: { 200: paymentPlanSchema },
      },
    },
    async (request) => {
      const key = openSale(secret, request.params.transaction_id, request.query.token);
      if (!key) throw saleNotFound();
      const { pay } = saleLinks(secret, publicUrl, key.tenantId, key.transactionId);
      return planToJson(await openPlan(reader, key), pay);
    },
  );
}
