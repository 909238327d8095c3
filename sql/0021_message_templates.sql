-- How a seller speaks: its brand, and templates of its own in place of those of the house.

create table brands (
  tenant_id integer primary key references sellers,
  name text,
  logo_url text check (logo_url like 'https://%'),
  color text check (color ~ '^#[0-9a-f]{6}$'),
  updated_at timestamptz not null default now()
);

-- One row for each kind and language of which a seller has changed something. A part that is null is the house's.
create table message_templates (
  tenant_id integer not null references sellers,
  kind message_kind not null,
  locale locale not null,
  -- As it was written.
  subject text,
  mjml text,
  body_text text,
  -- What the MJML became when it was saved.
  html text,
  plain_text text,
  sms text,
  whatsapp_template text,
  whatsapp_variables text[],
  updated_at timestamptz not null default now(),
  primary key (tenant_id, kind, locale),
  check (num_nulls(subject, mjml, html, plain_text) in (0, 4)),
  check ((whatsapp_template is null) = (whatsapp_variables is null))
);
