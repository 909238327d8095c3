import { createHash } from 'node:crypto';
import { Problem } from '../base/errors.ts';
import { brandFacts, type Brand } from './brand.ts';
import { builtInSource } from './built-in-template.ts';
import { eventPalette } from '../fulfilment/ticket-palette.ts';
import type { MessageKind } from './message-kind.ts';
import {
  compileSource,
  measureTemplateSms,
  prepareTemplate,
  type CompiledSource,
  type TemplateSource,
} from './template.ts';
import type { Locale } from '../base/format.ts';
import type { Facts as AuditFacts } from '../identity/audit-log.ts';
import { exampleFacts, variablesOf } from './template-variables.ts';

type Key = { kind: MessageKind; locale: Locale };
type Parts = {
  mail?: { subject: string; mjml: string; text?: string };
  sms?: string;
  whatsapp?: { template: string; variables: string[] };
};

/**
 * Compiles a template of which some parts are given and the others are the house's.
 * @throws Problem `body_invalid` that names everything that is wrong, with its place.
 */
export function compileParts({ kind, locale }: Key, parts: Parts): CompiledSource {
  const house = builtInSource(kind, locale);
  const mail = parts.mail && { ...parts.mail, text: parts.mail.text ?? null };
  const source: TemplateSource = {
    mail: mail ?? house.mail,
    sms: parts.sms ?? house.sms,
    whatsapp: parts.whatsapp ?? house.whatsapp,
  };
  const result = compileSource(kind, source);
  if ('compiled' in result) return result.compiled;
  throw new Problem('body_invalid', 'The template has faults; "errors" names each with its place.', result);
}

/** The parts that are a seller's own; null is the house's. */
type Override = { [P in keyof TemplateSource]: TemplateSource[P] | null };

/** What a seller has changed of a template, as the audit log tells of it: a long mail by the digest of its MJML. */
export function overrideFacts(override: Override | null): AuditFacts {
  const { mail = null, sms = null, whatsapp = null } = override ?? {};
  return {
    subject: mail?.subject ?? null,
    mjml_sha256: mail && createHash('sha256').update(mail.mjml).digest('hex'),
    text: mail?.text ?? null,
    sms,
    whatsapp: whatsapp && [whatsapp.template, ...whatsapp.variables],
  };
}

/** A template as the API shows it. */
export function templateAnswer(key: Key, source: CompiledSource, changed: ('mail' | 'sms' | 'whatsapp')[]) {
  const { subject, mjml, text } = source.mail;
  return {
    ...key,
    mail: { subject, mjml, ...(text !== null && { text }) },
    sms: source.sms,
    whatsapp: { template: source.whatsapp.template, variables: [...source.whatsapp.variables] },
    changed,
    sms_length: measureTemplateSms(key.kind, prepareTemplate(key.locale, source)),
    variables: variablesOf(key.kind).map(({ name, type, optional, fields }) => ({
      name,
      type,
      optional,
      fields: [...fields],
    })),
  };
}

/** A template filled with the example of its kind, in the seller's brand. */
export function previewAnswer(
  { kind, locale }: Key,
  source: CompiledSource,
  brand: Brand,
  sellerName: string,
) {
  const template = prepareTemplate(locale, source);
  const facts = {
    ...exampleFacts(kind, locale),
    seller_name: sellerName,
    ...brandFacts(brand, sellerName, eventPalette(0)),
  };
  return {
    ...template.fillMail(facts),
    sms: template.fillSms(facts),
    sms_length: measureTemplateSms(kind, template),
    whatsapp: template.fillWhatsapp(facts),
  };
}
