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
  instantSchema,
  moneySchema,
  object,
  transactionIdSchema,
} from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { saleLinks } from '../orders/sale-token.ts';
import { paymentMethods } from '../payments/payment.ts';
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
  /** Who takes cards on line, and how long such a payment may take. */
  cards: { provider: string; seconds: number } | null;
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
        method: Type.Enum([...paymentMethods]),
        reference: Type.Optional(Type.String({ minLength: 1, maxLength: limits.paymentReferenceCharsMax })),
      },
      {
        description:
          'By what the difference is paid, when the new places cost more; a card on line is yet to be',
      },
    ),
  ),
});

const answerSchema = object({
  transaction_id: transactionIdSchema,
  state: Type.Enum(['awaiting_payment', 'open', 'done'], {
    description:
      'open: the credit note follows by itself; awaiting_payment: once the difference is paid, else nothing changes',
  }),
  currency: currencySchema,
  credit: moneySchema,
  total: moneySchema,
  difference: Type.Integer({ description: 'What the buyer paid; below zero: what goes back' }),
  refund: Type.Optional(refundSchema),
  expires_at: Type.Optional(instantSchema),
  links: object({
    self: Type.String(),
    tickets: Type.String(),
    page: Type.String(),
    pay: Type.Optional(Type.String({ description: 'Leads to where the difference is paid by card' })),
  }),
});

async function answerOf({ reader, secret, publicUrl }: Deps, made: Exchange) {
  const { tenantId, exchangeId, currency, credit, total } = made;
  const refund = (await readRefunds(reader, made)).find((one) => one.refundNo === made.refundNo);
  const { self, tickets, page, pay } = saleLinks(secret, publicUrl, tenantId, exchangeId);
  const isAwaiting = made.state === 'open' && made.orderState === 'awaiting';
  return {
    transaction_id: exchangeId,
    state: isAwaiting
      ? ('awaiting_payment' as const)
      : made.state === 'done'
        ? ('done' as const)
        : ('open' as const),
    currency,
    credit,
    total,
    difference: total - credit,
    ...(refund && { refund: refundAnswer(refund) }),
    ...(isAwaiting && made.orderExpiresAt && { expires_at: made.orderExpiresAt.toISOString() }),
    links: { self, tickets, page, ...(isAwaiting && { pay }) },
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
  'payment_method_unavailable',
  'price_changed',
  'customer_changed',
  'currency_mismatch',
  'sales_closed',
] as const;

/** `POST /sellers/{id}/sales/{id}/exchange`: places of a sale for those of a hold, the difference paid or given back. */
export function exchangeSaleRoute(app: App, deps: Deps): void {
  const { exchanger, clock, ids, cards } = deps;
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
      const isOnline = body.payment?.method === 'card_online';
      if (isOnline && !cards) {
        throw new Problem(
          'payment_method_unavailable',
          'No cards are taken on line here. Nothing was exchanged.',
        );
      }
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
        page: isOnline ? cards : null,
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
