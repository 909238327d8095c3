-- Who may act, and what they did. People are of no seller: one of them may work for several, with a role at
-- each. Tenant 0 stands for the platform itself: its staff are administrators.

create type staff_role as enum ('administrator', 'owner', 'manager', 'cashier', 'steward', 'auditor');
create type device_kind as enum ('till', 'scanner');
create type actor_kind as enum ('staff', 'api_key', 'device', 'command');

-- The next five tables are better-auth's, with its columns under the house's names. It compares them with what
-- it expects when it starts.
create table staff_users (
  id uuid primary key,
  name text not null,
  email text not null unique check (email = lower(email)),
  email_verified boolean not null default false,
  image text,
  two_factor_enabled boolean default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table staff_sessions (
  id uuid primary key,
  user_id uuid not null references staff_users on delete cascade,
  token text not null unique,
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index staff_sessions_of_user on staff_sessions (user_id);

create table staff_credentials (
  id uuid primary key,
  user_id uuid not null references staff_users on delete cascade,
  account_id text not null,
  provider_id text not null,
  -- scrypt with its salt, as better-auth writes it.
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider_id, account_id)
);
create index staff_credentials_of_user on staff_credentials (user_id);

create table staff_verifications (
  id uuid primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index staff_verifications_by_identifier on staff_verifications (identifier);

create table staff_two_factors (
  id uuid primary key,
  user_id uuid not null references staff_users on delete cascade,
  -- Both encrypted with the server's secret.
  secret text not null,
  backup_codes text not null,
  verified boolean default true,
  failed_verification_count integer default 0,
  locked_until timestamptz
);
create index staff_two_factors_by_secret on staff_two_factors (secret);
create index staff_two_factors_of_user on staff_two_factors (user_id);

-- Counts tries at something that can be guessed. A crash may forget them.
create unlogged table attempts (
  key text primary key,
  count integer not null,
  window_ends_at timestamptz not null
);

create table staff (
  tenant_id integer not null,
  user_id uuid not null references staff_users,
  role staff_role not null,
  created_at timestamptz not null default now(),
  deactivated_at timestamptz,
  primary key (tenant_id, user_id),
  check ((tenant_id = 0) = (role = 'administrator'))
);
create index staff_of_user on staff (user_id);

create table staff_invitations (
  tenant_id integer not null,
  invitation_id uuid not null,
  email text not null check (email = lower(email)),
  name text,
  role staff_role not null,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  -- What came of its mail: when it was accepted for delivery, or why it was not.
  mailed_at timestamptz,
  mail_fault text,
  primary key (tenant_id, invitation_id),
  unique (tenant_id, token_hash),
  check ((tenant_id = 0) = (role = 'administrator')),
  check (accepted_at is null or revoked_at is null)
);
create unique index one_open_invitation on staff_invitations (tenant_id, email)
  where accepted_at is null and revoked_at is null;

create table api_keys (
  tenant_id integer not null references sellers,
  key_id uuid not null,
  name text not null,
  -- The last characters of the key, by which people tell keys apart.
  hint text not null,
  token_hash bytea not null,
  rights text[] not null check (cardinality(rights) > 0),
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, key_id),
  unique (tenant_id, token_hash)
);

create table devices (
  tenant_id integer not null references sellers,
  device_no integer not null check (device_no > 0),
  kind device_kind not null,
  name text not null,
  -- The one-time code that a person types into the device, and how often it was tried.
  code_hash bytea,
  code_expires_at timestamptz,
  code_attempts integer not null default 0,
  token_hash bytea,
  created_at timestamptz not null,
  enrolled_at timestamptz,
  last_seen_at timestamptz,
  cut_off_at timestamptz,
  primary key (tenant_id, device_no),
  unique (tenant_id, token_hash),
  check ((code_hash is null) = (code_expires_at is null)),
  check (cut_off_at is null or (token_hash is null and code_hash is null))
);

-- Every change that somebody made. before and after hold what changed, without secrets.
create table audit_log (
  tenant_id integer not null,
  entry_id uuid not null,
  at timestamptz not null,
  actor_kind actor_kind not null,
  actor_id text not null,
  actor_name text not null,
  verb text not null,
  object_kind text not null,
  object_id text not null,
  before jsonb,
  after jsonb,
  address inet,
  request_id text,
  primary key (tenant_id, entry_id)
);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only: % is refused', tg_op using errcode = 'restrict_violation';
end $$;

create trigger audit_log_is_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_audit_change();
-- Also where a session asks for triggers to be left out, as a replica does.
alter table audit_log enable always trigger audit_log_is_append_only;
revoke update, delete, truncate on audit_log from public;

/*
 * Takes an invitation, once: whoever comes second finds it taken. Answers its role and address, or no row when
 * it was taken, revoked, has expired, or never was.
 */
create function take_invitation(p_tenant integer, p_token_hash bytea, p_now timestamptz)
returns table (invitation_id uuid, email text, name text, role staff_role) language sql as $$
  update staff_invitations i
     set accepted_at = p_now
   where i.tenant_id = p_tenant and i.token_hash = p_token_hash
     and i.accepted_at is null
     and i.revoked_at is null and i.expires_at > p_now
  returning i.invitation_id, i.email, i.name, i.role
$$;

/*
 * Gives a member of staff a role and says whether they are active; null leaves either as it is. outcome is changed,
 * unchanged, not_found, or last_owner when nobody would be left who owns the seller.
 */
create function change_staff(
  p_tenant integer, p_user uuid, p_role staff_role, p_active boolean, p_now timestamptz,
  out outcome text, out role_before staff_role, out active_before boolean
) language plpgsql as $$
declare
  role_after staff_role;
  active_after boolean;
begin
  -- Who changes an owner waits here for whoever changes another, and then sees what came of it.
  perform from staff s
   where s.tenant_id = p_tenant and s.role in ('owner', 'administrator') and s.deactivated_at is null
   order by s.user_id for update;
  select s.role, s.deactivated_at is null into role_before, active_before
    from staff s where s.tenant_id = p_tenant and s.user_id = p_user for update;
  role_after := coalesce(p_role, role_before);
  active_after := coalesce(p_active, active_before);
  if role_before is null then
    outcome := 'not_found';
  elsif role_before = role_after and active_before = active_after then
    outcome := 'unchanged';
  elsif role_before in ('owner', 'administrator') and active_before
        and not (role_after = role_before and active_after)
        and not exists (select from staff s where s.tenant_id = p_tenant and s.role = role_before
                          and s.deactivated_at is null and s.user_id <> p_user) then
    outcome := 'last_owner';
  else
    update staff s
       set role = role_after,
           deactivated_at = case when active_after then null else coalesce(s.deactivated_at, p_now) end
     where s.tenant_id = p_tenant and s.user_id = p_user;
    outcome := 'changed';
  end if;
end $$;

/*
 * Tries a device's one-time code and, when it is right, gives the device its token in exchange. outcome is
 * enrolled, wrong, or ended when there is no code left to try.
 */
create function enrol_device(
  p_tenant integer, p_device integer, p_code_hash bytea, p_token_hash bytea, p_attempts_max integer, p_now timestamptz,
  out outcome text, out kind device_kind, out name text
) language plpgsql as $$
declare
  d devices;
begin
  select * into d from devices where tenant_id = p_tenant and device_no = p_device for update;
  if not found or d.code_hash is null or d.code_expires_at <= p_now or d.code_attempts >= p_attempts_max then
    outcome := 'ended';
  elsif d.code_hash <> p_code_hash then
    update devices set code_attempts = code_attempts + 1 where tenant_id = p_tenant and device_no = p_device;
    outcome := 'wrong';
  else
    update devices
       set token_hash = p_token_hash, enrolled_at = p_now, last_seen_at = null,
           code_hash = null, code_expires_at = null, code_attempts = 0
     where tenant_id = p_tenant and device_no = p_device;
    outcome := 'enrolled';
    kind := d.kind;
    name := d.name;
  end if;
end $$;
