/** The error table: every code that the API can answer, its HTTP status and its title. */
export const errorTable = {
  body_invalid: { status: 422, title: 'The request is well formed but wrong' },
  json_malformed: { status: 400, title: 'The body is not valid JSON' },
  request_malformed: { status: 400, title: 'The request is malformed' },
  idempotency_key_missing: { status: 400, title: 'The Idempotency-Key header is missing' },
  idempotency_key_invalid: { status: 400, title: 'The Idempotency-Key header is malformed' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key was used with another body' },
  not_found: { status: 404, title: 'There is nothing here' },
  unauthenticated: { status: 401, title: 'Who asks is not known' },
  sign_in_failed: { status: 401, title: 'The address or the password is wrong' },
  second_factor_wrong: { status: 401, title: 'The code is wrong' },
  sign_in_ended: { status: 401, title: 'The sign-in has to be begun again' },
  enrolment_refused: { status: 401, title: 'The code is wrong or has ended' },
  forbidden: { status: 403, title: 'This is not allowed' },
  two_factor_required: { status: 403, title: 'A second factor has to be set up first' },
  two_factor_enabled: { status: 409, title: 'There is a second factor already' },
  two_factor_missing: { status: 409, title: 'There is no second factor' },
  too_many_attempts: { status: 429, title: 'Tried too often' },
  seller_not_found: { status: 404, title: 'No such seller' },
  staff_not_found: { status: 404, title: 'No such member of staff' },
  staff_exists: { status: 409, title: 'This person is staff already' },
  last_owner: { status: 409, title: 'A seller keeps at least one owner' },
  invitation_not_found: { status: 404, title: 'No such invitation' },
  password_reset_ended: { status: 410, title: 'The link to a new password can no longer be used' },
  invitation_ended: { status: 410, title: 'The invitation can no longer be used' },
  session_not_found: { status: 404, title: 'No such session' },
  api_key_not_found: { status: 404, title: 'No such API key' },
  device_not_found: { status: 404, title: 'No such device' },
  device_cut_off: { status: 409, title: 'The device was cut off' },
  fiscal_series_not_found: { status: 404, title: 'No such fiscal series' },
  fiscal_block_not_found: { status: 404, title: 'No such block of fiscal numbers' },
  fiscal_block_in_use: { status: 409, title: 'The block of fiscal numbers cannot be voided' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  event_not_found: { status: 404, title: 'No such event' },
  event_cancelled: { status: 409, title: 'The event is cancelled' },
  seat_not_found: { status: 404, title: 'No such seat' },
  zone_not_found: { status: 404, title: 'No such zone' },
  hold_not_found: { status: 404, title: 'No such hold' },
  transaction_not_found: { status: 404, title: 'No such transaction' },
  ticket_transferred: { status: 409, title: "The ticket is somebody else's now" },
  ticket_returned: { status: 409, title: 'The ticket was given back' },
  ticket_codes_limit: { status: 409, title: 'The ticket has had as many codes as it may' },
  event_started: { status: 409, title: 'The event has begun' },
  transfer_not_found: { status: 404, title: 'No such transfer' },
  transfer_ended: { status: 410, title: 'The transfer can no longer be accepted' },
  tickets_not_ready: { status: 409, title: 'The tickets are not made yet' },
  seat_unavailable: { status: 409, title: 'Not all places are available' },
  ticket_kind_unknown: { status: 422, title: 'No such kind of ticket here' },
  table_incomplete: { status: 422, title: 'The table is sold whole' },
  order_limit: { status: 409, title: 'Too many places for one order' },
  customer_required: { status: 422, title: 'The buyer has to be named first' },
  customer_limit: { status: 409, title: 'The customer has bought as much as one may' },
  customer_changed: { status: 409, title: 'The hold was placed for another customer' },
  voucher_not_found: { status: 404, title: 'No such voucher' },
  voucher_not_valid: { status: 409, title: 'The voucher is not valid now' },
  voucher_not_applicable: { status: 422, title: 'The voucher does not hold for these places' },
  voucher_used_up: { status: 409, title: 'The voucher is used up' },
  voucher_customer_limit: { status: 409, title: 'The customer has used the voucher as often as one may' },
  voucher_exists: { status: 409, title: 'There is a voucher with this code' },
  voucher_in_use: { status: 409, title: 'The voucher has been used' },
  reserved_places_taken: { status: 409, title: 'Places to be kept are taken already' },
  price_list_changed: { status: 409, title: 'The price list has been changed meanwhile' },
  price_list_invalid: { status: 422, title: 'The price list does not hold together' },
  stage_without_end: { status: 422, title: 'A price stage never ends' },
  stages_overlap: { status: 422, title: 'Price stages overlap' },
  currency_mismatch: { status: 422, title: 'The currency is another one' },
  amount_out_of_range: { status: 422, title: 'An amount does not fit' },
  tax_rule_not_found: { status: 404, title: 'No such tax rule' },
  tax_rule_invalid: { status: 422, title: 'The tax rule does not hold together' },
  tax_rules_overlap: { status: 409, title: 'Effective dates of a tax overlap' },
  tax_rule_ended: { status: 409, title: 'The tax rule has ended' },
  price_changed: { status: 409, title: 'The price has changed' },
  sales_closed: { status: 409, title: 'The event is not on sale' },
  fiscal_day_closed: { status: 409, title: 'The fiscal day is closed' },
  hold_already_confirmed: { status: 409, title: 'The hold was confirmed already' },
  hold_released: { status: 410, title: 'The hold was released' },
  hold_expired: { status: 410, title: 'The hold has expired' },
  hold_extension_limit: { status: 409, title: 'The hold cannot be extended again' },
  holds_limit: { status: 429, title: 'Too many holds are alive for this client' },
  payment_method_unavailable: { status: 422, title: 'This means of payment is not offered' },
  payment_amounts_differ: { status: 422, title: 'The payments are not the total' },
  payment_currency_mismatch: { status: 422, title: 'The means of payment does not take this currency' },
  cash_too_little: { status: 422, title: 'The cash that was handed over is too little' },
  card_number_refused: { status: 422, title: 'The number of a card has no place here' },
  payment_report_missing: { status: 422, title: 'The payment needs to be reported' },
  payment_reference_used: { status: 409, title: 'This payment was named before' },
  payment_pending: { status: 409, title: 'Another payment for these places is under way' },
  payment_ended: { status: 409, title: 'There is nothing to pay any more' },
  payment_not_found: { status: 404, title: 'No such payment' },
  payment_decided: { status: 409, title: 'The payment was decided on already' },
  payment_provider_unavailable: { status: 503, title: 'The payment provider cannot be reached' },
  exchange_rate_missing: { status: 409, title: 'There is no exchange rate for the day' },
  bank_file_invalid: { status: 422, title: 'The bank file cannot be read' },
  body_too_large: { status: 413, title: 'The body is too large' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  media_type_unsupported: { status: 415, title: 'The media type is not supported' },
  webhook_endpoint_not_found: { status: 404, title: 'No such webhook endpoint' },
  webhook_delivery_not_found: { status: 404, title: 'No such webhook delivery' },
  webhook_endpoints_limit: { status: 409, title: 'The seller has as many webhook endpoints as it may' },
  webhook_endpoint_disabled: { status: 409, title: 'The webhook endpoint is switched off' },
  message_not_found: { status: 404, title: 'No such message' },
  message_not_failed: { status: 409, title: 'The message has not failed' },
  message_not_sendable: { status: 409, title: 'There is nothing to send' },
  callback_signature_invalid: { status: 403, title: 'The callback is not signed by its sender' },
  overloaded: { status: 503, title: 'Too busy right now' },
  unavailable: { status: 503, title: 'The service is not available right now' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorTable;

/** One offending field: `path` is a JSON pointer into the body (or `header/…`, `query/…`). */
export type FieldError = { path: string; code: string; message: string };

type ProblemExtras = {
  errors?: FieldError[];
  /** Members that stand beside the standard ones in the answer, such as the new `quote`. */
  members?: Record<string, unknown>;
  retryAfterSeconds?: number;
};

/** An expected refusal. The HTTP layer turns it into `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly code: ErrorCode;
  readonly errors: FieldError[] | undefined;
  readonly members: Record<string, unknown> | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** @param detail a sentence for people: what is wrong, where, and what to do. */
  constructor(code: ErrorCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.errors = extras.errors;
    this.members = extras.members;
    this.retryAfterSeconds = extras.retryAfterSeconds;
  }
}
