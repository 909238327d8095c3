-- What each process read of itself, minute by minute: counts, so that readings of many processes and minutes add up. They are
-- the platform's, which is tenant 0.

create table service_readings (
  tenant_id integer not null check (tenant_id = 0),
  minute timestamptz not null,
  process_id uuid not null,
  -- Confirmations by their time to the answer, and groups by their time in the database, in the buckets of
  -- src/telemetry/service-reading.ts.
  confirms bigint[] not null,
  groups bigint[] not null,
  -- Requests that were answered, and those of them that failed by our fault (5xx).
  requests bigint not null,
  failures bigint not null,
  -- The most that waited at any moment that was looked at.
  orders_waiting_max integer not null,
  holds_waiting_max integer not null,
  connections_waiting_max integer not null,
  steps_waiting_max integer not null,
  primary key (tenant_id, minute, process_id)
);
