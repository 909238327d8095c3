-- Tickets after they are made: new codes in place of old ones, other holders, and passes on telephones that follow.

create type revocation_reason as enum ('reissued', 'transferred');

-- Both are null for the code that the sale was made with, and then take no room in the row.
alter table tickets
  -- The how-manieth code of the ticket; its code's payload has one byte for it.
  add column generation smallint check (generation between 2 and 255),
  -- The transfer by which its holder has it; null: it is the buyer's.
  add column transfer_id uuid;

-- Codes that the door refuses. A number is given under the lock of its event's counter, so that whoever has read up to
-- one has missed none before it.
create table revoked_codes (
  tenant_id integer not null,
  event_id integer not null,
  revocation_no integer not null,
  transaction_id uuid not null,
  item_no smallint not null,
  generation smallint not null check (generation > 0),
  reason revocation_reason not null,
  revoked_at timestamptz not null,
  primary key (tenant_id, event_id, revocation_no),
  unique (tenant_id, transaction_id, item_no, generation)
);

create table revocation_counters (
  tenant_id integer not null,
  event_id integer not null,
  last_no integer not null,
  primary key (tenant_id, event_id)
) with (fillfactor = 10);

create table ticket_transfers (
  tenant_id integer not null,
  transfer_id uuid not null,
  transaction_id uuid not null,
  item_no smallint not null,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  withdrawn_at timestamptz,
  accepted_at timestamptz,
  -- What the receiver's browser knows its own acceptance by, hashed: who repeats it gets the same answer.
  accept_key_hash bytea,
  holder_name text,
  holder_email text,
  holder_locale locale,
  primary key (tenant_id, transfer_id),
  unique (tenant_id, token_hash),
  check (accepted_at is null or withdrawn_at is null),
  check (num_nulls(accepted_at, accept_key_hash, holder_name, holder_email, holder_locale) in (0, 5))
);
create index transfers_of_ticket on ticket_transfers (tenant_id, transaction_id, item_no);
create unique index one_open_transfer_per_ticket on ticket_transfers (tenant_id, transaction_id, item_no)
  where accepted_at is null and withdrawn_at is null;

-- What is printed at the foot of tickets; event 0 stands for all events of a seller.
create table ticket_terms (
  tenant_id integer not null references sellers,
  event_id integer not null,
  text_es text,
  text_en text,
  updated_at timestamptz not null,
  primary key (tenant_id, event_id),
  check (num_nonnulls(text_es, text_en) > 0)
);

-- Passes that telephones asked to be told of, each under the serial number that is printed in it.
create table apple_passes (
  tenant_id integer not null,
  serial text not null,
  transaction_id uuid not null,
  item_no smallint not null,
  event_id integer not null,
  change_no bigint not null,
  changed_at timestamptz not null,
  primary key (tenant_id, serial)
);
create index apple_passes_of_event on apple_passes (tenant_id, event_id);

create table apple_registrations (
  tenant_id integer not null,
  device text not null,
  serial text not null,
  push_token text not null,
  registered_at timestamptz not null,
  primary key (tenant_id, device, serial)
);
create index apple_registrations_of_pass on apple_registrations (tenant_id, serial);

-- Tickets that somebody was led to Google with.
create table google_passes (
  tenant_id integer not null,
  serial text not null,
  transaction_id uuid not null,
  item_no smallint not null,
  event_id integer not null,
  opened_at timestamptz not null,
  primary key (tenant_id, serial)
);
create index google_passes_of_event on google_passes (tenant_id, event_id);

create table wallet_counters (
  tenant_id integer primary key,
  last_no bigint not null
) with (fillfactor = 10);

create type wallet_push_kind as enum ('apple', 'google_object', 'google_class');

-- What wallets are still to be told: a row until it is done. `version` tells whether more came while it was being told.
create table wallet_pushes (
  tenant_id integer not null,
  kind wallet_push_kind not null,
  -- A telephone's push token, a pass's serial number, or an event's number.
  target text not null,
  version integer not null default 1,
  attempts smallint not null default 0,
  due_at timestamptz not null,
  last_error text,
  primary key (tenant_id, kind, target)
);
-- Not led by the tenant: one worker looks for what is due at every seller.
create index wallet_pushes_due on wallet_pushes (due_at);

-- Marks the passes of an event, or of one ticket of it, as changed and notes whom to tell. Returns how many there are.
create function update_passes(
  p_tenant integer, p_event integer, p_transaction uuid, p_item smallint, p_now timestamptz
) returns integer language plpgsql as $$
declare
  v_serials text[];
  v_google text[];
  v_no bigint;
