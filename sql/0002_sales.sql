-- What changes while tickets sell. The hot tables carry no foreign keys and no triggers: both cost a
-- query a row inside a group (docs/decisions/0003). Their references are held by the functions that
-- are the only writers, and proven by `taquilla audit`.

create type seat_state as enum ('free', 'held', 'sold', 'blocked');
create type hold_state as enum ('live', 'confirmed', 'released', 'expired');
create type transaction_status as enum
  ('processing', 'awaiting_payment', 'completed', 'cancelled', 'refunded');
create type item_state as enum ('live', 'returned');
create type payment_method as enum ('cash', 'card_terminal', 'transfer', 'mobile_payment', 'zelle', 'other');
create type payment_state as enum ('pending', 'authorised', 'captured', 'failed', 'cancelled', 'refunded');
create type step_name as enum ('tickets', 'email', 'sms', 'whatsapp', 'statistics');
create type step_state as enum ('pending', 'done', 'failed', 'skipped');
create type locale as enum ('es', 'en');

-- No index but the key, and room on each page, so that a seat changes hands without touching an index.
create table seat_states (
  tenant_id integer not null,
  event_id integer not null,
  seat_no integer not null,
  state seat_state not null default 'free',
  hold_id uuid,
  primary key (tenant_id, event_id, seat_no),
  check ((state in ('held', 'sold')) = (hold_id is not null))
) with (fillfactor = 50);

create table zone_counters (
  tenant_id integer not null,
  event_id integer not null,
  zone_no smallint not null,
  capacity integer not null,
  held integer not null default 0 check (held >= 0),
  sold integer not null default 0 check (sold >= 0),
  primary key (tenant_id, event_id, zone_no),
  check (held + sold <= capacity)
) with (fillfactor = 10);

-- A hold keeps its quote, line by line, in arrays of one length; seat 0 stands for places of a
-- general zone. The columns that change come first, which keeps the WAL of an update short.
create table holds (
  tenant_id integer not null,
  hold_id uuid not null,
  event_id integer not null,
  state hold_state not null default 'live',
  extensions smallint not null default 0,
  expires_at timestamptz not null,
  -- The sale that confirmed this hold.
  transaction_id uuid,
  pricing_version integer not null,
  tax_version integer not null,
  -- The instant of the next change of a tax rule: a later confirm needs a new quote.
  quote_valid_until timestamptz not null,
  created_at timestamptz not null default now(),
  net bigint not null,
  discounts bigint not null,
  fees bigint not null,
  taxes bigint not null,
  total bigint not null,
  line_zone smallint[] not null,
  line_seat integer[] not null,
  line_quantity smallint[] not null,
  line_unit_price bigint[] not null,
  line_net bigint[] not null,
  line_discounts bigint[] not null,
  line_fees bigint[] not null,
  line_taxes bigint[] not null,
  tax_rule_ids integer[] not null,
  tax_amounts bigint[] not null,
  primary key (tenant_id, hold_id),
  check (total = net + taxes + fees - discounts),
  check ((state = 'confirmed') = (transaction_id is not null))
) with (fillfactor = 70);
-- Not led by the tenant: the sweep looks for expired holds of every seller at once, off the hot path.
-- Not partial on state: then confirming a hold would touch this index and the key's.
create index holds_expiry on holds (expires_at);

create table transactions (
  tenant_id integer not null,
  transaction_id uuid not null,
  event_id integer not null,
  hold_id uuid not null,
  status transaction_status not null,
  -- The number of progress events so far; also the lock under which the next gets its number.
  progress_events smallint not null,
  completed_at timestamptz,
  created_at timestamptz not null,
  currency char(3) not null,
  net bigint not null check (net >= 0),
  discounts bigint not null check (discounts >= 0),
  fees bigint not null check (fees >= 0),
  taxes bigint not null check (taxes >= 0),
  total bigint not null check (total >= 0),
  tax_rule_ids integer[] not null,
  tax_amounts bigint[] not null,
  locale locale not null,
  customer_name text not null,
  customer_email text,
  customer_phone text,
  customer_document text,
  primary key (tenant_id, transaction_id),
  check (total = net + taxes + fees - discounts),
  check ((status = 'completed') = (completed_at is not null))
) with (fillfactor = 80);

-- One row a place: the ticket_id of the API is transaction_id and item_no.
create table transaction_items (
  tenant_id integer not null,
  transaction_id uuid not null,
  item_no smallint not null,
  event_id integer not null,
  zone_no smallint not null,
  state item_state not null default 'live',
  seat_no integer,
  net bigint not null check (net >= 0),
  discounts bigint not null check (discounts >= 0),
  fees bigint not null check (fees >= 0),
  taxes bigint not null check (taxes >= 0),
  total bigint not null check (total >= 0),
  primary key (tenant_id, transaction_id, item_no),
  check (total = net + taxes + fees - discounts)
);
create unique index one_live_sale_per_seat on transaction_items (tenant_id, event_id, seat_no)
  where state = 'live' and seat_no is not null;

create table payments (
  tenant_id integer not null,
  transaction_id uuid not null,
  payment_no smallint not null,
  method payment_method not null,
  state payment_state not null,
  amount bigint not null check (amount >= 0),
  currency char(3) not null,
  reference text,
  created_at timestamptz not null,
  primary key (tenant_id, transaction_id, payment_no)
);

create table fiscal_series (
  tenant_id integer not null references sellers,
  series_id smallint not null,
  prefix text not null,
  padding smallint not null check (padding between 1 and 18),
  first_number bigint not null check (first_number > 0),
  next_number bigint not null,
  last_issued_at timestamptz not null default '-infinity',
  -- The hash of the last document: what the next one is chained to.
  last_hash bytea not null default '\x',
  primary key (tenant_id, series_id),
  check (next_number >= first_number)
) with (fillfactor = 10);

create table fiscal_documents (
  tenant_id integer not null,
  series_id smallint not null,
  number bigint not null,
  transaction_id uuid not null,
  issued_at timestamptz not null,
  taxes bigint not null,
  total bigint not null,
  currency char(3) not null,
  hash bytea not null,
  primary key (tenant_id, series_id, number),
  unique (tenant_id, transaction_id)
);

-- Digests, not texts: 16 bytes each of SHA-256 over caller, route and key, and over the canonical body.
create table idempotency_keys (
  tenant_id integer not null,
  key_digest uuid not null,
  body_digest uuid not null,
  transaction_id uuid not null,
  replays integer not null default 0,
  primary key (tenant_id, key_digest)
) with (fillfactor = 90);

create table steps (
  tenant_id integer not null,
  transaction_id uuid not null,
  name step_name not null,
  state step_state not null default 'pending',
  attempts smallint not null default 0,
  -- The number of the progress event that told of the step's final state.
  progress_event smallint,
  updated_at timestamptz not null,
  detail text,
  primary key (tenant_id, transaction_id, name),
  check ((state = 'pending') = (progress_event is null))
) with (fillfactor = 70);
