/** How a sale is paid at the counter's conditions. */
export const paymentMethods = [
  'cash',
  'card_terminal',
  'transfer',
  'mobile_payment',
  'zelle',
  'other',
] as const;
export type PaymentMethod = (typeof paymentMethods)[number];

export type Payment = { method: PaymentMethod; reference?: string };
