import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { currencySchema, instantSchema, list, moneySchema, object } from '../http/schemas.ts';
import { readUnaskedRefunds } from '../payments/provider-refund.store.ts';
import { formatPaymentId, paymentIdSchema } from '../payments/staff-payment.schema.ts';
import { refundAnswer, refundSchema, saleKeyOf, saleParamsSchema } from './refund.schema.ts';
import { readRefunds } from './refund.store.ts';

const answerSchema = object({
  ...list(refundSchema).properties,
  provider_refunds: Type.Array(
    object({
      payment_id: paymentIdSchema,
      refund_id: Type.String({ description: "The provider's own name of it" }),
      amount: moneySchema,
      currency: currencySchema,
      at: instantSchema,
      used: Type.Integer({ minimum: 0, description: 'What refunds of tickets have used of it' }),
    }),
    {
      description:
        "Given back by hand at the provider: the sale's tickets stand until they are refunded here",
    },
  ),
});

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
        response: { 200: answerSchema },
      },
    },
    async ({ params }) => {
      const sale = saleKeyOf(params);
      const [refunds, unasked] = [await readRefunds(reader, sale), await readUnaskedRefunds(reader, sale)];
      return {
        data: refunds.map(refundAnswer),
        has_more: false,
        provider_refunds: unasked.map(({ refundId, amount, currency, at, used, ...key }) => ({
          payment_id: formatPaymentId(key),
          refund_id: refundId,
          amount,
          currency,
          at: at.toISOString(),
          used,
        })),
      };
    },
  );
}
