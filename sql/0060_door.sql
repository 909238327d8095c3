-- The door: gates, scans as they were made, and who is in (docs/decisions/0036). Lock order: the sale and its ticket (shared),
-- the ticket's admission, the event's counter of scans, its counts.

-- The version is the document's: who saves an older one is refused.
create table door_rules (
  tenant_id integer not null,
  event_id integer not null,
  version integer not null,
  opens_at timestamptz,
  closes_at timestamptz,
  reentry boolean not null,
  updated_at timestamptz not null,
  primary key (tenant_id, event_id),
  foreign key (tenant_id, event_id) references events,
  check (opens_at < closes_at)
);

-- An event without gates has one, number 0, that admits all.
create table gates (
  tenant_id integer not null,
  event_id integer not null,
  gate_no smallint not null check (gate_no > 0),
  name text not null,
  -- Whom it admits; empty: all.
  zone_nos smallint[] not null,
  ticket_kinds text[] not null,
  retired_at timestamptz,
  primary key (tenant_id, event_id, gate_no),
  foreign key (tenant_id, event_id) references events
);

create type scan_direction as enum ('entry', 'exit', 'undo');
create type scan_verdict as enum
  ('admitted', 'left', 'undone', 'already_admitted', 'not_inside', 'not_valid_here', 'wrong_event', 'revoked', 'unknown',
   'too_early', 'too_late');

create table door_counters (
  tenant_id integer not null,
  event_id integer not null,
  last_no integer not null,
  primary key (tenant_id, event_id)
) with (fillfactor = 10);

-- Every scan, once, as it was recorded. A number is given under the lock of its event's counter, so that whoever has read up
-- to one has missed none before it.
create table scans (
  tenant_id integer not null,
  -- Made by the scanner, so that it may tell of a scan again.
  scan_id uuid not null,
  event_id integer not null,
  scan_no integer not null,
  gate_no smallint not null,
  direction scan_direction not null,
  verdict scan_verdict not null,
  reason text,
  -- What a scanner without a connection told whoever stood before it.
  told scan_verdict,
  -- They were let through, and should not have been.
  conflict boolean not null,
  transaction_id uuid,
  item_no smallint,
  zone_no smallint,
  -- The scan that an undo takes back, or that let the ticket in before.
  other_scan_id uuid,
  scanned_at timestamptz not null,
  recorded_at timestamptz not null,
  actor_kind actor_kind not null,
  actor_id text not null,
  actor_name text not null,
  primary key (tenant_id, scan_id),
  unique (tenant_id, event_id, scan_no),
  check (verdict not in ('admitted', 'left', 'undone') or num_nulls(transaction_id, item_no, zone_no) = 0),
  check ((verdict = 'undone') = (direction = 'undo')),
  check (conflict = (told is not null and told in ('admitted', 'left') and verdict <> told))
);
create index scans_of_ticket on scans (tenant_id, transaction_id, item_no) where transaction_id is not null;
create index scans_in_conflict on scans (tenant_id, event_id, scan_no) where conflict;

create function refuse_scan_change() returns trigger language plpgsql as $$
begin
  raise exception 'scans is append-only: % is refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger scans_is_append_only before update or delete or truncate on scans
  for each statement execute function refuse_scan_change();
alter table scans enable always trigger scans_is_append_only;

create type admission_state as enum ('inside', 'outside', 'undone');

-- What the scans of a ticket add up to.
create table admissions (
  tenant_id integer not null,
  transaction_id uuid not null,
  item_no smallint not null,
  event_id integer not null,
  zone_no smallint not null,
  state admission_state not null,
  entries smallint not null check (entries >= 0),
  -- The scan that it stands by.
  scan_id uuid not null,
  primary key (tenant_id, transaction_id, item_no)
) with (fillfactor = 70);

-- The live count. Zone 0 stands for codes that name no ticket of the event.
create table gate_counts (
  tenant_id integer not null,
  event_id integer not null,
  gate_no smallint not null,
  zone_no smallint not null,
  -- Tickets that came for the first time; all that were let in and out, less what was undone; refusals.
  arrived integer not null,
  entries integer not null,
  exits integer not null,
  refused integer not null,
  primary key (tenant_id, event_id, gate_no, zone_no)
) with (fillfactor = 10);

