import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { refundAnswer, refundSchema, saleKeyOf, saleParamsSchema } from './refund.schema.ts';
import { readRefunds } from './refund.store.ts';

/** `GET /sellers/{id}/sales/{id}/refunds`: what was undone of a sale, and how far its money has come. */
export function listRefundsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/sales/:transaction_id/refunds',
    {
      config: { right: 'sales.read', problems: ['transaction_not_found'] },
      schema: {
        operationId: 'listRefunds',
        tags: ['refunds'],
        summary: 'What was undone of a sale, with its credit notes and the way of its money',
        params: saleParamsSchema,
        response: { 200: list(refundSchema) },
      },
    },
    async ({ params }) => {
      const refunds = await readRefunds(reader, saleKeyOf(params));
      return { data: refunds.map(refundAnswer), has_more: false };
    },
  );
}
