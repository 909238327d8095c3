/** How a sale is paid at the counter's conditions. */
export const counterMethods = [
  'cash',
  'card_terminal',
  'transfer',
  'mobile_payment',
  'zelle',
  'other',
] as const;

/** What a buyer may name. A card on line needs a provider that is configured. */
export const paymentMethods = ['card_online', ...counterMethods] as const;

export type BuyerMethod = (typeof paymentMethods)[number];

/**
 * `split`: several payments, each of which has a method of its own; `exchange`: what places that went back paid for those
 * in their stead.
 */
export type PaymentMethod = BuyerMethod | 'split' | 'exchange';

export type Payment = { method: PaymentMethod; reference?: string };

/** The means that a buyer reports and that somebody at the seller, or the bank's file, verifies. */
export const reportedMethods: readonly PaymentMethod[] = ['transfer', 'mobile_payment'];

/** The means whose payments are known by a reference alone, so that none may be named twice at a seller. */
export const referencedMethods: readonly PaymentMethod[] = [...reportedMethods, 'zelle', 'other'];

/** How far a payment is; the order is the one of SQL's `payment_state`. */
export const paymentStates = [
  'pending',
  'authorised',
  'captured',
  'failed',
  'cancelled',
  'refunded',
  'partially_refunded',
] as const;
export type PaymentState = (typeof paymentStates)[number];

/**
 * What a payment may become. Money may come although a payment was given up, as when a provider's page is paid at the very
 * moment that it is closed. `may_become` in sql/0034_payments.sql decides by the same table.
 */
export const paymentTransitions: Record<PaymentState, readonly PaymentState[]> = {
  pending: ['authorised', 'captured', 'failed', 'cancelled'],
  authorised: ['captured', 'failed', 'cancelled'],
  captured: ['partially_refunded', 'refunded'],
  failed: ['captured'],
  cancelled: ['captured'],
  partially_refunded: ['partially_refunded', 'refunded'],
  refunded: [],
};