-- The kinds of sold places: they are numbered as confirm_sales numbers the items of a hold.
create function ticket_kinds_of(p_tenant integer, p_transactions uuid[])
returns table (transaction_id uuid, item_no smallint, kind text) language sql stable as $$
  select h.transaction_id, p.item_no::smallint, p.kind
    from transactions t
    join holds h on h.tenant_id = t.tenant_id and h.hold_id = t.hold_id
   cross join lateral (
     select row_number() over (order by l.line_no, place) as item_no, h.terms -> 'kinds' ->> (l.line_no - 1)::integer as kind
       from unnest(h.line_quantity) with ordinality l (quantity, line_no)
      cross join generate_series(1, l.quantity) place) p
   where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions) and h.tenant_id = p_tenant and h.terms is not null
     and p.kind is not null
$$;

-- Adds to the live count and gives the scan its number.
create function count_scan(
  p_tenant integer, p_event integer, p_gate smallint, p_zone smallint,
  p_arrived integer, p_entries integer, p_exits integer, p_refused integer
) returns integer language plpgsql as $$
declare
  v_no integer;
begin
  insert into door_counters as c (tenant_id, event_id, last_no) values (p_tenant, p_event, 1)
  on conflict (tenant_id, event_id) do update set last_no = c.last_no + 1 returning c.last_no into v_no;
  insert into gate_counts as c (tenant_id, event_id, gate_no, zone_no, arrived, entries, exits, refused)
  values (p_tenant, p_event, p_gate, p_zone, p_arrived, p_entries, p_exits, p_refused)
  on conflict (tenant_id, event_id, gate_no, zone_no) do update
     set arrived = c.arrived + excluded.arrived, entries = c.entries + excluded.entries, exits = c.exits + excluded.exits,
         refused = c.refused + excluded.refused;
  return v_no;
end $$;

-- Why a code is refused that was a ticket's: what became of its place, else of the code.
create function revocation_of(p_tenant integer, p_transaction uuid, p_item smallint, p_generation smallint)
returns text language sql stable as $$
  select coalesce(
    (select case r.kind when 'void' then 'voided' when 'exchange' then 'exchanged' else 'refunded' end
       from refunds r where r.tenant_id = p_tenant and r.transaction_id = p_transaction and p_item = any (r.item_nos) limit 1),
    (select 'exchanged' from exchanges x
      where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.state = 'open' and p_item = any (x.item_nos) limit 1),
    (select c.reason::text from revoked_codes c
      where c.tenant_id = p_tenant and c.transaction_id = p_transaction and c.item_no = p_item and c.generation = p_generation))
$$;

-- Lets a ticket in: the one write that decides. Null when it is in already, or has left and may not come again; else whether
-- it came for the first time.
create function admit_ticket(
  p_tenant integer, p_event integer, p_transaction uuid, p_item smallint, p_zone smallint, p_scan uuid, p_reentry boolean
) returns boolean language sql as $$
  insert into admissions as a (tenant_id, transaction_id, item_no, event_id, zone_no, state, entries, scan_id)
  values (p_tenant, p_transaction, p_item, p_event, p_zone, 'inside', 1, p_scan)
  on conflict (tenant_id, transaction_id, item_no) do update
     set state = 'inside', entries = a.entries + 1, scan_id = p_scan
   where a.state = 'undone' or (a.state = 'outside' and p_reentry)
  returning a.entries = 1
$$;

-- Records a scan and says what it came to. p_refused: the code names no ticket of the event. p_generation is null when staff
-- picked the ticket by its name. p_told: the scanner had no connection and told that; rules of gate and time were its to keep,
-- and whom it refused stays refused. outcome: recorded · replayed (the scan is known) · id_reused · gate_not_found.
create function record_scan(
  p_tenant integer, p_event integer, p_scan uuid, p_gate smallint, p_direction scan_direction,
  p_transaction uuid, p_item smallint, p_generation smallint, p_refused scan_verdict, p_reason text,
  p_told scan_verdict, p_scanned_at timestamptz, p_now timestamptz,
  p_actor_kind actor_kind, p_actor_id text, p_actor_name text
) returns text language plpgsql as $$
declare
  v_known scans%rowtype;
  v_gate gates%rowtype;
  v_rules door_rules%rowtype;
  v_ticket record;
  v_verdict scan_verdict;
  v_reason text := p_reason;
  v_other uuid;
  v_first boolean;
  v_no integer;
