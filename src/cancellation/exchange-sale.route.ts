import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { parseHoldToken, type Clock, type IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { digestBody, digestKey, readIdempotencyKey } from '../checkout/idempotency.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import {
  currencySchema,
  holdTokenSchema,
  moneySchema,
  object,
  transactionIdSchema,
} from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { saleLinks } from '../orders/sale-token.ts';
import { counterMethods } from '../payments/payment.ts';
import type { Exchanger } from './exchange-places.job.ts';
import type { Exchange } from './exchange.store.ts';
import {
  itemNosOf,
  keyHeaderSchema,
  refundAnswer,
  refundSchema,
  saleKeyOf,
  saleParamsSchema,
  staffIdOf,
  ticketIdsSchema,
  undoingFields,
} from './refund.schema.ts';
import { readRefunds } from './refund.store.ts';

type Deps = {
  reader: Reader;
  exchanger: Exchanger;
  clock: Clock;
  ids: IdSource;
  secret: string;
  publicUrl: string | undefined;
};

const { reason, return_fees, resell } = undoingFields;

const bodySchema = object({
  reason,
  return_fees,
  resell,
  ticket_ids: Type.Optional(ticketIdsSchema),
  hold_token: holdTokenSchema,
  payment: Type.Optional(
    object(
      {
        method: Type.Enum([...counterMethods]),
        reference: Type.Optional(Type.String({ minLength: 1, maxLength: limits.paymentReferenceCharsMax })),
      },
      { description: 'By what the difference was paid, when the new places cost more' },
    ),
  ),
});

const answerSchema = object({
  transaction_id: transactionIdSchema,
  state: Type.Enum(['open', 'done'], { description: 'open: the credit note follows by itself' }),
  currency: currencySchema,
  credit: moneySchema,
  total: moneySchema,
  difference: Type.Integer({ description: 'What the buyer paid; below zero: what goes back' }),
  refund: Type.Optional(refundSchema),
  links: object({ self: Type.String(), tickets: Type.String(), page: Type.String() }),
});

async function answerOf({ reader, secret, publicUrl }: Deps, made: Exchange) {
  const { tenantId, exchangeId, currency, credit, total } = made;
  const refund = (await readRefunds(reader, made)).find((one) => one.refundNo === made.refundNo);
  const { self, tickets, page } = saleLinks(secret, publicUrl, tenantId, exchangeId);
  return {
    transaction_id: exchangeId,
    state: made.state === 'done' ? ('done' as const) : ('open' as const),
    currency,
    credit,
    total,
    difference: total - credit,
    ...(refund && { refund: refundAnswer(refund) }),
    links: { self, tickets, page },
  };
}

const problems = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'transaction_not_found',
  'ticket_not_found',
  'ticket_returned',
  'ticket_admitted',
  'exchange_pending',
  'exchange_payment_missing',
  'fiscal_day_closed',
  'hold_not_found',
  'hold_expired',
  'hold_released',
  'hold_already_confirmed',
  'payment_pending',
  'price_changed',
  'customer_changed',
  'currency_mismatch',
  'sales_closed',
] as const;

/** `POST /sellers/{id}/sales/{id}/exchange`: places of a sale for those of a hold, the difference paid or given back. */
export function exchangeSaleRoute(app: App, deps: Deps): void {
  const { exchanger, clock, ids } = deps;
  app.post(
    '/sellers/:seller_id/sales/:transaction_id/exchange',
    {
      config: {
        right: 'sales.refund',
        problems: [...problems],
      },
      schema: {
        operationId: 'exchangeSale',
        tags: ['refunds'],
        summary: 'Exchange tickets for the places of a hold, once for each Idempotency-Key',
        params: saleParamsSchema,
        headers: keyHeaderSchema,
        body: bodySchema,
        response: { 201: answerSchema },
      },
    },
    async (request, reply) => {
      const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
      const { body } = request;
      const sale = saleKeyOf(request.params);
      const hold = parseHoldToken(body.hold_token);
      if (hold?.tenantId !== sale.tenantId)
        throw new Problem('hold_not_found', 'The seller has no such hold.');
      const order = {
        ...sale,
        exchangeId: ids.uuid(),
        itemNos: itemNosOf(sale, body.ticket_ids),
        hold,
        feesReturned: body.return_fees ?? true,
        resold: body.resell ?? true,
        reason: body.reason,
        staffId: staffIdOf(principalOf(request)),
        keyDigest: digestKey(`seller ${sale.tenantId}`, `exchange ${sale.transactionId}`, idempotencyKey),
        bodyDigest: digestBody(body),
        payment: body.payment
          ? { method: body.payment.method, reference: body.payment.reference ?? null }
          : null,
      };
      const made = await exchanger.exchange(order, (tx) =>
        recordChange(tx, ids, {
          tenantId: sale.tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'exchange',
          object: { kind: 'sale', id: sale.transactionId },
          after: { exchange_id: order.exchangeId, ticket_ids: body.ticket_ids ?? null, reason: body.reason },
        }),
      );
      return reply.code(201).send(await answerOf(deps, made));
    },
  );
}
