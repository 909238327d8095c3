import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object, pageQuerySchema } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { listPayments } from './payment-list.store.ts';
import { paymentStates } from './payment.ts';
import { parsePaymentId, paymentAnswerSchema, toPaymentAnswer } from './staff-payment.schema.ts';

const orderStates = ['awaiting', 'paid', 'settled', 'ended', 'refunding', 'refunded'] as const;

/** `GET /sellers/{id}/payments`: payments of orders whose money comes later, as those that wait to be verified. */
export function listPaymentsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/payments',
    {
      config: { right: 'payments.read' },
      schema: {
        operationId: 'listPayments',
        tags: ['payments'],
        summary: 'Payments of orders whose money comes later, the newest first',
        params: sellerParamsSchema,
        querystring: object({
          ...pageQuerySchema.properties,
          state: Type.Optional(Type.Enum([...paymentStates])),
          order_state: Type.Optional(Type.Enum([...orderStates])),
        }),
        response: { 200: list(paymentAnswerSchema) },
      },
    },
    async (request) => {
      const { state, order_state, starting_after, limit = limits.pageRowsDefault } = request.query;
      const after = starting_after === undefined ? null : parsePaymentId(starting_after);
      if (starting_after !== undefined && !after) {
        throw new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
          errors: [
            { path: 'query/starting_after', code: 'id_invalid', message: 'needs to be the id of a payment' },
          ],
        });
      }
      const page = { state: state ?? null, orderState: order_state ?? null, after, limit };
      const { payments, hasMore } = await listPayments(reader, request.params.seller_id, page);
      return { data: payments.map(toPaymentAnswer), has_more: hasMore };
    },
  );
}
