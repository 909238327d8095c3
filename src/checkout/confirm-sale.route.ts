import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { openHold } from '../holds/holds.ts';
import type { App } from '../http/app.ts';
import {
  currencySchema,
  holdTokenSchema,
  moneySchema,
  object,
  transactionIdSchema,
} from '../http/schemas.ts';
import { saleLinks } from '../orders/sale-token.ts';
import { paymentMethods } from '../payments/payment.ts';
import type { Checkout, TimedSale } from './checkout.ts';
import type { ConfirmedSale, Customer } from './confirm-sales.store.ts';
import { digestBody, digestKey } from './idempotency.ts';

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
  payment: object({
    method: Type.Enum([...paymentMethods]),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: limits.paymentReferenceCharsMax })),
  }),
  expected_total: Type.Optional(moneySchema),
});

const answerSchema = object({
  success: Type.Literal(true),
  message: Type.String(),
  transaction_id: transactionIdSchema,
  status: Type.Literal('processing'),
  fiscal_number: Type.String({ examples: ['A-00000042'] }),
  total: moneySchema,
  currency: currencySchema,
  links: object({ self: Type.String(), events: Type.String(), tickets: Type.String(), page: Type.String() }),
});

type Deps = { events: EventCache; checkout: Checkout; secret: string; publicUrl: string | undefined };

function readKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') {
    const detail =
      'Send an Idempotency-Key header: a text of your own, new for each sale and the same for each retry.';
    throw new Problem('idempotency_key_missing', detail, {
      errors: [{ path: 'header/idempotency-key', code: 'missing', message: detail }],
    });
  }
  if (
    typeof header !== 'string' ||
    header.length > limits.idempotencyKeyCharsMax ||
    !/^[\x21-\x7e]+$/.test(header)
  ) {
    const detail = `An Idempotency-Key has 1 to ${limits.idempotencyKeyCharsMax} visible ASCII characters.`;
    throw new Problem('idempotency_key_invalid', detail, {
      errors: [{ path: 'header/idempotency-key', code: 'invalid', message: detail }],
    });
  }
  return header;
}

const messages = {
  es: (number: string) => `Compra confirmada con el número ${number}. Sus entradas están en camino.`,
  en: (number: string) => `Sale confirmed as number ${number}. Your tickets are on their way.`,
};

function answer(deps: Deps, tenantId: number, sale: ConfirmedSale, locale: Customer['locale']) {
  return {
    success: true as const,
    message: messages[locale](sale.fiscalNumber),
    transaction_id: sale.transactionId,
    status: 'processing' as const,
    fiscal_number: sale.fiscalNumber,
    total: sale.total,
    currency: sale.currency,
    links: saleLinks(deps.secret, deps.publicUrl, tenantId, sale.transactionId),
  };
}

/** Server-Timing (W3C): milliseconds before the group and in it, and how many orders shared it. */
function serverTiming({ group, waitedMilliseconds }: TimedSale): string {
  const wait = Math.max(0, waitedMilliseconds).toFixed(1);
  return `wait;dur=${wait}, group;dur=${group.milliseconds.toFixed(1)};desc="${group.orders} orders"`;
}

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
          problems: [
            'idempotency_key_missing',
            'idempotency_key_invalid',
            'idempotency_key_reused',
            'hold_not_found',
            'hold_expired',
            'hold_released',
            'hold_already_confirmed',
            'price_changed',
            'sales_closed',
            'overloaded',
            'unavailable',
          ],
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
        const idempotencyKey = readKey(request.headers['idempotency-key']);
        const { hold_token, customer, payment, expected_total } = request.body;
        const { live, holdId } = await openHold(deps.events, hold_token);
        const { tenantId } = live.event;
        const locale = customer.locale ?? 'es';
        const timed = await deps.checkout.confirm({
          key: live.event,
          holdId,
          keyDigest: digestKey('public', path, idempotencyKey),
          bodyDigest: digestBody(request.body),
          customer: { ...customer, locale },
          payment,
          expectedTotal: expected_total ?? null,
        });
        reply.code(202).header('server-timing', serverTiming(timed));
        return answer(deps, tenantId, timed.sale, locale);
      },
    );
  }
}
