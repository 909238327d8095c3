import type { SaleKey } from '../orders/sale-token.ts';
import type { PaymentMethod } from '../payments/payment.ts';

/** Why places went back; the order is the one of SQL's `refund_kind`. */
export const refundKinds = ['void', 'refund', 'exchange', 'event_cancelled'] as const;
export type RefundKind = (typeof refundKinds)[number];

/** What is to be undone of a sale. */
export type RefundOrder = SaleKey & {
  kind: RefundKind;
  /** The places that go back; null: all that are left. */
  itemNos: readonly number[] | null;
  /** Whether the fees go back, too. */
  feesReturned: boolean;
  /** Whether the places go on sale again; else they are off the market. */
  resold: boolean;
  reason: string;
  /** What the buyer is told beside the amount. */
  note: string | null;
  staffId: string | null;
  /** Digests of the request's key and body; null for a job's. */
  keyDigest: string | null;
  bodyDigest: string | null;
  bulkId: string | null;
  /** The sale that the places were exchanged for, and how much of their money stays with it. */
  exchange: { saleId: string; kept: number } | null;
};

/** Money on its way back, or back. Amounts in minor units of the sale's currency. */
export type Repayment = {
  repaymentNo: number;
  amount: number;
  /** The means; null when a provider gives it back, or it stays with the sale of an exchange. */
  method: PaymentMethod | null;
  tenderNo: number | null;
  exchangedFor: string | null;
  /** By what the provider had given back without being asked. */
  unasked: boolean;
  reference: string | null;
  doneAt: Date | null;
  lastError: string | null;
};

/** What was undone of a sale, with its credit note and the way of its money. Amounts in minor units. */
export type Refund = SaleKey & {
  refundNo: number;
  kind: RefundKind;
  createdAt: Date;
  currency: string;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
  itemNos: number[];
  resold: boolean;
  feesReturned: boolean;
  reason: string;
  bulkId: string | null;
  paidBack: number;
  settledAt: Date | null;
  /** As it is printed. */
  creditNote: string;
  repayments: Repayment[];
};

/** What goes back neither by a provider nor into another sale, and is still to be given back by hand. */
export function leftByHand({ total, repayments }: Pick<Refund, 'total' | 'repayments'>): number {
  return total - repayments.reduce((sum, one) => sum + one.amount, 0);
}
