-- Plans of venues as their owners draw them, and what an event takes over from one.

create type seat_trait as enum ('accessible', 'companion', 'restricted_view');

-- Counts changes, so that two people who edit the same thing are told.
alter table venues add column version integer not null default 1;

create table seat_plans (
  tenant_id integer not null,
  seat_plan_id integer not null,
  venue_id integer not null,
  name text not null,
  -- The newest of its versions.
  version integer not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (tenant_id, seat_plan_id),
  foreign key (tenant_id, venue_id) references venues
);

-- A version never changes. One that no event has goes when the next is saved.
create table seat_plan_versions (
  tenant_id integer not null,
  seat_plan_id integer not null,
  version integer not null,
  document jsonb not null,
  seats integer not null,
  general_places integer not null,
  created_at timestamptz not null,
  primary key (tenant_id, seat_plan_id, version),
  foreign key (tenant_id, seat_plan_id) references seat_plans
);

alter table events
  add column version integer not null default 1,
  -- Absent for plans that were imported into the event itself.
  add column seat_plan_id integer,
  add column seat_plan_version integer,
  add foreign key (tenant_id, seat_plan_id, seat_plan_version) references seat_plan_versions;

create index events_by_seat_plan on events (tenant_id, seat_plan_id, seat_plan_version)
  where seat_plan_id is not null;

-- A seat that a later plan of a selling event leaves out is retired: what was sold of it stays explained, and it is
-- shown and sold no more.
alter table seats
  add column traits seat_trait[] not null default '{}',
  add column retired boolean not null default false;
