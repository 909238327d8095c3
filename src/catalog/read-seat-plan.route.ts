import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { etagOf } from '../http/if-match.ts';
import { object } from '../http/schemas.ts';
import {
  seatPlanIdSchema,
  seatPlanNotFound,
  seatPlanParamsSchema,
  seatPlanSchema,
  seatPlanToJson,
} from './plan-document.schema.ts';
import { readSeatPlan } from './seat-plan.store.ts';

/** `GET /sellers/{id}/seat-plans/{plan}`: a plan with its document, by its newest version unless the query names another. */
export function readSeatPlanRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/seat-plans/:seat_plan_id',
    {
      config: { right: 'catalog.read', problems: ['seat_plan_not_found'] },
      schema: {
        operationId: 'readSeatPlan',
        tags: ['catalog'],
        summary: 'A seat plan',
        params: seatPlanParamsSchema,
        querystring: object({ version: Type.Optional(seatPlanIdSchema) }),
        response: { 200: seatPlanSchema },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, seat_plan_id: seatPlanId } = request.params;
      const plan = await readSeatPlan(reader, tenantId, seatPlanId, request.query.version ?? null);
      if (!plan) throw seatPlanNotFound(seatPlanId);
      reply.header('etag', etagOf(plan.newest));
      return seatPlanToJson(plan);
    },
  );
}
