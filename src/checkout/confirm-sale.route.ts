import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem, type ErrorCode } from '../base/errors.ts';
import { serverTiming } from '../base/group-timing.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { openHold } from '../holds/holds.ts';
import { shop, type SellingPoint } from '../fiscal/selling-point.ts';
import { findSellingPoint } from '../fiscal/selling-point.store.ts';
import type { App } from '../http/app.ts';
import { admit, mayAt } from '../http/guard.ts';
import {
  currencySchema,
  holdTokenSchema,
  instantSchema,
  moneySchema,
  object,
  transactionIdSchema,
} from '../http/schemas.ts';
import type { Reader } from '../db/transaction.ts';
import type { Authenticate } from '../identity/authenticator.ts';
import { saleLinks } from '../orders/sale-token.ts';
import { readSale } from '../orders/sale.store.ts';
import { isPlan, type Intent } from '../payments/intent.ts';
import type { PaymentIntents } from '../payments/payment-intents.ts';
import {
  isPlain,
  paymentSchema,
  plainPayment,
  readPayment,
  unreportedPath,
  type PaymentBody,
} from '../payments/payment.schema.ts';
import { changeOf } from '../payments/tender-orders.ts';
import type { Checkout } from './checkout.ts';
import type { ConfirmedSale, Customer } from './confirm-sales.store.ts';
import { digestBody, digestKey, readIdempotencyKey } from './idempotency.ts';

const path = '/sales/checkout/confirm';

const bodySchema = object({
  hold_token: holdTokenSchema,
  customer: object({
    name: Type.String({ minLength: 1, maxLength: limits.customerNameCharsMax, pattern: '\\S' }),
    email: Type.Optional(Type.String({ format: 'email', maxLength: limits.customerEmailCharsMax })),
    phone: Type.Optional(
      Type.String({ pattern: '^\\+?[0-9][0-9 ()./-]{5,}$', maxLength: limits.customerPhoneCharsMax }),
    ),
    document: Type.Optional(Type.String({ minLength: 1, maxLength: limits.customerDocumentCharsMax })),
    locale: Type.Optional(Type.Enum(['es', 'en'])),
  }),
  payment: paymentSchema,
  accept_substitutes: Type.Optional(
    Type.Boolean({
      description:
        'When the money comes so late that the places are gone: take equal ones (same category, together, as near) rather than the money back',
    }),
  ),
  expected_total: Type.Optional(moneySchema),
  point_id: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: limits.fiscalPointsMax,
      description:
        'The till at which staff with an open shift sell. A till that sends its token need not name itself.',
    }),
  ),
});

const waiting = {
  es: {
    online: 'Sus lugares están apartados. Pague ahora; el número y las entradas llegan con el pago.',
    reported: 'Sus lugares están apartados. Verificamos su pago; el número y las entradas llegan después.',
    plan: 'Sus lugares están apartados por su plan de pago; el número y las entradas llegan con el último pago.',
  },
  en: {
    online: 'Your places are kept. Pay now; the number and the tickets come with the payment.',
    reported: 'Your places are kept. We verify your payment; the number and the tickets come then.',
    plan: 'Your places are kept by your payment plan; the number and the tickets come with the last payment.',
  },
};

const answerSchema = object({
  success: Type.Literal(true),
  message: Type.String(),
  transaction_id: transactionIdSchema,
  status: Type.Enum(['processing', 'awaiting_payment']),
  fiscal_number: Type.Union([Type.String({ examples: ['A-00000042'] }), Type.Null()]),
  total: moneySchema,
  currency: currencySchema,
  payment: Type.Optional(
    object({
      state: Type.String(),
      expires_at: instantSchema,
      url: Type.Optional(Type.String({ description: 'Where to pay' })),
      change: Type.Optional(moneySchema),
    }),
  ),
  links: object({
    self: Type.String(),
    events: Type.String(),
    tickets: Type.String(),
    page: Type.String(),
    pay: Type.Optional(Type.String({ description: 'Leads to where the card is paid with' })),
    plan: Type.Optional(Type.String({ description: 'The plan by which it is paid' })),
  }),
});

type Deps = {
  events: EventCache;
  checkout: Checkout;
  intents: PaymentIntents;
  reader: Reader;
  authenticate: Authenticate;
  secret: string;
  publicUrl: string | undefined;
};

const messages = {
  es: (number: string) => `Compra confirmada con el número ${number}. Sus entradas están en camino.`,
  en: (number: string) => `Sale confirmed as number ${number}. Your tickets are on their way.`,
};

function answer(
  { secret, publicUrl }: Deps,
  tenantId: number,
  sale: ConfirmedSale,
  locale: Customer['locale'],
) {
  const { pay: _, ...links } = saleLinks(secret, publicUrl, tenantId, sale.transactionId);
  return {
    success: true as const,
    message: messages[locale](sale.fiscalNumber),
    transaction_id: sale.transactionId,
    status: 'processing' as const,
    fiscal_number: sale.fiscalNumber,
    total: sale.total,
    currency: sale.currency,
    links,
  };
}

function paidInPart({ tenders }: Intent): boolean {
  return tenders.some((tender) => tender.captured > 0);
}

