-- Sellers and what they sell. Every primary key is led by tenant_id, so that a seller's rows live
-- together and the schema can be distributed by tenant.

create type rounding_rule as enum ('half_up', 'half_even', 'up', 'down');
create type event_status as enum ('draft', 'published', 'cancelled');
create type zone_kind as enum ('numbered', 'general');
create type tax_kind as enum ('percentage', 'fixed');
create type tax_inclusion as enum ('included', 'added');

create table sellers (
  tenant_id integer primary key,
  name text not null,
  legal_name text not null,
  tax_id text not null,
  timezone text not null default 'America/Caracas',
  currency char(3) not null,
  rounding rounding_rule not null default 'half_up',
  -- Counts changes of the seller's tax rules; confirm compares it with the one a quote was made under.
  tax_version integer not null default 1,
  created_at timestamptz not null default now()
);

create table seller_keys (
  tenant_id integer not null references sellers,
  key_id smallint not null,
  public_key bytea not null,
  private_key bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, key_id)
);

create table venues (
  tenant_id integer not null references sellers,
  venue_id integer not null,
  name text not null,
  address text,
  timezone text not null,
  primary key (tenant_id, venue_id)
);

create table events (
  tenant_id integer not null references sellers,
  event_id integer not null,
  venue_id integer not null,
  name text not null,
  description text,
  starts_at timestamptz not null,
  currency char(3) not null,
  status event_status not null,
  sales_start_at timestamptz not null,
  sales_end_at timestamptz not null,
  -- Counts changes of prices; confirm compares it with the one a quote was made under.
  pricing_version integer not null default 1,
  -- Counts changes of the seating plan; part of the plan's ETag.
  plan_version integer not null default 1,
  plan_width real not null default 0,
  plan_height real not null default 0,
  -- Drawn shapes without seats (stage, aisles, texts), as the shop's canvas takes them.
  plan_areas jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (tenant_id, event_id),
  foreign key (tenant_id, venue_id) references venues,
  check (sales_start_at < sales_end_at)
);

create table categories (
  tenant_id integer not null,
  event_id integer not null,
  category_no smallint not null,
  name text not null,
  color text not null,
  price bigint not null check (price >= 0),
  primary key (tenant_id, event_id, category_no),
  foreign key (tenant_id, event_id) references events,
  unique (tenant_id, event_id, name)
);

create table zones (
  tenant_id integer not null,
  event_id integer not null,
  zone_no smallint not null,
  name text not null,
  kind zone_kind not null,
  -- A zone's own price stands before its seats' category prices; a general zone always has one.
  price bigint check (price >= 0),
  capacity integer not null check (capacity >= 0),
  primary key (tenant_id, event_id, zone_no),
  foreign key (tenant_id, event_id) references events,
  unique (tenant_id, event_id, name),
  check (kind = 'numbered' or price is not null)
);

-- The plan of an event: what never changes while it sells. What does change is in seat_states.
create table seats (
  tenant_id integer not null,
  event_id integer not null,
  seat_no integer not null check (seat_no > 0),
  zone_no smallint not null,
  category_no smallint not null,
  guid text not null,
  row_label text not null,
  seat_label text not null,
  -- Seats of one row_no are in one row of one zone; neighbours differ by 1 in position.
  row_no integer not null,
  position integer not null,
  x real not null,
  y real not null,
  primary key (tenant_id, event_id, seat_no),
  foreign key (tenant_id, event_id, zone_no) references zones,
  foreign key (tenant_id, event_id, category_no) references categories,
  unique (tenant_id, event_id, guid)
);

create table tax_rules (
  tenant_id integer not null references sellers,
  tax_rule_id integer not null,
  -- Absent: the rule holds for every event of the seller.
  event_id integer,
  name text not null,
  kind tax_kind not null,
  -- Parts per million of the net price: 16 % is 160000.
  rate_ppm integer check (rate_ppm >= 0),
  -- Minor units for each place.
  amount bigint check (amount >= 0),
  inclusion tax_inclusion not null,
  valid_from timestamptz not null default '-infinity',
  valid_until timestamptz not null default 'infinity',
  primary key (tenant_id, tax_rule_id),
  foreign key (tenant_id, event_id) references events,
  check ((kind = 'percentage') = (rate_ppm is not null)),
  check ((kind = 'fixed') = (amount is not null)),
  check (valid_from < valid_until)
);