begin
  -- Who sends a scan twice at once waits here, and then finds it.
  perform pg_advisory_xact_lock(hashtextextended(p_scan::text, p_tenant));
  select * into v_known from scans s where s.tenant_id = p_tenant and s.scan_id = p_scan;
  if found then
    return case when (v_known.event_id, v_known.gate_no, v_known.direction, v_known.transaction_id, v_known.item_no)
                     is not distinct from (p_event, p_gate, p_direction, p_transaction, p_item)
                then 'replayed' else 'id_reused' end;
  end if;
  select * into v_gate from gates g
   where g.tenant_id = p_tenant and g.event_id = p_event and g.gate_no = p_gate and g.retired_at is null;
  if not found and p_told is null
     and (p_gate <> 0 or exists (select from gates g where g.tenant_id = p_tenant and g.event_id = p_event and g.retired_at is null)) then
    return 'gate_not_found';
  end if;
  select * into v_rules from door_rules r where r.tenant_id = p_tenant and r.event_id = p_event;
  -- Under the lock that places go back under, and then under the one that codes change under.
  perform from transactions t where t.tenant_id = p_tenant and t.transaction_id = p_transaction for share;
  select i.event_id, i.zone_no, i.state = 'live' as is_live, coalesce(k.generation, 1) as generation into v_ticket
    from tickets k
    join transaction_items i on i.tenant_id = k.tenant_id and i.transaction_id = k.transaction_id and i.item_no = k.item_no
   where k.tenant_id = p_tenant and k.transaction_id = p_transaction and k.item_no = p_item for share;
  v_verdict := case
    when p_told not in ('admitted', 'left') then p_told
    when p_refused is not null then p_refused
    when v_ticket.event_id is null then 'unknown'
    when v_ticket.event_id <> p_event then 'wrong_event'
    when not v_ticket.is_live or p_generation <> v_ticket.generation
      or exists (select from exchanges x where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.state = 'open'
                    and p_item = any (x.item_nos)) then 'revoked'
    when p_told is not null or p_direction = 'exit' then null
    when p_now < v_rules.opens_at then 'too_early'
    when p_now >= v_rules.closes_at then 'too_late'
    when cardinality(v_gate.zone_nos) > 0 and v_ticket.zone_no <> all (v_gate.zone_nos) then 'not_valid_here'
    when cardinality(v_gate.ticket_kinds) > 0
      and not exists (select from ticket_kinds_of(p_tenant, array[p_transaction]) k
                       where k.item_no = p_item and k.kind = any (v_gate.ticket_kinds)) then 'not_valid_here'
    end;
  if v_verdict = 'unknown' and p_refused is null and v_ticket.event_id is null then
    v_reason := 'not_sold';
  elsif v_verdict = 'revoked' then
    v_reason := revocation_of(p_tenant, p_transaction, p_item, coalesce(p_generation, v_ticket.generation::smallint));
  end if;
  if v_verdict is null and p_direction = 'exit' then
    update admissions a set state = 'outside', scan_id = p_scan
     where a.tenant_id = p_tenant and a.transaction_id = p_transaction and a.item_no = p_item and a.state = 'inside';
    v_verdict := case when found then 'left' else 'not_inside' end;
  elsif v_verdict is null then
    v_first := admit_ticket(p_tenant, p_event, p_transaction, p_item, v_ticket.zone_no, p_scan, coalesce(v_rules.reentry, true));
    v_verdict := case when v_first is null then 'already_admitted' else 'admitted' end;
  end if;
  if v_verdict in ('already_admitted', 'not_inside') then
    select a.scan_id into v_other from admissions a
     where a.tenant_id = p_tenant and a.transaction_id = p_transaction and a.item_no = p_item;
  end if;
  v_no := count_scan(p_tenant, p_event, p_gate, case when v_ticket.event_id = p_event then v_ticket.zone_no else 0 end::smallint,
                     coalesce(v_first, false)::integer, (v_verdict = 'admitted')::integer, (v_verdict = 'left')::integer,
                     (v_verdict not in ('admitted', 'left'))::integer);
  insert into scans (tenant_id, scan_id, event_id, scan_no, gate_no, direction, verdict, reason, told, conflict, transaction_id,
                     item_no, zone_no, other_scan_id, scanned_at, recorded_at, actor_kind, actor_id, actor_name)
  values (p_tenant, p_scan, p_event, v_no, p_gate, p_direction, v_verdict, v_reason, p_told,
          p_told is not null and p_told in ('admitted', 'left') and v_verdict <> p_told, p_transaction, p_item,
          case when v_ticket.event_id = p_event then v_ticket.zone_no end, v_other, p_scanned_at, p_now, p_actor_kind, p_actor_id,
          p_actor_name);
  return 'recorded';
