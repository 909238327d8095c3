import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import {
  currencySchema,
  eventIdSchema,
  instantSchema,
  moneySchema,
  object,
  zoneIdSchema,
} from '../http/schemas.ts';
import { paymentMethods } from '../payments/payment.ts';
import { planTermsSchema } from '../payments/plan-rule.schema.ts';

/** What opens hidden zones. */
export const accessCodeSchema = Type.String({ minLength: 1, maxLength: limits.voucherCodeCharsMax });

export const categorySchema = object({
  name: Type.String(),
  color: Type.String({ examples: ['#aa3344'] }),
  price: moneySchema,
});

/** An event as the API shows it. */
export const eventSchema = object({
  id: eventIdSchema,
  name: Type.String(),
  description: Type.Optional(Type.String()),
  seller: object({ name: Type.String() }),
  venue: object({ name: Type.String(), address: Type.Optional(Type.String()) }),
  starts_at: instantSchema,
  timezone: Type.String({ description: "The venue's, by its IANA name", examples: ['America/Caracas'] }),
  currency: currencySchema,
  look: Type.Optional(
    object({
      color: Type.Optional(Type.String({ examples: ['#aa3344'] })),
      picture_url: Type.Optional(Type.String()),
      logo_url: Type.Optional(Type.String()),
    }),
  ),
  on_sale: Type.Boolean(),
  sales_start_at: instantSchema,
  sales_end_at: instantSchema,
  zones: Type.Array(
    object({
      id: zoneIdSchema,
      name: Type.String(),
      kind: Type.Enum(['numbered', 'general']),
      price: Type.Integer({ minimum: 0, description: 'The lowest of the zone, in minor units' }),
      available: Type.Integer({ minimum: 0 }),
      capacity: Type.Integer({ minimum: 0 }),
    }),
  ),
  ticket_kinds: Type.Array(
    object({
      code: Type.String({ examples: ['child'] }),
      name: Type.String(),
      zone_ids: Type.Optional(Type.Array(zoneIdSchema, { description: 'Absent: every zone' })),
    }),
    { description: "A place of no kind named is of its zone's first" },
  ),
  order_places_max: Type.Optional(Type.Integer()),
  asks_customer: Type.Boolean({ description: 'A hold needs the document or address of the buyer' }),
  has_hidden_zones: Type.Boolean({ description: 'More zones are shown to whoever has an access code' }),
  categories: Type.Array(categorySchema),
  payment_methods: Type.Array(Type.Enum([...paymentMethods])),
  payment_plans: Type.Array(planTermsSchema, {
    description: 'How an order may be paid over time; its hold says the amounts',
  }),
});

/** What is taken. */
export const availabilitySchema = object({
  event_id: eventIdSchema,
  seats: Type.Record(Type.String(), Type.Enum(['held', 'sold', 'blocked']), {
    description: 'By seat id; seats that are free are left out',
  }),
  zones: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
    description: 'Places left in general zones, by zone id',
  }),
});
