import type { Locale } from '../base/format.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Brand } from './brand.ts';
import type { MessageChannel, MessageKind } from './message-kind.ts';
import type { TemplateSource } from './template.ts';

/** Which template: one kind of message in one language. */
export type TemplateKey = { kind: MessageKind; locale: Locale };

/** What a seller has changed of a template; a part that is null is the house's. */
export type TemplateOverride = {
  mail: (TemplateSource['mail'] & { html: string; plainText: string }) | null;
  sms: string | null;
  whatsapp: TemplateSource['whatsapp'] | null;
};

type OverrideRow = {
  kind: MessageKind;
  locale: Locale;
  subject: string | null;
  mjml: string | null;
  body_text: string | null;
  html: string | null;
  plain_text: string | null;
  sms: string | null;
  whatsapp_template: string | null;
  whatsapp_variables: string[] | null;
};

function overrideOf(row: OverrideRow): TemplateKey & TemplateOverride {
  const { kind, locale, subject, mjml, html, plain_text: plainText, sms } = row;
  const template = row.whatsapp_template;
  return {
    kind,
    locale,
    mail:
      subject === null || mjml === null || html === null || plainText === null
        ? null
        : { subject, mjml, text: row.body_text, html, plainText },
    sms,
    whatsapp: template === null ? null : { template, variables: row.whatsapp_variables ?? [] },
  };
}

/** Everything that a seller has changed of the house's templates. */
export async function readOverrides(
  reader: Reader,
  tenantId: number,
): Promise<(TemplateKey & TemplateOverride)[]> {
  const rows = await reader.query<OverrideRow>({
    name: 'read-template-overrides',
    text: `select kind, locale, subject, mjml, body_text, html, plain_text, sms, whatsapp_template, whatsapp_variables
             from message_templates where tenant_id = $1`,
    values: [tenantId],
  });
  return rows.map(overrideOf);
}

/** What a seller has changed of one template, or null when that is nothing. */
export async function readOverride(
  reader: Reader,
  tenantId: number,
  { kind, locale }: TemplateKey,
): Promise<TemplateOverride | null> {
  const overrides = await readOverrides(reader, tenantId);
  return overrides.find((one) => one.kind === kind && one.locale === locale) ?? null;
}

/** The parts of a template that are the seller's own. */
export function changedParts(override: TemplateOverride | null): ('mail' | 'sms' | 'whatsapp')[] {
  return (['mail', 'sms', 'whatsapp'] as const).filter(
    (part) => override !== null && override[part] !== null,
  );
}

/** Keeps what a seller has changed of a template, in place of what it had changed before. */
export async function saveOverride(
  tx: Tx,
  tenantId: number,
  { kind, locale }: TemplateKey,
  { mail, sms, whatsapp }: TemplateOverride,
): Promise<void> {
  await tx.query({
    text: `insert into message_templates (tenant_id, kind, locale, subject, mjml, body_text, html, plain_text, sms,
                                          whatsapp_template, whatsapp_variables)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict (tenant_id, kind, locale) do update
              set subject = excluded.subject, mjml = excluded.mjml, body_text = excluded.body_text,
                  html = excluded.html, plain_text = excluded.plain_text, sms = excluded.sms,
                  whatsapp_template = excluded.whatsapp_template,
                  whatsapp_variables = excluded.whatsapp_variables, updated_at = now()`,
    values: [
      tenantId,
      kind,
      locale,
      mail?.subject ?? null,
      mail?.mjml ?? null,
      mail?.text ?? null,
      mail?.html ?? null,
      mail?.plainText ?? null,
      sms,
      whatsapp?.template ?? null,
      whatsapp?.variables ?? null,
    ],
  });
}

/** Goes back to the house's template. */
export async function deleteOverride(tx: Tx, tenantId: number, { kind, locale }: TemplateKey): Promise<void> {
  await tx.query({
    text: 'delete from message_templates where tenant_id = $1 and kind = $2 and locale = $3',
    values: [tenantId, kind, locale],
  });
}

/** How a seller speaks, beside its templates. */
export type SellerVoice = {
  sellerName: string;
  phoneCountry: string;
  channels: MessageChannel[];
  brand: Brand;
};

/** How a seller speaks: its brand, and how its buyers are reached; null when there is no such seller. */
export async function readBrand(reader: Reader, tenantId: number): Promise<SellerVoice | null> {
  const [row] = await reader.query<Row & Brand & Omit<SellerVoice, 'brand'>>({
    name: 'read-brand',
    text: `select s.name as "sellerName", s.phone_country as "phoneCountry", s.message_channels as channels,
                  b.name, b.logo_url as "logoUrl", encode(b.logo_sha256, 'hex') as "logoSha256", b.color
             from sellers s left join brands b on b.tenant_id = s.tenant_id
            where s.tenant_id = $1`,
    values: [tenantId],
  });
  if (!row) return null;
  const { sellerName, phoneCountry, channels, ...brand } = row;
  return { sellerName, phoneCountry, channels, brand };
}

/** Keeps a seller's brand, whatever logo it has uploaded. */
export async function saveBrand(tx: Tx, tenantId: number, brand: Omit<Brand, 'logoSha256'>): Promise<void> {
  await tx.query({
    text: `insert into brands (tenant_id, name, logo_url, color) values ($1, $2, $3, $4)
           on conflict (tenant_id) do update
              set name = excluded.name, logo_url = excluded.logo_url, color = excluded.color, updated_at = now()`,
    values: [tenantId, brand.name, brand.logoUrl, brand.color],
  });
}