end $$;

-- Takes the last scan of a ticket back: the ticket stands as it did before it. outcome: undone · replayed (it was taken back
-- before) · scan_not_found · scan_not_last (others followed, or it let nobody through).
create function undo_scan(
  p_tenant integer, p_event integer, p_scan uuid, p_undo uuid, p_now timestamptz,
  p_actor_kind actor_kind, p_actor_id text, p_actor_name text
) returns text language plpgsql as $$
declare
  v_scan scans%rowtype;
  v_admission admissions%rowtype;
  v_before scans%rowtype;
  v_no integer;
begin
  select * into v_scan from scans s where s.tenant_id = p_tenant and s.scan_id = p_scan and s.event_id = p_event;
  if not found then
    return 'scan_not_found';
  end if;
  select * into v_admission from admissions a
   where a.tenant_id = p_tenant and a.transaction_id = v_scan.transaction_id and a.item_no = v_scan.item_no for update;
  if exists (select from scans u where u.tenant_id = p_tenant and u.transaction_id = v_scan.transaction_id
                and u.item_no = v_scan.item_no and u.verdict = 'undone' and u.other_scan_id = p_scan) then
    return 'replayed';
  end if;
  if v_admission.scan_id is distinct from p_scan then
    return 'scan_not_last';
  end if;
  select * into v_before from scans s
   where s.tenant_id = p_tenant and s.transaction_id = v_scan.transaction_id and s.item_no = v_scan.item_no
     and s.verdict in ('admitted', 'left') and s.scan_id <> p_scan
     and not exists (select from scans u where u.tenant_id = p_tenant and u.transaction_id = s.transaction_id
                        and u.item_no = s.item_no and u.verdict = 'undone' and u.other_scan_id = s.scan_id)
   order by s.scan_no desc limit 1;
  update admissions a
     set state = case v_before.verdict when 'admitted' then 'inside' when 'left' then 'outside' else 'undone' end::admission_state,
         entries = a.entries - (v_scan.verdict = 'admitted')::integer,
         scan_id = coalesce(v_before.scan_id, p_undo)
   where a.tenant_id = p_tenant and a.transaction_id = v_scan.transaction_id and a.item_no = v_scan.item_no;
  v_no := count_scan(p_tenant, p_event, v_scan.gate_no, v_scan.zone_no, -(v_before.scan_id is null)::integer,
                     -(v_scan.verdict = 'admitted')::integer, -(v_scan.verdict = 'left')::integer, 0);
  insert into scans (tenant_id, scan_id, event_id, scan_no, gate_no, direction, verdict, conflict, transaction_id, item_no,
                     zone_no, other_scan_id, scanned_at, recorded_at, actor_kind, actor_id, actor_name)
  values (p_tenant, p_undo, p_event, v_no, v_scan.gate_no, 'undo', 'undone', false, v_scan.transaction_id, v_scan.item_no,
          v_scan.zone_no, p_scan, p_now, p_now, p_actor_kind, p_actor_id, p_actor_name);
  return 'undone';
end $$;

-- A name as people type it: without capitals and accents.
create function plain_name(p_name text) returns text language sql immutable as $$
  select translate(lower(p_name), 'áàâäãåéèêëíìîïóòôöõúùûüñç', 'aaaaaaeeeeiiiiooooouuuunc')
$$;
