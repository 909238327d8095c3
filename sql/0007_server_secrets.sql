-- Secrets that all processes of one database share, made by the first that needs them, unless the
-- environment gives one.
create table server_secrets (
  name text primary key,
  value text not null,
  created_at timestamptz not null default now()
);
