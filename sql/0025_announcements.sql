-- What sellers say to the buyers of a whole event. Its messages are queued by a walk over the seller's sales.

create table message_settings (
  tenant_id integer primary key references sellers,
  -- How long before an event its buyers are reminded; null: never.
  reminder_hours smallint check (reminder_hours between 1 and 720),
  -- Between these, in minutes after midnight by the event's clock, nobody is reminded. Equal: there are no such hours.
  quiet_from_minute smallint not null default 1260 check (quiet_from_minute between 0 and 1439),
  quiet_until_minute smallint not null default 480 check (quiet_until_minute between 0 and 1439),
  updated_at timestamptz not null default now()
);

-- Whom a seller no longer reminds. What a sale itself needs to say is said all the same.
create table message_opt_outs (
  tenant_id integer not null references sellers,
  -- A mail address in lower case, or a number in E.164.
  recipient text not null,
  created_at timestamptz not null,
  primary key (tenant_id, recipient)
);

create table announcements (
  tenant_id integer not null references sellers,
  announcement_id uuid not null,
  event_id integer not null,
  kind message_kind not null check (kind in ('event_reminder', 'event_changed', 'event_cancelled')),
  -- The how-manieth of its kind for its event.
  occasion_no smallint not null check (occasion_no > 0),
  -- What its messages say beside their sale (src/notifications/kind-facts.ts).
  data jsonb not null default '{}',
  created_at timestamptz not null,
  due_at timestamptz not null,
  deadline_at timestamptz not null,
  -- The walk over the seller's sales, in the order of their keys: those up to here have their message.
  walked_to uuid not null,
  -- When the walk came to its end, or the announcement was taken back.
  ended_at timestamptz,
  queued integer not null default 0,
  -- Buyers who cannot be written to, or do not want to be.
  skipped integer not null default 0,
  primary key (tenant_id, announcement_id),
  foreign key (tenant_id, event_id) references events,
  unique (tenant_id, event_id, kind, occasion_no)
) with (fillfactor = 70);
create index announcements_open on announcements (due_at) where ended_at is null;