/** The answer to an order whose money comes later, or that was paid in several payments: as it stands now. */
async function answerIntent(deps: Deps, intent: Intent) {
  const { tenantId, transactionId, customer, tenders, amount: total, currency, state, expiresAt } = intent;
  const { pay, ...links } = saleLinks(deps.secret, deps.publicUrl, tenantId, transactionId);
  const sale = state === 'settled' ? await readSale(deps.reader, intent) : null;
  const fiscalNumber = sale?.fiscalNumber ?? null;
  const isOnline = tenders.some((tender) => tender.provider !== null && tender.state !== 'captured');
  const place = isOnline && state === 'awaiting' ? { url: pay } : {};
  const change = tenders.reduce((sum, tender) => sum + changeOf(tender), 0);
  return {
    success: true as const,
    message:
      fiscalNumber === null
        ? waiting[customer.locale][isOnline ? 'online' : paidInPart(intent) ? 'plan' : 'reported']
        : messages[customer.locale](fiscalNumber),
    transaction_id: transactionId,
    status: fiscalNumber === null ? ('awaiting_payment' as const) : ('processing' as const),
    fiscal_number: fiscalNumber,
    total,
    currency,
    payment: {
      state,
      expires_at: expiresAt.toISOString(),
      ...place,
      ...(tenders.some((tender) => tender.tendered !== null) && { change }),
    },
    links: {
      ...links,
      ...(isOnline && { pay }),
      ...(isPlan(intent) && { plan: links.self.replace('?', '/plan?') }),
    },
  };
}

/**
 * A transfer or mobile payment without a report is taken at its word: that is for those to say who sell for the seller.
 * @throws Problem `payment_report_missing` to everybody else.
 */
async function refuseUnreported(deps: Deps, request: FastifyRequest, tenantId: number, payment: PaymentBody) {
  const at = unreportedPath(payment);
  if (at === null || (await mayAt(request, deps.authenticate, tenantId, 'sales.create'))) return;
  const detail = 'Report the payment: bank and reference. Nothing was sold.';
  const errors = [{ path: at, code: 'payment_report_missing', message: detail }];
  throw new Problem('payment_report_missing', detail, { errors });
}

/**
 * Where a sale is made. Only who sends a token or names a till is asked who they are: a buyer is nobody in particular, even
 * where the browser is signed in as staff.
 */
async function readPoint(
  request: FastifyRequest,
  reply: FastifyReply,
  { authenticate, reader }: Deps,
  to: { tenantId: number; asked: number | undefined },
): Promise<SellingPoint> {
  if (to.asked === undefined && request.headers.authorization === undefined) return shop;
  const principal = await admit(request, reply, authenticate, {
    tenantId: to.tenantId,
    right: 'sales.create',
  });
  return await findSellingPoint(reader, principal, to.asked);
}

const problems: ErrorCode[] = [
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'hold_not_found',
  'hold_expired',
  'hold_released',
  'hold_already_confirmed',
  'price_changed',
  'sales_closed',
  'fiscal_day_closed',
  'unauthenticated',
  'seller_not_found',
  'forbidden',
  'two_factor_required',
  'fiscal_point_not_found',
  'shift_not_open',
  'till_of_another',
  'payment_method_unavailable',
  'payment_amounts_differ',
  'payment_currency_mismatch',
  'cash_too_little',
  'payment_report_missing',
  'payment_reference_used',
  'payment_pending',
  'plan_not_offered',
  'down_payment_too_small',
  'amount_beyond_remaining',
  'instalment_amounts_differ',
  'exchange_rate_missing',
  'overloaded',
  'unavailable',
];

/** `POST /sales/checkout/confirm/`: makes a sale of a hold, once for each Idempotency-Key. */
export function confirmSaleRoute(app: App, deps: Deps): void {
  for (const url of [path, `${path}/`]) {
    app.post(
      url,
      {
        compress: false,
        config: {
          hot: true,
          sheds: true,
          problems,
        },
        schema: {
          ...(url === path ? { hide: true } : { operationId: 'confirmSale' }),
          tags: ['sales'],
          summary: 'Confirm a hold: the sale exists, numbered, when this answers',
          headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
          body: bodySchema,
          response: { 202: answerSchema },
        },
      },
      async (request, reply) => {
        const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key']);
        const { hold_token, customer, payment, expected_total, accept_substitutes, point_id } = request.body;
        const { live, holdId } = await openHold(deps.events, hold_token);
        const { tenantId } = live.event;
        const locale = customer.locale ?? 'es';
        const point = await readPoint(request, reply, deps, { tenantId, asked: point_id });
        const caller = point === shop ? 'public' : `point ${point.pointNo}`;
        await refuseUnreported(deps, request, tenantId, payment);
        const order = {
          key: live.event,
          holdId,
          point,
          keyDigest: digestKey(caller, path, idempotencyKey),
          bodyDigest: digestBody(request.body),
          customer: { ...customer, locale },
          expectedTotal: expected_total ?? null,
        };
        reply.code(202);
        if (isPlain(payment, live.event.currency)) {
          const { sale, timing } = await deps.checkout.confirm({ ...order, payment: plainPayment(payment) });
          reply.header('server-timing', serverTiming(timing, 'orders'));
          return answer(deps, tenantId, sale, locale);
        }
        const tenders = readPayment(payment);
        const substitutes = accept_substitutes ?? false;
        return answerIntent(deps, await deps.intents.open({ ...order, ...tenders, substitutes }));
      },
    );
  }
}
