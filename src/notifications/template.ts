import type { FieldError } from '../base/errors.ts';
import type { Locale } from '../base/format.ts';
import { limits } from '../base/limits.ts';
import type { Brand } from './brand.ts';
import { compileMjml, textOfHtml } from './compile-mjml.ts';
import { headerText } from './message.ts';
import type { MessageChannel, MessageKind } from './message-kind.ts';
import { measureSms, toSmsText, type SmsLength } from './sms-text.ts';
import { checkLinks, checkSyntax, compileFilling, type Filling } from './template-syntax.ts';
import { exampleFacts, variablesOf, type Facts } from './template-variables.ts';

/** The parts of a template as people write them. */
export type TemplateSource = {
  mail: {
    subject: string;
    mjml: string;
    /** Null: it is taken from the HTML. */
    text: string | null;
  };
  sms: string;
  /** The name of a template that Meta has approved (with Twilio its `HX…`), and what fills its {{1}}, {{2}}, … */
  whatsapp: { template: string; variables: readonly string[] };
};

/** A template whose mail has become HTML: what is kept of one that was saved. */
export type CompiledSource = TemplateSource & { html: string; text: string };

/** A template that is ready to be filled, many times a second. */
export type Template = {
  locale: Locale;
  fillSubject(facts: Facts): string;
  fillMail(facts: Facts): { subject: string; html: string; text: string };
  fillSms(facts: Facts): string;
  fillWhatsapp(facts: Facts): { template: string; locale: Locale; variables: string[] };
};

/** A seller's voice: its brand, and its templates ready to be filled. */
export type Voice = {
  brand: Brand;
  /** ISO 3166-1 alpha-2, of telephone numbers that name none. */
  phoneCountry: string;
  /** The ways to a buyer, the first that works wins. */
  channels: readonly MessageChannel[];
  template(kind: MessageKind, locale: Locale): Template;
};

function checkMjml(mjml: string): { html: string; errors: FieldError[] } {
  const result = compileMjml(mjml);
  if ('html' in result) return { html: result.html, errors: [] };
  const { message, position } = result;
  const before = position === null ? null : mjml.slice(0, Math.max(0, position)).split('\n');
  const place = before ? `Line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: ` : '';
  return { html: '', errors: [{ path: '/mail/mjml', code: 'mjml', message: `${place}${message}.` }] };
}

/**
 * Checks a template and turns its mail into HTML and text.
 * @returns it compiled, or everything that is wrong with it, each with its place.
 */
export function compileSource(
  kind: MessageKind,
  source: TemplateSource,
): { compiled: CompiledSource } | { errors: FieldError[] } {
  const variables = variablesOf(kind);
  const { mail, sms, whatsapp } = source;
  // The title of the HTML is the subject.
  const inMail = [...variables, { ...variables[0]!, name: 'subject' }];
  const errors = [
    ...checkSyntax(mail.subject, '/mail/subject', variables),
    ...checkSyntax(mail.mjml, '/mail/mjml', inMail),
    ...checkLinks(mail.mjml, '/mail/mjml', inMail),
    ...(mail.text === null ? [] : checkSyntax(mail.text, '/mail/text', variables)),
    ...checkSyntax(sms, '/sms', variables),
    ...whatsapp.variables.flatMap((one, i) => checkSyntax(one, `/whatsapp/variables/${i}`, variables)),
  ];
  const { html, errors: mjmlErrors } = checkMjml(mail.mjml);
  errors.push(...mjmlErrors);
  if (errors.length > 0) return { errors: errors.slice(0, limits.fieldErrorsMax) };
  return { compiled: { ...source, html, text: mail.text ?? textOfHtml(html) } };
}

/** Sections that say nothing leave empty lines behind. */
const tidyText = (text: string) => `${text.replaceAll(/\n{3,}/g, '\n\n').trim()}\n`;

/** Makes a template ready to be filled. */
export function prepareTemplate(locale: Locale, source: CompiledSource): Template {
  const subject = compileFilling(source.mail.subject, 'text');
  const html = compileFilling(source.html, 'html');
  const text = compileFilling(source.text, 'text');
  const sms = compileFilling(source.sms, 'text');
  const variables: Filling[] = source.whatsapp.variables.map((one) => compileFilling(one, 'text'));
  const fillSubject = (facts: Facts) => headerText(subject.write(facts));
  return {
    locale,
    fillSubject,
    fillMail(facts) {
      const line = fillSubject(facts);
      return {
        subject: line,
        html: html.write({ ...facts, subject: line }),
        text: tidyText(text.write(facts)),
      };
    },
    fillSms: (facts) => toSmsText(sms.write(facts)),
    fillWhatsapp(facts) {
      // Meta refuses line breaks, tabs and long gaps in what fills a template, and empty texts.
      const fill = (one: Filling) => one.write(facts).replaceAll(/\s+/g, ' ').trim() || '-';
      return { template: source.whatsapp.template, locale, variables: variables.map(fill) };
    },
  };
}

/** How long a template's SMS is when it is filled with the example of its kind. */
export function measureTemplateSms(kind: MessageKind, template: Template): SmsLength {
  return measureSms(template.fillSms(exampleFacts(kind, template.locale)));
}
