import type { BuyerMethod, PaymentState } from './payment.ts';

/** How far an order is whose money comes later; what each means stands in sql/0034_payments.sql. */
export type IntentState = 'awaiting' | 'paid' | 'settled' | 'ended' | 'refunding' | 'refunded';

/** Why an intent ended without a sale. */
export type EndReason =
  | 'not_paid_in_time'
  | 'payment_failed'
  | 'cancelled_by_buyer'
  | 'amount_differs'
  | 'plan_lapsed'
  | 'plan_cancelled'
  | 'cancelled_by_seller'
  | 'places_gone'
  | 'sales_closed';

export type IntentKey = { tenantId: number; transactionId: string };

/** One payment that an order is to have. Money in minor units. */
export type TenderOrder = {
  method: BuyerMethod;
  /** `captured` when the money is there already, as in cash. */
  state: 'pending' | 'captured';
  /** Of the sale, in the sale's currency. */
  amount: number;
  paidAmount: number;
  paidCurrency: string;
  rate: { rateE8: number; day: string } | null;
  /** Cash that was handed over. */
  tendered: number | null;
  provider: string | null;
  report: PaymentReport | null;
  /** The bank that knows the reference; of means without one, the means itself. */
  bank: string | null;
  reference: string | null;
  /** Of a plan's down payment: what of the total is to come later. */
  later?: number;
};

/** What a buyer says of a payment that they made: from whom, by which bank, under which reference. */
export type PaymentReport = {
  bank: string;
  reference: string;
  phone: string | null;
  document: string | null;
};

/** A payment of an intent as it stands. */
export type Tender = {
  tenderNo: number;
  method: BuyerMethod;
  state: PaymentState;
  amount: number;
  paidAmount: number;
  paidCurrency: string;
  captured: number;
  refunded: number;
  tendered: number | null;
  provider: string | null;
  pageId: string | null;
  pageUrl: string | null;
  paymentId: string | null;
  bank: string | null;
  payerPhone: string | null;
  payerDocument: string | null;
  reference: string | null;
  detail: string | null;
  /** Of a plan: until when it may be made, and whether the plan has no place for it, so that it goes back. */
  expiresAt: Date | null;
  surplus: boolean;
  /** What the seller keeps of it when a plan has lapsed. */
  kept: number;
  updatedAt: Date;
};

/** An order whose money comes later, with its payments. */
export type Intent = IntentKey & {
  eventId: number;
  holdId: string;
  state: IntentState;
  expiresAt: Date;
  reason: EndReason | null;
  substitutes: boolean;
  substituted: boolean;
  /** Of an exchange: its payments are the difference alone. */
  exchanged: boolean;
  amount: number;
  currency: string;
  customer: {
    name: string;
    email: string | null;
    phone: string | null;
    document: string | null;
    locale: 'es' | 'en';
  };
  createdAt: Date;
  updatedAt: Date;
  tenders: Tender[];
};

/** Whether an order is paid by a plan: only the payments of plans have a time of their own. */
export function isPlan(intent: Pick<Intent, 'tenders'>): boolean {
  return intent.tenders.some((tender) => tender.expiresAt !== null);
}

/** The status of the transaction that an intent is, for as long as it has become no sale. */
export function statusOf(state: IntentState): 'awaiting_payment' | 'cancelled' | 'refunded' {
  if (state === 'ended') return 'cancelled';
  return state === 'refunding' || state === 'refunded' ? 'refunded' : 'awaiting_payment';
}

/** What a reader of the order is told of its payment, beside the state: `substituted` is a code as the reasons are. */
export function payingDetail(
  intent: Pick<Intent, 'state' | 'reason' | 'substituted'>,
): EndReason | 'substituted' | null {
  if (intent.state === 'settled' || intent.state === 'paid') return intent.substituted ? 'substituted' : null;
  return intent.reason;
}
