import { Type } from 'typebox';
import { Problem, type ErrorCode } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import { object, seatIdSchema } from '../http/schemas.ts';
import { paymentMethods, type Payment } from '../payments/payment.ts';
import { customerKinds, type CustomerKind } from '../tax/tax-rule.ts';
import { customerKey, type Wishes } from './cart-rules.ts';
import type { Buyer } from './quote.ts';
import { findVoucher } from './voucher.store.ts';

export const ticketKindSchema = Type.String({
  minLength: 1,
  maxLength: 32,
  description: "A kind of ticket, by the code in the event's `ticket_kinds`",
  examples: ['child'],
});

/** So many places of a kind, whichever they are. */
export const kindCountsSchema = Type.Array(
  object({
    ticket_kind: ticketKindSchema,
    quantity: Type.Integer({ minimum: 1, maximum: limits.placesPerCartMax }),
  }),
  {
    maxItems: limits.ticketKindsMax,
    description: "Kinds of all places together; the others are of their zone's first",
  },
);

export const seatKindsSchema = Type.Array(object({ seat_id: seatIdSchema, ticket_kind: ticketKindSchema }), {
  maxItems: limits.placesPerCartMax,
  description: "Seats that are not of their zone's first kind",
});

const voucherCodeSchema = Type.String({ minLength: 1, maxLength: limits.voucherCodeCharsMax });

export const buyerSchema = object({
  kind: Type.Optional(Type.Enum([...customerKinds])),
  document: Type.Optional(Type.String({ minLength: 1, maxLength: limits.customerDocumentCharsMax })),
  email: Type.Optional(Type.String({ format: 'email', maxLength: limits.customerEmailCharsMax })),
  address: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: limits.fiscalAddressCharsMax,
      description: 'As the invoice to a company shows it',
    }),
  ),
});

/** What a buyer may bring beside the places. */
export const wishesProperties = {
  voucher: Type.Optional(voucherCodeSchema),
  access_code: Type.Optional(voucherCodeSchema),
  customer: Type.Optional(buyerSchema),
  payment_method: Type.Optional(Type.Enum([...paymentMethods])),
};

/** What may be refused about a cart and what comes with it. */
export const cartProblems: ErrorCode[] = [
  'ticket_kind_unknown',
  'table_incomplete',
  'order_limit',
  'customer_required',
  'customer_limit',
  'voucher_not_found',
  'voucher_not_valid',
  'voucher_not_applicable',
  'voucher_used_up',
  'voucher_customer_limit',
];

export type WishesBody = {
  voucher?: string;
  access_code?: string;
  customer?: { kind?: CustomerKind; document?: string; email?: string; address?: string };
  payment_method?: Payment['method'];
};

/**
 * Who buys, as prices, taxes and limits see it.
 * @throws Problem `customer_required` when somebody who is no private person gives no document.
 */
export function toBuyer({
  kind = 'person',
  document,
  email,
  address,
}: NonNullable<WishesBody['customer']>): Buyer {
  if (kind !== 'person' && document === undefined) {
    const message = `A customer of the kind "${kind}" gives the number of their document.`;
    const errors = [{ path: '/customer/document', code: 'customer_required', message }];
    throw new Problem('customer_required', message, { errors });
  }
  const text = document ?? email;
  return {
    kind,
    key: text === undefined ? null : customerKey(text),
    ...(address !== undefined && { address }),
  };
}

/**
 * Resolves what a body brings beside the places; a query only where it names a voucher.
 * @throws Problem `voucher_not_found`, `customer_required`.
 */
export async function readWishes(reader: Reader, tenantId: number, body: WishesBody): Promise<Wishes> {
  const voucher = body.voucher === undefined ? null : await findVoucher(reader, tenantId, body.voucher);
  if (body.voucher !== undefined && !voucher) {
    const message = `There is no voucher "${body.voucher}".`;
    const errors = [{ path: '/voucher', code: 'voucher_not_found', message }];
    throw new Problem('voucher_not_found', message, { errors });
  }
  return {
    voucher,
    buyer: body.customer ? toBuyer(body.customer) : null,
    paymentMethod: body.payment_method ?? null,
    accessCode: body.access_code ?? null,
  };
}
