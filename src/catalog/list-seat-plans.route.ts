import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { listedPlanToJson, listedSeatPlanSchema, seatPlanIdSchema } from './plan-document.schema.ts';
import { listSeatPlans } from './seat-plan.store.ts';

/** `GET /sellers/{id}/seat-plans`: the plans that a seller has drawn, the newest first. */
export function listSeatPlansRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/seat-plans',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'listSeatPlans',
        tags: ['catalog'],
        summary: "A seller's seat plans",
        params: sellerParamsSchema,
        querystring: object({
          starting_after: Type.Optional(seatPlanIdSchema),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.pageRowsMax })),
        }),
        response: { 200: list(listedSeatPlanSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { plans, hasMore } = await listSeatPlans(reader, request.params.seller_id, {
        startingAfter: starting_after ?? null,
        limit,
      });
      return { data: plans.map(listedPlanToJson), has_more: hasMore };
    },
  );
}