begin
  select array_agg(p.serial) into v_serials from apple_passes p
   where p.tenant_id = p_tenant and p.event_id = p_event
     and (p_transaction is null or (p.transaction_id = p_transaction and p.item_no = p_item));
  select array_agg(p.serial) into v_google from google_passes p
   where p.tenant_id = p_tenant and p.event_id = p_event
     and (p_transaction is null or (p.transaction_id = p_transaction and p.item_no = p_item));
  if v_serials is null and v_google is null then
    return 0;
  end if;
  -- A telephone asks for what has changed since a number: given under this lock, none is passed over.
  insert into wallet_counters as c (tenant_id, last_no) values (p_tenant, 1)
  on conflict (tenant_id) do update set last_no = c.last_no + 1 returning c.last_no into v_no;
  update apple_passes p set change_no = v_no, changed_at = p_now
   where p.tenant_id = p_tenant and p.serial = any (v_serials);
  insert into wallet_pushes as w (tenant_id, kind, target, due_at)
  select p_tenant, u.kind, u.target, p_now
    from (select 'apple'::wallet_push_kind as kind, r.push_token as target from apple_registrations r
           where r.tenant_id = p_tenant and r.serial = any (v_serials)
          union
          select 'google_object', s.serial from unnest(v_google) s (serial) where p_transaction is not null
          union
          select 'google_class', p_event::text where p_transaction is null and v_google is not null) u
   order by u.kind, u.target
  on conflict (tenant_id, kind, target) do update
     set version = w.version + 1, attempts = 0, due_at = excluded.due_at, last_error = null;
  return coalesce(cardinality(v_serials), 0) + coalesce(cardinality(v_google), 0);
end $$;

-- However an event is moved, renamed or called off, its passes follow.
create function event_updated() returns trigger language plpgsql as $$
begin
  perform update_passes(new.tenant_id, new.event_id, null, null, clock_timestamp());
  return null;
end $$;
create trigger passes_follow_event after update of name, starts_at, venue_id, status on events for each row
  when ((old.name, old.starts_at, old.venue_id, old.status)
        is distinct from (new.name, new.starts_at, new.venue_id, new.status))
  execute function event_updated();

-- Gives a ticket its next code and holder, and revokes the code before. Open offers of the ticket end with the code that
-- they were made under. Returns the number of the revocation, or null when the ticket's code is no longer the one of
-- p_generation. Lock order: the ticket, its transfers, the event's counter, the seller's.
create function renew_ticket_code(
  p_tenant integer, p_event integer, p_transaction uuid, p_item smallint, p_generation integer,
  p_key smallint, p_signature bytea, p_transfer uuid, p_reason revocation_reason, p_now timestamptz
) returns integer language plpgsql as $$
declare
  v_no integer;
begin
  update tickets k
     set generation = p_generation + 1, key_id = p_key, signature = p_signature, transfer_id = p_transfer
   where k.tenant_id = p_tenant and k.transaction_id = p_transaction and k.item_no = p_item
     and coalesce(k.generation, 1) = p_generation;
  if not found then
    return null;
  end if;
  update ticket_transfers x set withdrawn_at = p_now
   where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.item_no = p_item
     and x.accepted_at is null and x.withdrawn_at is null;
  insert into revocation_counters as c (tenant_id, event_id, last_no) values (p_tenant, p_event, 1)
  on conflict (tenant_id, event_id) do update set last_no = c.last_no + 1 returning c.last_no into v_no;
  insert into revoked_codes (tenant_id, event_id, revocation_no, transaction_id, item_no, generation, reason, revoked_at)
  values (p_tenant, p_event, v_no, p_transaction, p_item, p_generation, p_reason, p_now);
  perform update_passes(p_tenant, p_event, p_transaction, p_item, p_now);
  return v_no;
end $$;

-- Takes an offered ticket, once: whoever comes second finds no open offer and gets no row.
create function take_transfer(
  p_tenant integer, p_transfer uuid, p_key_hash bytea, p_name text, p_email text, p_locale text, p_now timestamptz
) returns boolean language sql as $$
  update ticket_transfers x
     set accepted_at = p_now, accept_key_hash = p_key_hash, holder_name = p_name, holder_email = p_email,
         holder_locale = p_locale::locale
   where x.tenant_id = p_tenant and x.transfer_id = p_transfer
     and x.accepted_at is null
     and x.withdrawn_at is null and x.expires_at > p_now
  returning true
$$;
