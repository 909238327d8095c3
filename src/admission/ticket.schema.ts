import { Type, type Static } from 'typebox';
import { limits } from '../base/limits.ts';
import { instantSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { uuidSchema } from '../identity/identity.schema.ts';

const emailSchema = Type.String({
  maxLength: limits.customerEmailCharsMax,
  pattern: '^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$',
});
export const itemNoSchema = Type.Integer({ minimum: 1, maximum: 32_767 });
export const ticketParamsSchema = object({ transaction_id: transactionIdSchema, item_no: itemNoSchema });
export const ticketTokenQuerySchema = object({ token: Type.Optional(Type.String({ maxLength: 64 })) });
export const transferTokenSchema = Type.String({
  maxLength: 80,
  description: 'What the link of a transfer carries',
});

/** What a renewed ticket is answered with. */
export const renewedSchema = object({
  ticket_id: Type.String({ description: "A ticket's id" }),
  generation: Type.Integer({ description: 'The how-manieth code of the ticket it has now' }),
});

/** To whom an offer's link is sent: by mail, to a telephone, or both; without, it is only answered. */
const offerBody = object({
  email: Type.Optional(emailSchema),
  phone: Type.Optional(Type.String({ minLength: 1, maxLength: limits.customerPhoneCharsMax })),
  locale: Type.Optional(Type.Enum(['es', 'en'])),
});
export type OfferBody = Static<typeof offerBody>;
export const offerBodySchema = Type.Unsafe<OfferBody | null>({
  ...offerBody,
  type: ['object', 'null'],
});

export const transferSchema = object({
  id: uuidSchema,
  ticket_id: Type.String(),
  link: Type.String({ description: 'For the receiver; shown this once' }),
  expires_at: instantSchema,
});

export const offeredTicketSchema = object({
  seller: Type.String(),
  event: object({
    name: Type.String(),
    starts_at: instantSchema,
    timezone: Type.String(),
    venue: object({ name: Type.String(), address: Type.Optional(Type.String()) }),
  }),
  zone_name: Type.String(),
  row: Type.Optional(Type.String()),
  number: Type.Optional(Type.String()),
  expires_at: instantSchema,
});

export const acceptTransferBodySchema = object({
  token: transferTokenSchema,
  accept_key: Type.String({
    maxLength: 64,
    pattern: '^[A-Za-z0-9_-]{20,64}$',
    description: "Random and the receiver's own: who repeats it after a lost answer gets the answer again",
  }),
  name: Type.String({ minLength: 1, maxLength: limits.customerNameCharsMax, pattern: '\\S' }),
  email: emailSchema,
  locale: Type.Optional(Type.Enum(['es', 'en'])),
});
