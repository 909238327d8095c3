import { Type, type Static } from 'typebox';
import { Problem, type ErrorCode } from '../base/errors.ts';
import { formatEventId, formatZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventIdSchema, moneySchema, object, zoneIdSchema } from '../http/schemas.ts';
import { paymentMethods } from '../payments/payment.ts';
import { customerKinds, taxBases } from './tax-rule.ts';
import type { NewTaxRule, TaxRuleRow } from './tax-rule.store.ts';

export const taxInstantSchema = Type.String({
  maxLength: 40,
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\S+(Z|[+-]\\d\\d:\\d\\d)$',
});
const kindsSchema = Type.Array(Type.Enum([...customerKinds]), {
  minItems: 1,
  maxItems: customerKinds.length,
});

export const newTaxRuleSchema = object({
  name: Type.String({ minLength: 1, maxLength: limits.priceNameCharsMax, pattern: '\\S' }),
  event_id: Type.Optional(eventIdSchema),
  kind: Type.Enum(['percentage', 'fixed']),
  rate_ppm: Type.Optional(Type.Integer({ description: 'Parts per million: 160000 is 16 %' })),
  base: Type.Optional(
    Type.Enum([...taxBases], {
      description: 'Of the net price (when absent), of that with the taxes before it, or of all that is paid',
    }),
  ),
  amount: Type.Optional(moneySchema),
  per: Type.Optional(Type.Enum(['place', 'order'])),
  inclusion: Type.Enum(['included', 'added']),
  applies_to: Type.Optional(
    Type.Enum(['places', 'fees'], {
      description:
        'Places with the fees that are taxed as they are (when absent), or the fees whose `taxed_as` is `fee`',
    }),
  ),
  category: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  zone_id: Type.Optional(zoneIdSchema),
  customer_kinds: Type.Optional(kindsSchema),
  exempt_kinds: Type.Optional(kindsSchema),
  payment_methods: Type.Optional(
    Type.Array(Type.Enum([...paymentMethods]), { minItems: 1, maxItems: paymentMethods.length }),
  ),
  currencies: Type.Optional(
    Type.Array(Type.String({ maxLength: 3, pattern: '^[A-Z]{3}$' }), { minItems: 1, maxItems: 50 }),
  ),
  valid_from: Type.Optional(taxInstantSchema),
  valid_until: Type.Optional(taxInstantSchema),
  replaces: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'A rule that ends where this one begins',
    }),
  ),
});
export type NewTaxRuleBody = Static<typeof newTaxRuleSchema>;

const { replaces: _replaces, ...kept } = newTaxRuleSchema.properties;
export const taxRuleSchema = object({ id: Type.Integer(), ...kept });

export const taxesSchema = object({
  rounding: Type.Enum(['half_up', 'half_even', 'up', 'down']),
  rounding_scope: Type.Enum(['line', 'document']),
  tax_version: Type.Integer(),
  data: Type.Array(taxRuleSchema, {
    description: 'All that ever were, in the order in which they are computed',
  }),
});

/** The refusal of a field. */
export function refuseTax(code: ErrorCode, path: string, message: string): Problem {
  return new Problem(code, message, { errors: [{ path, code, message }] });
}

/** An instant of a body, in milliseconds since 1970. @throws Problem `body_invalid` for a text that is none. */
export function readTaxInstant(text: string | undefined, absent: number, path: string): number {
  const at = text === undefined ? absent : Date.parse(text);
  if (Number.isNaN(at)) throw refuseTax('body_invalid', path, `"${text}" is no instant.`);
  return at;
}

function checkAmounts(body: NewTaxRuleBody): void {
  const { kind, rate_ppm: rate, amount, base = 'net', per = 'place', inclusion } = body;
  if (
    kind === 'percentage'
      ? rate === undefined || amount !== undefined
      : amount === undefined || rate !== undefined
  )
    throw refuseTax(
      'tax_rule_invalid',
      '/kind',
      'A percentage has a rate, a fixed tax an amount; neither has both.',
    );
  if (rate !== undefined && (rate < 0 || rate > 1_000_000))
    throw refuseTax(
      'amount_out_of_range',
      '/rate_ppm',
      'A rate is between 0 and 1,000,000 parts per million.',
    );
  if (amount !== undefined && amount > limits.amountMax)
    throw refuseTax(
      'amount_out_of_range',
      '/amount',
      `An amount has at most ${limits.amountMax} minor units.`,
    );
  if (kind === 'fixed' && base !== 'net')
    throw refuseTax('tax_rule_invalid', '/base', 'Only a percentage is taken of something.');
  if (kind === 'percentage' && body.per !== undefined)
    throw refuseTax('tax_rule_invalid', '/per', 'Only a fixed tax is for each place or order.');
  if (inclusion === 'included' && (base === 'payment' || per === 'order'))
    throw refuseTax(
      'tax_rule_invalid',
      '/inclusion',
      'What is taken of the payment or the order is added, never included.',
    );
}

/**
 * Turns a body into what is written.
 * @param places the numbers of category and zone that the body names, found in its event.
 * @throws Problem `tax_rule_invalid`, `amount_out_of_range`, `body_invalid`.
 */
export function toNewTaxRule(
  body: NewTaxRuleBody,
  places: Pick<NewTaxRule, 'eventId' | 'categoryNo' | 'zoneNo'>,
): NewTaxRule {
  checkAmounts(body);
  const validFrom = readTaxInstant(body.valid_from, -Infinity, '/valid_from');
  const validUntil = readTaxInstant(body.valid_until, Infinity, '/valid_until');
  if (validFrom >= validUntil)
    throw refuseTax('tax_rule_invalid', '/valid_until', 'The rule would end before it begins.');
  return {
    ...places,
    name: body.name.trim(),
    kind: body.kind,
    ratePpm: body.rate_ppm ?? null,
    amount: body.amount ?? null,
    inclusion: body.inclusion,
    base: body.base ?? 'net',
    perOrder: body.per === 'order',
    onFees: body.applies_to === 'fees',
    customerKinds: body.customer_kinds ?? null,
    exemptKinds: body.exempt_kinds ?? null,
    paymentMethods: body.payment_methods ?? null,
    currencies: body.currencies ?? null,
    validFrom,
    validUntil,
  };
}

/** A rule as its seller sees it. */
export function taxRuleToJson(tenantId: number, row: TaxRuleRow): Static<typeof taxRuleSchema> {
  const event = row.event_id === null ? null : { tenantId, eventId: row.event_id };
  return {
    id: row.tax_rule_id,
    name: row.name,
    ...(event && { event_id: formatEventId(event) }),
    kind: row.kind,
    ...(row.rate_ppm !== null && { rate_ppm: row.rate_ppm, base: row.base }),
    ...(row.amount !== null && { amount: row.amount, per: row.per_order ? 'order' : 'place' }),
    inclusion: row.inclusion,
    ...(row.on_fees && { applies_to: 'fees' }),
    ...(row.category !== null && { category: row.category }),
    ...(event && row.zone_no !== null && { zone_id: formatZoneId(event, row.zone_no) }),
    ...(row.customer_kinds && { customer_kinds: row.customer_kinds }),
    ...(row.exempt_kinds && { exempt_kinds: row.exempt_kinds }),
    ...(row.payment_methods && { payment_methods: row.payment_methods }),
    ...(row.currencies && { currencies: row.currencies }),
    ...(Number.isFinite(row.from_ms) && { valid_from: new Date(row.from_ms).toISOString() }),
    ...(Number.isFinite(row.until_ms) && { valid_until: new Date(row.until_ms).toISOString() }),
  };
}
