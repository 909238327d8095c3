import { assert } from '../base/assert.ts';
import type { Locale } from '../base/format.ts';
import { builtInWords, layoutWords, type KindWords } from './built-in-words.ts';
import { isTransactional } from './kind-facts.ts';
import { channelOrder, type MessageKind } from './message-kind.ts';
import { noBrand } from './brand.ts';
import {
  compileSource,
  prepareTemplate,
  type CompiledSource,
  type Template,
  type TemplateSource,
  type Voice,
} from './template.ts';

const muted = '#6c7280';

function head(words: KindWords): string {
  return `  <mj-head>
    <mj-title>{{subject}}</mj-title>
    <mj-preview>${words.preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text color="#1b1e27" font-size="15px" line-height="1.5" padding="0 0 12px" />
      <mj-table color="#1b1e27" font-size="15px" line-height="1.4" padding="6px 0 0" />
    </mj-attributes>
    <mj-raw><meta name="color-scheme" content="light" /></mj-raw>
  </mj-head>`;
}

const banner = `    <mj-section background-color="{{brand_color}}" border-bottom="4px solid {{accent_color}}" border-radius="14px 14px 0 0" padding="28px 32px 14px">
      <mj-column>
        {{#brand_logo_url}}<mj-image src="{{brand_logo_url}}" alt="{{brand_name}}" width="140px" align="left" padding="0 0 20px" />{{/brand_logo_url}}
        {{^brand_logo_url}}<mj-text color="{{brand_ink}}" font-size="12px" font-weight="bold" letter-spacing="1px" text-transform="uppercase" padding="0 0 20px">{{brand_name}}</mj-text>{{/brand_logo_url}}
        <mj-text color="{{brand_ink}}" font-size="28px" line-height="1.2"><h1 style="margin:0;font-size:28px">{{event_name}}</h1></mj-text>
        <mj-text color="{{accent_color}}" font-size="16px" font-weight="bold" padding="0 0 2px">{{event_day}}, {{event_time}}</mj-text>
        <mj-text color="{{brand_ink}}" font-size="14px">{{venue_name}}{{#venue_address}}, {{venue_address}}{{/venue_address}}</mj-text>
      </mj-column>
    </mj-section>`;

function placesTable(locale: Locale): string {
  const say = layoutWords[locale];
  const small = `padding:4px 0 0;font-size:13px;color:${muted}`;
  return `        <mj-table>
          {{#places}}<tr><td style="padding:10px 0;border-bottom:1px solid #e4e7ee">{{place}}</td><td align="right" style="padding:10px 0;border-bottom:1px solid #e4e7ee;white-space:nowrap">{{price}}</td></tr>{{/places}}
          <tr><td style="padding:14px 0 0;font-size:16px">${say.total}</td><td align="right" style="padding:14px 0 0;font-size:16px;font-weight:bold;white-space:nowrap">{{total}}</td></tr>
          {{#taxes}}<tr><td style="${small}">${say.taxes}</td><td align="right" style="${small};white-space:nowrap">{{taxes}}</td></tr>{{/taxes}}
          {{#fiscal_number}}<tr><td style="${small}">${say.fiscal}</td><td align="right" style="${small};white-space:nowrap">{{fiscal_number}}</td></tr>{{/fiscal_number}}
        </mj-table>
`;
}

/** A paragraph; sections around all of its words stand around the element, so that none is left empty. */
function paragraph(text: string): string {
  const [, open = '', words = text, close = ''] = /^(\{\{#\w+\}\})(.*)(\{\{\/\w+\}\})$/.exec(text) ?? [];
  return `        ${open}<mj-text>${words}</mj-text>${close}\n`;
}

function footer(kind: MessageKind, locale: Locale): string {
  const small = `align="center" font-size="12px" color="${muted}"`;
  const seller = `        <mj-text ${small}>{{seller_legal_name}} · {{seller_tax_id}}</mj-text>`;
  if (isTransactional(kind)) return seller;
  const link = `<a href="{{unsubscribe_url}}" style="color:${muted}">${layoutWords[locale].unsubscribe}</a>`;
  return `${seller}\n        {{#unsubscribe_url}}<mj-text ${small}>${link}</mj-text>{{/unsubscribe_url}}`;
}

function writeMjml(kind: MessageKind, locale: Locale, words: KindWords): string {
  const { url, label } = words.button;
  return `<mjml lang="${locale}">
${head(words)}
  <mj-body background-color="#eceef2" width="560px">
    <mj-section padding="12px 0" />
${banner}
    <mj-section background-color="#ffffff" border-radius="0 0 14px 14px" padding="28px 32px 20px">
      <mj-column>
        <mj-text font-size="19px" font-weight="bold"><h2 style="margin:0;font-size:19px">${words.heading}</h2></mj-text>
${words.paragraphs.map(paragraph).join('')}${words.places ? placesTable(locale) : ''}        {{#${url}}}<mj-button href="{{${url}}}" align="left" background-color="{{brand_color}}" color="{{brand_ink}}" font-size="16px" font-weight="bold" border-radius="8px" inner-padding="13px 26px" padding="24px 0 10px">${label}</mj-button>
        <mj-text font-size="13px" color="${muted}">${words.keep ?? layoutWords[locale].keep}</mj-text>{{/${url}}}
      </mj-column>
    </mj-section>
    <mj-section padding="14px 0 24px">
      <mj-column>
${footer(kind, locale)}
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`;
}

/** The template of the house for a kind of message, as a seller may take it for the start of an own one. */
export function builtInSource(kind: MessageKind, locale: Locale): TemplateSource {
  const words = builtInWords[locale][kind];
  return {
    mail: { subject: words.subject, mjml: writeMjml(kind, locale, words), text: null },
    sms: words.sms,
    whatsapp: { template: `taquilla_${kind}`, variables: words.whatsapp },
  };
}

const compiled = new Map<string, CompiledSource>();

/** The same, compiled at its first use: 5 ms each. */
export function builtInCompiled(kind: MessageKind, locale: Locale): CompiledSource {
  const key = `${kind} ${locale}`;
  const known = compiled.get(key);
  if (known) return known;
  const result = compileSource(kind, builtInSource(kind, locale));
  assert('compiled' in result, `the built-in template ${key} compiles`);
  compiled.set(key, result.compiled);
  return result.compiled;
}

const prepared = new Map<string, Template>();

/** The template of the house, ready to be filled. */
export function builtInTemplate(kind: MessageKind, locale: Locale): Template {
  const key = `${kind} ${locale}`;
  const known = prepared.get(key);
  if (known) return known;
  const template = prepareTemplate(locale, builtInCompiled(kind, locale));
  prepared.set(key, template);
  return template;
}

/** The voice of a seller that has changed nothing. */
export const houseVoice: Voice = {
  brand: noBrand,
  phoneCountry: '',
  channels: channelOrder,
  template: builtInTemplate,
};
