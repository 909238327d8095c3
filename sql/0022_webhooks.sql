-- What we tell other systems. Events are thin: ids and links, no names and no amounts.

create type webhook_delivery_state as enum ('pending', 'delivered', 'failed', 'cancelled');

create table webhook_endpoints (
  tenant_id integer not null references sellers,
  endpoint_id uuid not null,
  url text not null,
  description text not null default '',
  event_types text[] not null check (cardinality(event_types) > 0),
  enabled boolean not null default true,
  -- Why it is switched off, in words; null while it is on.
  disabled_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, endpoint_id),
  check (enabled = (disabled_reason is null))
);

-- While a secret is being changed the old one signs as well, until it expires.
create table webhook_secrets (
  tenant_id integer not null,
  endpoint_id uuid not null,
  secret_no smallint not null,
  secret text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default 'infinity',
  primary key (tenant_id, endpoint_id, secret_no),
  foreign key (tenant_id, endpoint_id) references webhook_endpoints on delete cascade
);

create table webhook_events (
  tenant_id integer not null references sellers,
  -- UUIDv7; given by who publishes, so that publishing twice is publishing once.
  event_id uuid not null,
  type text not null,
  -- The bytes that are signed: the same for every attempt.
  payload text not null,
  created_at timestamptz not null,
  primary key (tenant_id, event_id)
);

create table webhook_deliveries (
  tenant_id integer not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  state webhook_delivery_state not null default 'pending',
  attempts smallint not null default 0,
  -- Attempts of earlier rounds: a replay starts the schedule anew.
  attempts_before smallint not null default 0,
  -- While an attempt runs, the instant at which its worker counts as dead.
  next_attempt_at timestamptz not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, endpoint_id, event_id),
  foreign key (tenant_id, endpoint_id) references webhook_endpoints on delete cascade,
  foreign key (tenant_id, event_id) references webhook_events on delete cascade,
  check ((state = 'pending') = (ended_at is null)),
  check (attempts >= attempts_before)
);
create index webhook_deliveries_due on webhook_deliveries (tenant_id, endpoint_id, next_attempt_at)
  where state = 'pending';
create index webhook_deliveries_of_event on webhook_deliveries (tenant_id, event_id);

create table webhook_attempts (
  tenant_id integer not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  attempt_no smallint not null,
  started_at timestamptz not null,
  duration_milliseconds integer not null,
  -- Null: there was no answer; then the reason says why.
  http_status smallint,
  reason text,
  -- The start of what was answered.
  answer text not null default '',
  primary key (tenant_id, endpoint_id, event_id, attempt_no),
  foreign key (tenant_id, endpoint_id, event_id) references webhook_deliveries on delete cascade,
  check (http_status is not null or reason is not null)
);
