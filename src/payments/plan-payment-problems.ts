/** The refusals of a payment of a plan, whoever makes it. */
export const planPaymentProblems = [
  'plan_not_found',
  'plan_lapsed',
  'plan_complete',
  'amount_beyond_remaining',
  'instalment_amounts_differ',
  'idempotency_key_missing',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'payment_method_unavailable',
  'payment_currency_mismatch',
  'payment_reference_used',
  'cash_too_little',
  'exchange_rate_missing',
  'too_many_attempts',
] as const;
