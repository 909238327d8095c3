-- What staff note about sales, and what they do to many at once.

-- Notes are added, never changed.
create table sale_notes (
  tenant_id integer not null,
  transaction_id uuid not null,
  note_id uuid not null,
  at timestamptz not null,
  author_kind actor_kind not null,
  author_id text not null,
  author_name text not null,
  text text not null check (text <> ''),
  primary key (tenant_id, transaction_id, note_id)
);

create type bulk_action_kind as enum ('resend', 'refund');

-- One thing that is done to each sale of a selection, sale by sale.
create table bulk_actions (
  tenant_id integer not null references sellers,
  bulk_id uuid not null,
  kind bulk_action_kind not null,
  -- How: the body of the request that asked for it.
  terms jsonb not null,
  actor_kind actor_kind not null,
  actor_id text not null,
  actor_name text not null,
  created_at timestamptz not null,
  leased_until timestamptz not null default '-infinity',
  ended_at timestamptz,
  primary key (tenant_id, bulk_id)
);
-- Not led by the tenant: whoever is free takes what is due at any seller.
create index bulk_actions_due on bulk_actions (leased_until) where ended_at is null;

create type bulk_sale_state as enum ('pending', 'done', 'failed');

create table bulk_action_sales (
  tenant_id integer not null,
  bulk_id uuid not null,
  transaction_id uuid not null,
  state bulk_sale_state not null default 'pending',
  -- Why it failed, by a code of src/base/errors.ts and in words.
  code text,
  detail text,
  done_at timestamptz,
  primary key (tenant_id, bulk_id, transaction_id),
  foreign key (tenant_id, bulk_id) references bulk_actions,
  check ((state = 'failed') = (code is not null)),
  check ((state = 'pending') = (done_at is null))
);
