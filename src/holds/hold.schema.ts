import { Type } from 'typebox';
import {
  eventIdSchema,
  holdTokenSchema,
  instantSchema,
  moneySchema,
  object,
  quoteSchema,
  seatIdSchema,
  zoneIdSchema,
} from '../http/schemas.ts';
import { planOfferSchema } from '../payments/plan-rule.schema.ts';

/** A hold as the API shows it. */
export const holdSchema = object({
  hold_token: holdTokenSchema,
  event_id: eventIdSchema,
  status: Type.Enum(['live', 'confirmed', 'released', 'expired']),
  items: Type.Array(
    object({
      zone_id: zoneIdSchema,
      seat_id: Type.Optional(seatIdSchema),
      row: Type.Optional(Type.String()),
      number: Type.Optional(Type.String()),
      ticket_kind: Type.Optional(Type.String()),
      quantity: Type.Integer({ minimum: 1 }),
      price: moneySchema,
    }),
  ),
  split: Type.Optional(Type.Boolean({ description: 'Best available could not seat everybody side by side' })),
  quote: quoteSchema,
  expires_at: instantSchema,
  expires_in_seconds: Type.Integer({ minimum: 0 }),
  extensions_left: Type.Integer({ minimum: 0 }),
  payment_plans: Type.Optional(Type.Array(planOfferSchema, { description: 'How it may be paid over time' })),
});
