import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { isUuid } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { currencySchema, instantSchema, moneySchema, object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import type { Principal } from '../identity/principal.ts';
import { formatTicketId } from '../orders/sale.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { leftByHand, refundKinds, type Refund } from './refund.ts';

export const saleParamsSchema = object({ seller_id: sellerIdSchema, transaction_id: transactionIdSchema });

/** @throws Problem `transaction_not_found` for a text that is no sale's id. */
export function saleKeyOf(params: Static<typeof saleParamsSchema>): SaleKey {
  const { seller_id: tenantId, transaction_id: transactionId } = params;
  if (!isUuid(transactionId)) throw new Problem('transaction_not_found', 'The seller has no such sale.');
  return { tenantId, transactionId };
}

/** Who of the seller's people asks; null for a key or a device. */
export function staffIdOf(principal: Principal): string | null {
  return principal.kind === 'staff' ? principal.userId : null;
}

export const keyHeaderSchema = Type.Object({ 'idempotency-key': Type.Optional(Type.String()) });

export const ticketIdsSchema = Type.Array(Type.String({ maxLength: 64 }), {
  minItems: 1,
  maxItems: limits.placesPerCartMax,
  uniqueItems: true,
  description: 'The tickets that go back; absent: all that are left',
});

/** What is said of every way of undoing. */
export const undoingFields = {
  reason: Type.String({
    minLength: 1,
    maxLength: limits.refundReasonCharsMax,
    pattern: '\\S',
    description: 'For the books of the seller',
  }),
  note: Type.Optional(
    Type.String({ maxLength: limits.eventNoteCharsMax, description: 'What the buyer is told, too' }),
  ),
  return_fees: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether the fees go back, too; taxes go back as they were sold',
    }),
  ),
  resell: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Whether the places go on sale again; else they are blocked',
    }),
  ),
};

/** The places that ticket ids of a sale name. @throws Problem `ticket_not_found`. */
export function itemNosOf(sale: SaleKey, ticketIds: readonly string[] | undefined): number[] | null {
  if (!ticketIds) return null;
  return ticketIds.map((id) => {
    const no = /^[1-9]\d{0,3}$/.exec(id.slice(sale.transactionId.length + 1))?.[0];
    if (no === undefined || id !== formatTicketId(sale.transactionId, Number(no)))
      throw new Problem('ticket_not_found', `The sale has no ticket ${id}. Nothing was given back.`);
    return Number(no);
  });
}

export const refundSchema = object({
  refund_no: Type.Integer({ minimum: 1, description: 'Counted within its sale' }),
  kind: Type.Enum([...refundKinds]),
  credit_note: Type.String({ examples: ['NC-A-00000007'] }),
  created_at: instantSchema,
  currency: currencySchema,
  net: moneySchema,
  discounts: moneySchema,
  fees: moneySchema,
  taxes: moneySchema,
  total: moneySchema,
  ticket_ids: Type.Array(Type.String()),
  returned_fees: Type.Boolean(),
  resold: Type.Boolean(),
  reason: Type.String(),
  paid_back: moneySchema,
  to_pay_back_by_hand: Type.Integer({
    minimum: 0,
    description: 'What no provider gives back: record it once somebody has',
  }),
  settled_at: Type.Optional(instantSchema),
  repayments: Type.Array(
    object({
      amount: moneySchema,
      by: Type.Enum(['provider', 'hand', 'exchange']),
      method: Type.Optional(Type.String()),
      reference: Type.Optional(Type.String()),
      exchanged_for: Type.Optional(transactionIdSchema),
      unasked: Type.Optional(Type.Literal(true, { description: 'The provider had given it back already' })),
      done_at: Type.Optional(instantSchema),
      last_error: Type.Optional(Type.String()),
    }),
  ),
});

function repaymentAnswer(one: Refund['repayments'][number]) {
  const { amount, method, tenderNo, exchangedFor, reference, doneAt, lastError, unasked } = one;
  return {
    amount,
    by:
      tenderNo !== null ? ('provider' as const) : method !== null ? ('hand' as const) : ('exchange' as const),
    ...(method !== null && { method }),
    ...(reference !== null && { reference }),
    ...(exchangedFor !== null && { exchanged_for: exchangedFor }),
    ...(unasked && { unasked }),
    ...(doneAt !== null && { done_at: doneAt.toISOString() }),
    ...(lastError !== null && { last_error: lastError }),
  };
}

/** A refund as staff see it. */
export function refundAnswer(refund: Refund) {
  const { currency, net, discounts, fees, taxes, total, resold, reason, kind } = refund;
  return {
    refund_no: refund.refundNo,
    kind,
    credit_note: refund.creditNote,
    created_at: refund.createdAt.toISOString(),
    currency,
    net,
    discounts,
    fees,
    taxes,
    total,
    ticket_ids: refund.itemNos.map((itemNo) => formatTicketId(refund.transactionId, itemNo)),
    returned_fees: refund.feesReturned,
    resold,
    reason,
    paid_back: refund.paidBack,
    to_pay_back_by_hand: leftByHand(refund),
    ...(refund.settledAt && { settled_at: refund.settledAt.toISOString() }),
    repayments: refund.repayments.map(repaymentAnswer),
  };
}
