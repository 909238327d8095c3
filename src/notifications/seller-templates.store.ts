import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import { builtInCompiled, builtInTemplate, houseVoice } from './built-in-template.ts';
import { readBrand, readOverrides, type TemplateKey, type TemplateOverride } from './template.store.ts';
import { prepareTemplate, type CompiledSource, type Template, type Voice } from './template.ts';

/** A template as it is with what a seller has changed of it. */
export function mergeOverride(
  { kind, locale }: TemplateKey,
  override: TemplateOverride | null,
): CompiledSource {
  const house = builtInCompiled(kind, locale);
  const mail = override?.mail;
  return {
    mail: mail ? { subject: mail.subject, mjml: mail.mjml, text: mail.text } : house.mail,
    html: mail?.html ?? house.html,
    text: mail?.plainText ?? house.text,
    sms: override?.sms ?? house.sms,
    whatsapp: override?.whatsapp ?? house.whatsapp,
  };
}

/**
 * The voices of sellers, kept for some seconds: what a seller saves is heard a little later, and writing a mail costs no
 * query.
 */
export class SellerTemplates {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #voices = new Map<number, { until: number; voice: Promise<Voice> }>();

  constructor(deps: { reader: Reader; clock: Clock }) {
    this.#reader = deps.reader;
    this.#clock = deps.clock;
  }

  /** The voice of a seller. A failure to read it is not kept. */
  voiceOf(tenantId: number): Promise<Voice> {
    const now = this.#clock.now().getTime();
    const known = this.#voices.get(tenantId);
    if (known && known.until > now) return known.voice;
    const voice = this.#read(tenantId);
    this.#voices.set(tenantId, { until: now + limits.templatesKeptSeconds * 1_000, voice });
    voice.catch(() => this.#voices.delete(tenantId));
    return voice;
  }

  async #read(tenantId: number): Promise<Voice> {
    const [seller, overrides] = await Promise.all([
      readBrand(this.#reader, tenantId),
      readOverrides(this.#reader, tenantId),
    ]);
    const prepared = new Map<string, Template>();
    if (!seller) return houseVoice;
    return {
      brand: seller.brand,
      phoneCountry: seller.phoneCountry,
      channels: seller.channels,
      template(kind, locale) {
        const key = `${kind} ${locale}`;
        const known = prepared.get(key);
        if (known) return known;
        const override = overrides.find((one) => one.kind === kind && one.locale === locale);
        if (!override) return builtInTemplate(kind, locale);
        const template = prepareTemplate(locale, mergeOverride({ kind, locale }, override));
        prepared.set(key, template);
        return template;
      },
    };
  }
}
