import {
  Type,
  type Static,
  type TObject,
  type TObjectOptions,
  type TProperties,
  type TSchema,
} from 'typebox';
import { limits } from '../base/limits.ts';

/** A closed object: a property that it does not name is refused in bodies and left out of answers. */
export function object<P extends TProperties>(properties: P, options: TObjectOptions = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** A page of a list: `{data, has_more}`. */
export function list<T extends TSchema>(item: T) {
  return object({ data: Type.Array(item), has_more: Type.Boolean() });
}

/** The query of a list: `starting_after` is the id of the last row of the page before. */
export const pageQuerySchema = object({
  starting_after: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

export const eventIdSchema = Type.String({ maxLength: 32, description: "An event's id", examples: ['1-3'] });
export const seatIdSchema = Type.String({
  maxLength: 40,
  description: "A seat's id",
  examples: ['1-3-s155'],
});
export const zoneIdSchema = Type.String({ maxLength: 40, description: "A zone's id", examples: ['1-3-z2'] });
export const holdTokenSchema = Type.String({
  maxLength: 64,
  description: 'What proves that a hold is yours',
});
export const transactionIdSchema = Type.String({ maxLength: 64, description: "A sale's id" });

/** Money in integer minor units: 1250 of USD is 12.50. */
export const moneySchema = Type.Integer({ minimum: 0, description: 'Minor units of the currency' });
export const currencySchema = Type.String({ maxLength: 3, description: 'ISO 4217', examples: ['USD'] });

/** An instant, RFC 3339 in UTC. */
export const instantSchema = Type.String({ format: 'date-time', examples: ['2026-11-28T23:30:00.000Z'] });

/** An instant that a request names. It may still be none, such as one of the 99th of a month. */
export const instantInputSchema = Type.String({
  maxLength: 35,
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?(Z|[+-]\\d{2}:\\d{2})$',
  description: 'an instant with its offset, as RFC 3339 writes it',
  examples: ['2026-12-12T20:30:00-04:00'],
});

export const quoteSchema = object(
  {
    currency: currencySchema,
    lines: Type.Array(
      object({
        zone_id: zoneIdSchema,
        seat_id: Type.Optional(seatIdSchema),
        quantity: Type.Integer({ minimum: 1 }),
        ticket_kind: Type.Optional(Type.String()),
        price_stage: Type.Optional(Type.String()),
        unit_price: moneySchema,
        net: moneySchema,
        discounts: moneySchema,
        fees: moneySchema,
        taxes: moneySchema,
        total: moneySchema,
      }),
    ),
    subtotal: moneySchema,
    discounts: moneySchema,
    fees: moneySchema,
    voucher: Type.Optional(Type.String({ description: 'The code of the voucher behind the discounts' })),
    fee_lines: Type.Optional(
      Type.Array(
        object({
          name: Type.String(),
          amount: moneySchema,
          absorbed: Type.Boolean({ description: 'Borne by the seller: in no total' }),
        }),
        { description: 'The fees one by one, with the taxes that are included in them' },
      ),
    ),
    taxes: Type.Array(
      object({
        name: Type.String(),
        rate: Type.Optional(Type.Number({ description: 'Percent; absent for a fixed amount' })),
        inclusion: Type.Optional(Type.Enum(['included', 'added'])),
        amount: moneySchema,
      }),
    ),
    total: moneySchema,
  },
  { description: 'What a cart costs. total = subtotal + fees + taxes − discounts.' },
);
export type QuoteAnswer = Static<typeof quoteSchema>;

export const problemSchema = Type.Object(
  {
    type: Type.String({
      description: 'The page that explains the code',
      examples: ['/problems/body_invalid'],
    }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'Stable; programs decide by it', examples: ['body_invalid'] }),
    detail: Type.String({ description: 'A sentence for people' }),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        object({
          path: Type.String({ description: 'JSON pointer into the body, or header/…, query/…, path/…' }),
          code: Type.String(),
          message: Type.String(),
        }),
      ),
    ),
  },
  { description: 'RFC 9457; more members may stand beside these.' },
);
