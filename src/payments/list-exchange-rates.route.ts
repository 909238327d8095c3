import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { rateSchema, toRateAnswer } from './exchange-rate.schema.ts';
import { listRates } from './exchange-rate.store.ts';

/** `GET /sellers/{id}/exchange-rates`: the newest rates that were recorded. */
export function listExchangeRatesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/exchange-rates',
    {
      config: { right: 'payments.read' },
      schema: {
        operationId: 'listExchangeRates',
        tags: ['payments'],
        summary: 'The newest exchange rates',
        params: sellerParamsSchema,
        querystring: object({
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
          ),
        }),
        response: { 200: list(rateSchema) },
      },
    },
    async (request) => {
      const { limit = limits.pageRowsDefault } = request.query;
      const rates = await listRates(reader, request.params.seller_id, limit + 1);
      return { data: rates.slice(0, limit).map(toRateAnswer), has_more: rates.length > limit };
    },
  );
}
