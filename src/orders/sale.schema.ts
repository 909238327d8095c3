import { Type } from 'typebox';
import { stepNames } from '../base/step.ts';
import { refundKinds } from '../cancellation/refund.ts';
import {
  currencySchema,
  eventIdSchema,
  instantSchema,
  moneySchema,
  object,
  seatIdSchema,
  transactionIdSchema,
  zoneIdSchema,
} from '../http/schemas.ts';

/** How an order waits for its money. */
const payingSchema = object(
  {
    state: Type.Enum(['awaiting', 'paid', 'settled', 'ended', 'refunding', 'refunded']),
    detail: Type.Optional(
      Type.String({ description: 'Why it ended, or `substituted`: other places were given' }),
    ),
    message: Type.String({ description: "A sentence for the buyer, in the order's language" }),
    methods: Type.Array(Type.String()),
    expires_at: instantSchema,
    url: Type.Optional(Type.String({ description: 'Where to pay' })),
  },
  { description: 'Only of an order whose money comes later, until it is a sale' },
);

/** A sale, as whoever has its link reads it. */
export const saleSchema = object({
  id: transactionIdSchema,
  status: Type.Enum(['processing', 'awaiting_payment', 'completed', 'cancelled', 'refunded']),
  fiscal_number: Type.Union([Type.String({ examples: ['A-00000042'] }), Type.Null()]),
  currency: currencySchema,
  total: moneySchema,
  created_at: instantSchema,
  event: object({
    id: eventIdSchema,
    name: Type.String(),
    starts_at: instantSchema,
    timezone: Type.String({ examples: ['America/Caracas'] }),
    venue: object({ name: Type.String(), address: Type.Optional(Type.String()) }),
  }),
  customer: object({
    name: Type.String(),
    email: Type.Optional(Type.String()),
    phone: Type.Optional(Type.String()),
  }),
  items: Type.Array(
    object({
      ticket_id: Type.String({ description: "A ticket's id" }),
      zone_id: zoneIdSchema,
      zone_name: Type.String(),
      seat_id: Type.Optional(seatIdSchema),
      row: Type.Optional(Type.String()),
      number: Type.Optional(Type.String()),
      ticket_kind: Type.Optional(Type.String({ description: 'Its code; absent where prices have no kinds' })),
      ticket_kind_name: Type.Optional(Type.String()),
      price_stage: Type.Optional(
        Type.String({ description: 'The code of the price stage that the place was sold in, if any' }),
      ),
      price_stage_name: Type.Optional(Type.String()),
      total: moneySchema,
      returned: Type.Optional(Type.Boolean({ description: 'The place was given back' })),
      links: object({
        apple_wallet: Type.Optional(Type.String()),
        google_wallet: Type.Optional(Type.String({ description: 'Leads to Google' })),
      }),
    }),
  ),
  taxes: Type.Array(
    object({
      name: Type.String(),
      rate: Type.Optional(Type.Number({ description: 'Percent; absent for a fixed amount' })),
      amount: moneySchema,
    }),
  ),
  steps: Type.Array(
    object({
      name: Type.Enum(['payment', 'confirmed', ...stepNames, 'completed']),
      state: Type.Enum(['pending', 'done', 'failed', 'skipped']),
      at: instantSchema,
      detail: Type.Optional(Type.String({ description: 'Why, in a sentence' })),
    }),
  ),
  payment: Type.Optional(payingSchema),
  refunds: Type.Array(
    object({
      kind: Type.Enum([...refundKinds]),
      credit_note: Type.String({ examples: ['NC-A-00000007'] }),
      total: moneySchema,
      at: instantSchema,
      ticket_ids: Type.Array(Type.String()),
      paid_back: moneySchema,
    }),
    { description: 'What was given back' },
  ),
  links: object({
    self: Type.String(),
    events: Type.String(),
    tickets: Type.String(),
    calendar: Type.String(),
    ticket_page: Type.String({ description: 'The tickets as a page for the telephone' }),
    page: Type.String(),
  }),
});
