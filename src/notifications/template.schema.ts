import { Type, type Static } from 'typebox';
import { locales } from '../base/format.ts';
import { limits } from '../base/limits.ts';
import { object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { messageKinds } from './message-kind.ts';

export const templateParamsSchema = object({
  seller_id: sellerIdSchema,
  kind: Type.Enum([...messageKinds]),
  locale: Type.Enum([...locales]),
});

const subjectSchema = Type.String({ minLength: 1, maxLength: limits.templateSubjectCharsMax });
const mailTextSchema = Type.String({ minLength: 1, maxLength: limits.templateMailCharsMax });
const smsSchema = Type.String({ minLength: 1, maxLength: limits.templateSmsCharsMax });

const mailSchema = object({
  subject: subjectSchema,
  mjml: mailTextSchema,
  text: Type.Optional(Type.String({ ...mailTextSchema, description: 'Absent: taken from the HTML' })),
});

const whatsappSchema = object({
  template: Type.String({
    minLength: 1,
    maxLength: 512,
    pattern: '^[A-Za-z0-9_]+$',
    description: 'the name of a template that Meta has approved, or its HX… at Twilio',
  }),
  variables: Type.Array(Type.String({ minLength: 1, maxLength: limits.whatsappVariableCharsMax }), {
    maxItems: limits.whatsappVariablesMax,
  }),
});

/** What a seller changes of a template; a part that is absent is the house's. */
export const templateBodySchema = object({
  mail: Type.Optional(mailSchema),
  sms: Type.Optional(smsSchema),
  whatsapp: Type.Optional(whatsappSchema),
});
export type TemplateBody = Static<typeof templateBodySchema>;

const smsLengthSchema = object({
  encoding: Type.Enum(['gsm7', 'ucs2']),
  units: Type.Integer(),
  segments: Type.Integer({ description: 'Each is paid for' }),
});

export const templateSchema = object({
  kind: Type.Enum([...messageKinds]),
  locale: Type.Enum([...locales]),
  mail: mailSchema,
  sms: smsSchema,
  whatsapp: whatsappSchema,
  changed: Type.Array(Type.Enum(['mail', 'sms', 'whatsapp']), {
    description: "The parts that are the seller's own",
  }),
  sms_length: smsLengthSchema,
  variables: Type.Array(
    object({
      name: Type.String(),
      type: Type.Enum(['text', 'url', 'color', 'flag', 'list']),
      optional: Type.Boolean(),
      fields: Type.Array(Type.String()),
    }),
  ),
});

export const previewSchema = object({
  subject: Type.String(),
  html: Type.String(),
  text: Type.String(),
  sms: Type.String(),
  sms_length: smsLengthSchema,
  whatsapp: object({
    template: Type.String(),
    locale: Type.Enum([...locales]),
    variables: Type.Array(Type.String()),
  }),
});

const brandFields = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: limits.brandNameCharsMax })),
  logo_url: Type.Optional(
    Type.String({
      maxLength: limits.urlCharsMax,
      pattern: '^https://[^\\s"<>]+$',
      description: 'an address that starts with https://',
    }),
  ),
  color: Type.Optional(Type.String({ maxLength: 7, pattern: '^#[0-9a-fA-F]{6}$', description: '#rrggbb' })),
};
export const brandSchema = object(brandFields);

/** A brand as it is read: with the logo that was uploaded, which goes before `logo_url`. */
export const brandAnswerSchema = object({
  ...brandFields,
  logo: Type.Optional(object({ sha256: Type.String(), url: Type.String() })),
});
