-- Fiscal points, days and shifts, and credit notes (docs/decisions/0028). A point is where a seller issues documents: the
-- shop on line, or a till at a window; each has its own series of sales and of credit notes. Which documents stand in a
-- day's Z, or in a shift, is told by ranges of numbers that are cut under the lock of the series' row, so that the group's
-- transaction writes nothing more for it, and what is confirmed while a day closes falls into exactly one.

create type fiscal_series_kind as enum ('sales', 'credit_notes');
create type fiscal_point_kind as enum ('online', 'till');
create type refund_kind as enum ('void', 'refund', 'exchange', 'event_cancelled');

create table fiscal_points (
  tenant_id integer not null references sellers,
  point_no smallint not null,
  kind fiscal_point_kind not null,
  name text not null,
  -- The device that sells at this till; null for the shop.
  device_no integer,
  created_at timestamptz not null default now(),
  primary key (tenant_id, point_no)
);

alter table fiscal_series
  add column kind fiscal_series_kind not null default 'sales',
  add column point_no smallint not null default 1,
  -- Its point's day is closed: it gives no number until the next day is opened.
  add column day_closed boolean not null default false;

-- A day is numbered as its Z is: one after the other at its point.
create table fiscal_days (
  tenant_id integer not null,
  point_no smallint not null,
  day_no integer not null check (day_no > 0),
  -- In the seller's time zone.
  day date not null,
  opened_at timestamptz not null,
  opened_by uuid,
  closed_at timestamptz,
  closed_by uuid,
  -- The Z as it was issued; null until then.
  report jsonb,
  primary key (tenant_id, point_no, day_no),
  foreign key (tenant_id, point_no) references fiscal_points,
  check ((closed_at is null) = (report is null))
);
create unique index one_open_day on fiscal_days (tenant_id, point_no) where closed_at is null;

-- The documents of a day's Z, series by series; of a preallocated series block by block (0: no block).
create table fiscal_day_ranges (
  tenant_id integer not null,
  series_id smallint not null,
  block_no integer not null,
  first_number bigint not null,
  last_number bigint not null,
  point_no smallint not null,
  day_no integer not null,
  primary key (tenant_id, series_id, block_no, first_number),
  foreign key (tenant_id, point_no, day_no) references fiscal_days,
  check (first_number <= last_number)
);

-- A cashier's time at a till, from float to count.
create table shifts (
  tenant_id integer not null,
  point_no smallint not null,
  shift_no integer not null check (shift_no > 0),
  day_no integer not null,
  staff_id uuid not null,
  opened_at timestamptz not null,
  -- Cash by currency, in minor units: {"VES": 10000}.
  opening_float jsonb not null,
  closed_at timestamptz,
  closed_by uuid,
  expected jsonb,
  counted jsonb,
  note text,
  primary key (tenant_id, point_no, shift_no),
  foreign key (tenant_id, point_no, day_no) references fiscal_days,
  check ((closed_at is null) = (counted is null) and (closed_at is null) = (expected is null))
);
create unique index one_open_shift_per_till on shifts (tenant_id, point_no) where closed_at is null;
create unique index one_open_shift_per_cashier on shifts (tenant_id, staff_id) where closed_at is null;

-- The numbers that a series gave while a shift was open: last_number is null while it is, and below the first when none were.
create table shift_ranges (
  tenant_id integer not null,
  series_id smallint not null,
  first_number bigint not null,
  last_number bigint,
  point_no smallint not null,
  shift_no integer not null,
  primary key (tenant_id, point_no, shift_no, series_id),
  foreign key (tenant_id, point_no, shift_no) references shifts
);

-- What was undone of a sale, in whole or by ticket. Money goes back after it (tenders, payments), by provider or by hand.
create table refunds (
  tenant_id integer not null,
  transaction_id uuid not null,
  refund_no smallint not null,
  kind refund_kind not null,
  created_at timestamptz not null,
  currency char(3) not null,
  net bigint not null check (net >= 0),
  discounts bigint not null check (discounts >= 0),
  fees bigint not null check (fees >= 0),
  taxes bigint not null check (taxes >= 0),
  total bigint not null check (total >= 0),
  -- The places that went back, and whether their seats went on sale again.
  item_nos smallint[] not null,
  resold boolean not null,
  reason text not null,
  staff_id uuid,
  -- How much of the total has gone back to the buyer so far, and when the last of it did.
  paid_back bigint not null default 0 check (paid_back between 0 and total),
  settled_at timestamptz,
  primary key (tenant_id, transaction_id, refund_no),
  check (total = net + taxes + fees - discounts)
);

-- The document of a refund, numbered and chained in its point's own series as sales are in theirs.
create table credit_notes (
  tenant_id integer not null,
  series_id smallint not null,
  number bigint not null,
  transaction_id uuid not null,
  refund_no smallint not null,
  issued_at timestamptz not null,
  taxes bigint not null,
  total bigint not null,
  currency char(3) not null,
  hash bytea not null,
  primary key (tenant_id, series_id, number),
  unique (tenant_id, transaction_id, refund_no),
  foreign key (tenant_id, transaction_id, refund_no) references refunds
);

-- Point n has series 2n - 1 for its sales and series 2n for its credit notes; every seller has the shop as its first.
insert into fiscal_points (tenant_id, point_no, kind, name) select tenant_id, 1, 'online', 'Online' from sellers;
insert into fiscal_series (tenant_id, series_id, kind, point_no, prefix, padding, first_number, next_number)
select s.tenant_id, 2, 'credit_notes', 1, 'NC-' || s.prefix, s.padding, 1, 1
  from fiscal_series s where s.series_id = 1 on conflict do nothing;
