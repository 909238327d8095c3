import { Type } from 'typebox';
import { instantSchema, object } from '../http/schemas.ts';
import { formatRate } from './exchange-rate.ts';
import type { RecordedRate } from './exchange-rate.store.ts';

const codeSchema = Type.String({
  pattern: '^[A-Z]{3}$',
  maxLength: 3,
  examples: ['VES'],
  description: 'ISO 4217',
});

/** What is recorded of a rate. */
export const newRateSchema = object({
  currency: codeSchema,
  base_currency: codeSchema,
  day: Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\d$',
    maxLength: 10,
    description: "A day of the seller's",
  }),
  rate: Type.String({
    pattern: '^\\d{1,7}(\\.\\d{1,8})?$',
    maxLength: 16,
    examples: ['245.6789'],
    description: 'Units of `currency` for one of `base_currency`',
  }),
});

export const rateSchema = object({
  ...newRateSchema.properties,
  revision: Type.Integer({ description: 'The last of a day holds' }),
  created_at: instantSchema,
});

/** A rate as the API shows it. */
export function toRateAnswer(rate: RecordedRate) {
  return {
    currency: rate.currency,
    base_currency: rate.baseCurrency,
    day: rate.day,
    rate: formatRate(rate.rateE8),
    revision: rate.revision,
    created_at: rate.createdAt.toISOString(),
  };
}
