-- Tills that sell without a network (docs/decisions/0032). A till leases numbers and places with their prices, sells, and
-- tells of it later, line by line of its file.

create type till_lease_state as enum ('open', 'returned', 'lost');
create type till_conflict_kind as enum (
  'record_tampered', 'record_failed', 'sequence_reused', 'lease_unknown', 'lease_expired', 'number_not_in_block',
  'number_reused', 'number_skipped', 'price_unknown', 'sum_wrong', 'place_taken', 'clock_wrong'
);
create type till_resolution as enum ('honoured', 'reseated', 'refunded', 'voided', 'dismissed');

-- What a till has told of, in the order of its file. Its row is the lock under which it goes on.
create table tills (
  tenant_id integer not null,
  device_no integer not null,
  last_sequence bigint not null default 0,
  -- The hash of the last line: what the next one is chained to.
  last_hash text not null default '',
  last_conflict integer not null default 0,
  primary key (tenant_id, device_no),
  foreign key (tenant_id, device_no) references devices
) with (fillfactor = 10);

create table till_leases (
  tenant_id integer not null,
  device_no integer not null,
  -- Chosen by the till, so that asking again after a lost answer gives the same lease.
  lease_id uuid not null,
  state till_lease_state not null default 'open',
  event_id integer not null,
  series_id smallint not null,
  block_nos integer[] not null,
  -- Keeps the places that are leased and not sold; each sale takes its own out of it.
  hold_id uuid not null,
  pricing_version integer not null,
  tax_version integer not null,
  -- What the till may sell and at what price, as it was signed.
  document text not null,
  signature bytea not null,
  leased_at timestamptz not null,
  sells_until timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, device_no, lease_id),
  foreign key (tenant_id, device_no) references tills,
  foreign key (tenant_id, event_id) references events,
  check ((state = 'open') = (ended_at is null))
);

-- Every line of a till's file as it came, with the sale that was made of it.
create table till_records (
  tenant_id integer not null,
  device_no integer not null,
  sequence bigint not null check (sequence > 0),
  line text not null,
  lease_id uuid,
  series_id smallint,
  number bigint,
  printed_at timestamptz,
  transaction_id uuid,
  received_at timestamptz not null,
  primary key (tenant_id, device_no, sequence),
  foreign key (tenant_id, device_no) references tills
);

-- What did not go as the till believed, for people to settle.
create table till_conflicts (
  tenant_id integer not null,
  device_no integer not null,
  conflict_no integer not null,
  -- The line; null when the till gave its lease back.
  sequence bigint,
  kind till_conflict_kind not null,
  detail text not null,
  transaction_id uuid,
  -- A number that the till printed, or may have, and that is no document here: it is accounted for by this row.
  series_id smallint,
  kept_number bigint,
  -- The line, where another one has its place.
  line text,
  created_at timestamptz not null,
  resolved_at timestamptz,
  resolved_by text,
  resolution till_resolution,
  note text,
  primary key (tenant_id, device_no, conflict_no),
  foreign key (tenant_id, device_no) references tills,
  check ((series_id is null) = (kept_number is null)),
  check (num_nulls(resolved_at, resolved_by, resolution, note) in (0, 4))
);
create unique index till_kept_numbers on till_conflicts (tenant_id, series_id, kept_number) where kept_number is not null;
create index till_conflicts_open on till_conflicts (tenant_id, device_no, conflict_no) where resolved_at is null;
