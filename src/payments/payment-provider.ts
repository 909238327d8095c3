import type { IntentKey } from './intent.ts';
import type { PaymentState } from './payment.ts';

/** An account at Stripe: its secret key, the signing secret of its webhook, and where its API is. */
export type StripeAccount = { secretKey: string; webhookSecret: string; apiUrl: string };

/** One payment of one order. */
export type TenderKey = IntentKey & { tenderNo: number };

/** What a page is to take, and where it leads afterwards. Money in minor units. */
export type PageOrder = TenderKey & {
  amount: number;
  currency: string;
  /** What is bought, as the page shows it. */
  title: string;
  email: string | null;
  locale: 'es' | 'en';
  returnUrl: string;
  expiresAt: Date;
};

export type PaymentPage = { pageId: string; url: string };

/** How a payment stands at its provider. */
export type PaymentNews = {
  state: Extract<PaymentState, 'pending' | 'authorised' | 'captured' | 'failed' | 'cancelled'>;
  /** Minor units, and the provider's name of what a refund refers to. */
  captured: number;
  paymentId: string | null;
};

/** What a provider tells by itself: that something of one payment is new. What, is asked. */
export type ProviderEvent = TenderKey & {
  eventId: string;
  kind: string;
  /** The page, when the event is about one. */
  pageId?: string;
};

/** Money that a provider gave back, and that stands. Minor units of the currency that was paid in. */
export type ProviderRefund = {
  refundId: string;
  amount: number;
  at: Date;
  /** As it was asked for by us; null when it was not, as by hand in the provider's dashboard. */
  part: string | null;
};

/** What has gone back of a payment, in minor units of the currency that it was paid in. */
export function sumOfRefunds(refunds: readonly ProviderRefund[]): number {
  return refunds.reduce((sum, refund) => sum + refund.amount, 0);
}

/** The provider did not answer, or has a fault of its own: nobody knows what it did, and the same may be asked again. */
export class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
}

/**
 * Who takes cards on a page of their own. Every call may be repeated: the provider knows a payment by its key and does
 * nothing twice. All throw ProviderUnavailable.
 */
export type PaymentProvider = {
  name: string;
  /** Opens the page, or finds the one that was opened for the same payment. */
  openPage(order: PageOrder): Promise<PaymentPage>;
  readPage(pageId: string): Promise<PaymentNews>;
  /** Closes a page, so that it takes no more money, and tells how the payment stands then. */
  closePage(pageId: string): Promise<PaymentNews>;
  /**
   * Gives money back.
   * @param part names this part of the payment: it goes back once, however often it is asked for.
   * @returns all that has gone back of the payment; without that part when all of it went back otherwise.
   */
  refund(key: TenderKey, paymentId: string, amount: number, part: string): Promise<ProviderRefund[]>;
  /** All that has gone back of a payment. */
  refundsOf(paymentId: string): Promise<ProviderRefund[]>;
  /** The payments of which something went back since an instant, again for each time. */
  refundedSince(since: Date): AsyncIterable<TenderKey>;
  /** The payments whose pages were opened since an instant, the newest first. */
  pagesSince(since: Date): AsyncIterable<TenderKey & { news: PaymentNews }>;
  /** @returns null when what it tells is of no payment of ours. @throws Problem `callback_signature_invalid`. */
  readEvent(body: Buffer, signature: string | undefined): ProviderEvent | null;
};
