import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { isUuid } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import { currencySchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { readPayment, type ListedPayment } from './payment-list.store.ts';
import { paymentMethods, paymentStates } from './payment.ts';

export const paymentIdSchema = Type.String({
  maxLength: 48,
  description: "A payment's id",
  examples: ['019a5b7e-6f10-7abc-9def-0123456789ab-1'],
});
export const paymentParamsSchema = object({ seller_id: sellerIdSchema, payment_id: paymentIdSchema });

/** A payment as staff see it. */
export const paymentAnswerSchema = object({
  id: paymentIdSchema,
  transaction_id: Type.String(),
  method: Type.Enum([...paymentMethods]),
  state: Type.Enum([...paymentStates]),
  order_state: Type.String(),
  amount: moneySchema,
  currency: currencySchema,
  paid_amount: moneySchema,
  paid_currency: currencySchema,
  captured: moneySchema,
  refunded: moneySchema,
  bank: Type.Optional(Type.String()),
  phone: Type.Optional(Type.String()),
  document: Type.Optional(Type.String()),
  reference: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  customer_name: Type.String(),
  expires_at: instantSchema,
  updated_at: instantSchema,
});

/** Reads a payment's id: the order's and the number of the payment in it. */
export function parsePaymentId(id: string): { transactionId: string; tenderNo: number } | null {
  const [, transactionId = '', tenderNo = ''] = /^(.{36})-([1-9]\d{0,3})$/.exec(id) ?? [];
  return isUuid(transactionId) ? { transactionId, tenderNo: Number(tenderNo) } : null;
}

/** Writes a payment's id. */
export function formatPaymentId({
  transactionId,
  tenderNo,
}: {
  transactionId: string;
  tenderNo: number;
}): string {
  return `${transactionId}-${tenderNo}`;
}

/** One payment of a seller's. @throws Problem `payment_not_found`. */
export async function openPayment(reader: Reader, tenantId: number, id: string): Promise<ListedPayment> {
  const parsed = parsePaymentId(id);
  const payment = parsed && (await readPayment(reader, { tenantId, ...parsed }));
  if (!payment) throw new Problem('payment_not_found', 'The seller has no such payment.');
  return payment;
}

/** A payment as the API shows it to staff. */
export function toPaymentAnswer(payment: ListedPayment) {
  const { method } = payment;
  return {
    id: formatPaymentId(payment),
    transaction_id: payment.transactionId,
    method,
    state: payment.state,
    order_state: payment.orderState,
    amount: payment.amount,
    currency: payment.currency,
    paid_amount: payment.paidAmount,
    paid_currency: payment.paidCurrency,
    captured: payment.captured,
    refunded: payment.refunded,
    ...(payment.bank !== null && { bank: payment.bank }),
    ...(payment.payerPhone !== null && { phone: payment.payerPhone }),
    ...(payment.payerDocument !== null && { document: payment.payerDocument }),
    ...(payment.reference !== null && { reference: payment.reference }),
    ...(payment.detail !== null && { detail: payment.detail }),
    customer_name: payment.customerName,
    expires_at: payment.expiresAt.toISOString(),
    updated_at: payment.updatedAt.toISOString(),
  };
}
