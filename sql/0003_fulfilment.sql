-- What follows a confirmed sale.

create type message_state as enum ('queued', 'sending', 'accepted', 'failed', 'skipped');

create table tickets (
  tenant_id integer not null,
  transaction_id uuid not null,
  item_no smallint not null,
  key_id smallint not null,
  -- Ed25519 over the ticket's payload (src/admission/ticket-code.ts).
  signature bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, transaction_id, item_no)
);

create table messages (
  tenant_id integer not null,
  transaction_id uuid not null,
  channel text not null,
  recipient text not null,
  subject text not null,
  state message_state not null,
  attempts smallint not null default 0,
  -- Deterministic, so that a repeated send is recognised.
  message_id text not null,
  last_error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The whole mail, kept only when no SMTP server is configured: the outbox page reads it.
  raw bytea,
  primary key (tenant_id, transaction_id, channel)
);
create index messages_recent on messages (created_at desc) where raw is not null;

create table zone_statistics (
  tenant_id integer not null,
  event_id integer not null,
  zone_no smallint not null,
  tickets_sold bigint not null default 0,
  net bigint not null default 0,
  discounts bigint not null default 0,
  fees bigint not null default 0,
  taxes bigint not null default 0,
  total bigint not null default 0,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, event_id, zone_no)
) with (fillfactor = 50);

-- The oldest instant at which something unfinished may still stand, for each kind of sweep: so a sweep
-- reads a short range of time-ordered keys and needs no index of its own.
create table sweep_marks (
  tenant_id integer not null references sellers,
  kind text not null,
  since timestamptz not null default '-infinity',
  primary key (tenant_id, kind)
);
