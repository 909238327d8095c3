-- What confirming asks of the point that it sells at, and what its days, shifts and documents need beside sql/0035
-- (docs/decisions/0028, 0029).

-- The shift that is open at the point, on the rows of its series, where confirming reads it under the lock; null in the shop.
alter table fiscal_series add column shift_no integer;

-- Orders whose money comes later, when a till took them: they are numbered there as long as that shift is open.
create table till_orders (
  tenant_id integer not null,
  transaction_id uuid not null,
  point_no smallint not null,
  shift_no integer not null,
  primary key (tenant_id, transaction_id)
);

-- Why a series gives no number to a sale of this shift; null when it does.
create function fiscal_refusal(day_closed boolean, open_shift_no integer, shift_no integer) returns text
language sql immutable parallel safe as $$
  select case when day_closed then 'fiscal_day_closed' when open_shift_no is distinct from shift_no then 'shift_not_open' end
$$;

drop function issue_from_blocks;

-- Gives documents the next numbers of the holder's blocks, the lowest first. A group that needs more than is left
-- leases the rest under the series' row; block_low asks for more ahead of need, so that the next one need not.
-- A lease counts by the clock under the lock of its block: an expired one is the sweep's.
create function issue_from_blocks(
  p_tenant integer, p_series smallint, p_shift integer, p_holder text,
  p_transactions uuid[], p_taxes bigint[], p_totals bigint[], p_currency text,
  out prefix text, out padding smallint, out block_low boolean
) language plpgsql as $$
declare
  v_count constant integer := cardinality(p_transactions);
  v_size integer;
  v_refused text;
  v_left bigint;
  v_leased boolean := false;
  v_issued timestamptz;
  -- The holder's blocks, in columns.
  b_nos integer[]; b_nexts bigint[]; b_lasts bigint[]; b_hashes bytea[];
begin
  while v_count > 0 loop
    select coalesce(array_agg(b.block_no), '{}'), array_agg(b.next_number), array_agg(b.last_number),
           array_agg(b.last_hash), coalesce(sum(b.last_number - b.next_number + 1), 0),
           greatest(clock_timestamp(), max(b.last_issued_at))
      into b_nos, b_nexts, b_lasts, b_hashes, v_left, v_issued
      from (select * from fiscal_blocks
             where tenant_id = p_tenant and series_id = p_series and holder_id = p_holder
               and purpose = 'process' and state = 'open'
             order by block_no for update) b
     where b.expires_at > clock_timestamp();
    exit when v_left >= v_count;
    if v_leased then
      raise exception 'series % of seller % gives no blocks', p_series, p_tenant using errcode = 'serialization_failure';
    end if;
    perform lease_fiscal_blocks(p_tenant, p_series, 'process', p_holder,
                                (select greatest(s.block_size, v_count - v_left)::integer from fiscal_series s
                                  where s.tenant_id = p_tenant and s.series_id = p_series), fiscal_lease());
    v_leased := true;
  end loop;
  -- After the locks: whoever closes the day takes them, too.
  select s.prefix, s.padding, s.block_size, fiscal_refusal(s.day_closed, s.shift_no, p_shift)
    into strict issue_from_blocks.prefix, issue_from_blocks.padding, v_size, v_refused
    from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series;
  block_low := false;
  if v_count = 0 then
    return;
  end if;
  if v_refused is not null then
    raise exception 'series % of seller %: %', p_series, p_tenant, v_refused using errcode = 'serialization_failure';
  end if;
  block_low := v_left - v_count < v_size / 2;

  with chosen as (
    select n.number, n.block_no, n.hash, row_number() over (order by n.number) as place
      from (select g.number, b.block_no, b.hash
              from unnest(b_nos, b_nexts, b_lasts, b_hashes) b (block_no, next, last, hash)
             cross join generate_series(b.next, least(b.last, b.next + v_count - 1)) g (number)
             order by g.number limit v_count) n
  ), documents as (
    insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
    select p_tenant, p_series, c.number, p_transactions[c.place], v_issued, p_taxes[c.place], p_totals[c.place], p_currency,
           fiscal_chain(c.hash, fiscal_content(p_series, c.number, p_transactions[c.place], v_issued, p_taxes[c.place],
                                               p_totals[c.place], p_currency)) over (partition by c.block_no order by c.number)
      from chosen c
    returning number, hash
  )
  update fiscal_blocks b
     set next_number = u.last + 1, last_issued_at = v_issued, last_hash = u.hash,
         state = case when u.last = b.last_number then 'used' else 'open' end::fiscal_block_state,
         ended_at = case when u.last = b.last_number then v_issued end
    from (select c.block_no, max(c.number) as last, (array_agg(d.hash order by c.number desc))[1] as hash
            from chosen c join documents d on d.number = c.number group by c.block_no) u
   where b.tenant_id = p_tenant and b.series_id = p_series and b.block_no = any (b_nos) and b.block_no = u.block_no;
end $$;

-- As it stands in 0009_fiscal_blocks.sql, but for two outcomes more: fiscal_day_closed · shift_not_open (p_shift, null for the
-- shop, is not the shift that is open at the series' till). A group that finds so only under the lock fails as a whole, so
-- that nothing of it stays; sent again it reads the same first.
drop function confirm_sales;
create function confirm_sales(
  p_tenant integer, p_event integer, p_series smallint, p_shift integer,
  p_keys uuid[], p_bodies uuid[], p_holds uuid[], p_transactions uuid[], p_expected_totals bigint[],
  p_names text[], p_emails text[], p_phones text[], p_documents text[], p_locales text[],
  p_methods text[], p_references text[], p_holder text,
  out outcomes text[], out transaction_ids uuid[], out numbers bigint[], out totals bigint[],
  out currency text, out sold_seats integer[], out prefix text, out padding smallint, out block_low boolean
) language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_count constant integer := cardinality(p_keys);
  v_now timestamptz;
  v_published boolean;
  v_pricing_version integer;
  v_tax_version integer;
  v_numbering fiscal_numbering;
  v_refused text;
  -- The holds and keys that the group names, in columns.
  h_ids uuid[]; h_states hold_state[]; h_expiries timestamptz[]; h_valid_until timestamptz[];
  h_pricing_versions integer[]; h_tax_versions integer[]; h_taxes bigint[]; h_totals bigint[];
  k_digests uuid[]; k_bodies uuid[]; k_transactions uuid[];
  v_fresh uuid[];
  v_taxes bigint[];
  -- The orders that make a sale, by their place in the group, their holds and their seats.
  v_won integer[];
  v_won_holds uuid[];
  v_seats integer[];
  v_seat_holds uuid[];
  v_first bigint;
  v_last_hash bytea;
  v_issued timestamptz;
begin
  select array_agg(h.hold_id), array_agg(h.state), array_agg(h.expires_at), array_agg(h.quote_valid_until),
         array_agg(h.pricing_version), array_agg(h.tax_version), array_agg(h.taxes), array_agg(h.total)
    into h_ids, h_states, h_expiries, h_valid_until, h_pricing_versions, h_tax_versions, h_taxes, h_totals
    from (select * from holds
           where tenant_id = p_tenant and hold_id = any (p_holds) and event_id = p_event
           order by hold_id for update) h;

  -- After the locks, so that it sees the keys of a group that this one has waited for.
  select array_agg(k.key_digest), array_agg(k.body_digest), array_agg(k.transaction_id)
    into k_digests, k_bodies, k_transactions
    from idempotency_keys k where k.tenant_id = p_tenant and k.key_digest = any (p_keys);
  select e.status = 'published', e.pricing_version, e.currency into v_published, v_pricing_version, confirm_sales.currency
    from events e where e.tenant_id = p_tenant and e.event_id = p_event;
  select s.tax_version,
         (select f.numbering from fiscal_series f where f.tenant_id = p_tenant and f.series_id = p_series),
         (select fiscal_refusal(f.day_closed, f.shift_no, p_shift)
            from fiscal_series f where f.tenant_id = p_tenant and f.series_id = p_series)
    into v_tax_version, v_numbering, v_refused from sellers s where s.tenant_id = p_tenant;

  v_now := clock_timestamp();
  select array_agg(case
           when k.digest is not null then case when k.body = p_bodies[a.ord] then 'replayed' else 'key_reused' end
           when a.key_place > 1 then 'again'
           when h.id is null then 'hold_not_found'
           when h.state = 'confirmed' then 'hold_already_confirmed'
           when h.state = 'released' then 'hold_released'
           when h.state = 'expired' or h.expires_at <= v_now then 'hold_expired'
           when a.hold_place > 1 then 'again'
           when v_published is not true then 'sales_closed'
           when v_refused is not null then v_refused
           when h.pricing_version <> v_pricing_version or h.tax_version <> v_tax_version
             or h.valid_until <= v_now or p_expected_totals[a.ord] <> h.total then 'stale'
           else 'confirmed' end order by a.ord),
         array_agg(coalesce(k.transaction_id, p_transactions[a.ord]) order by a.ord),
         array_agg(coalesce(h.taxes, 0) order by a.ord), array_agg(coalesce(h.total, 0) order by a.ord)
    into outcomes, transaction_ids, v_taxes, totals
    from (select i as ord, row_number() over (partition by p_keys[i] order by i) as key_place,
                 row_number() over (partition by p_holds[i] order by i) as hold_place
            from generate_series(1, v_count) i) a
    left join unnest(h_ids, h_states, h_expiries, h_valid_until, h_pricing_versions, h_tax_versions, h_taxes, h_totals)
           h (id, state, expires_at, valid_until, pricing_version, tax_version, taxes, total) on h.id = p_holds[a.ord]
    left join unnest(k_digests, k_bodies, k_transactions)
           k (digest, body, transaction_id) on k.digest = p_keys[a.ord];

  -- A replay writes, so that it commits: a primary that has been cut off cannot confirm by reading.
  update idempotency_keys k set replays = k.replays + 1
   where k.tenant_id = p_tenant
     and k.key_digest = any (array(select p_keys[i] from unnest(array_positions(outcomes, 'replayed')) i));

  -- The same key with another hold may be in a group of another process: whoever comes second waits here and
  -- then asks again.
  v_won := array_positions(outcomes, 'confirmed');
  with fresh as (
    insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
    select p_tenant, p_keys[i], p_bodies[i], p_transactions[i] from unnest(v_won) i order by p_keys[i]
    on conflict do nothing
    returning key_digest
  )
  select coalesce(array_agg(key_digest), '{}') into v_fresh from fresh;
  if cardinality(v_fresh) < cardinality(v_won) then
    outcomes := array(select case when i = any (v_won) and not p_keys[i] = any (v_fresh) then 'again' else outcomes[i] end
                        from generate_series(1, v_count) i order by i);
    v_won := array_positions(outcomes, 'confirmed');
  end if;
  v_won_holds := array(select p_holds[i] from unnest(v_won) i);

  update holds h set state = 'confirmed', transaction_id = p_transactions[w.ord]
    from unnest(v_won) w (ord)
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and h.hold_id = p_holds[w.ord];

  -- Nobody else changes the seats of a live hold, so these locks never wait.
  select coalesce(array_agg(l.seat_no), '{}'), coalesce(array_agg(h.hold_id), '{}') into v_seats, v_seat_holds
    from holds h cross join unnest(h.line_seat) l (seat_no)
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and l.seat_no > 0;
  with changed as (
    update seat_states s set state = 'sold' from unnest(v_seats, v_seat_holds) w (seat_no, hold_id)
     where s.tenant_id = p_tenant and s.event_id = p_event and s.seat_no = any (v_seats)
       and s.seat_no = w.seat_no and s.hold_id = w.hold_id and s.state = 'held'
    returning s.seat_no
  )
  select coalesce(array_agg(seat_no), '{}') into sold_seats from changed;
  if cardinality(sold_seats) <> cardinality(v_seats) then
    raise exception 'live holds have lost % of their % seats',
      cardinality(v_seats) - cardinality(sold_seats), cardinality(v_seats);
  end if;

  update zone_counters z set held = z.held - u.quantity, sold = z.sold + u.quantity
    from (select l.zone_no, sum(l.quantity)::integer as quantity
            from holds h cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
           where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and l.seat_no = 0
           group by 1 order by 1) u
   where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = u.zone_no;

  insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency,
                            net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale,
                            customer_name, customer_email, customer_phone, customer_document)
  select p_tenant, w.transaction_id, p_event, h.hold_id, 'processing', 1, v_now, confirm_sales.currency,
         h.net, h.discounts, h.fees, h.taxes, h.total, h.tax_rule_ids, h.tax_amounts, w.locale::locale,
         w.name, w.email, w.phone, w.document
    from unnest(outcomes, p_holds, p_transactions, p_names, p_emails, p_phones, p_documents, p_locales)
           w (outcome, hold_id, transaction_id, name, email, phone, document, locale)
    join holds h on h.hold_id = w.hold_id
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and w.outcome = 'confirmed';

  -- A line's amounts are shared out over its places so that they add up to the line exactly.
  insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no,
                                 net, discounts, fees, taxes, total)
  select p_tenant, transaction_id, row_number() over (partition by transaction_id order by line_no, place),
         p_event, zone_no, nullif(seat_no, 0), net, discounts, fees, taxes, net + taxes + fees - discounts
    from (
      select h.transaction_id, l.line_no, l.zone_no, l.seat_no, place,
             l.net * place / l.quantity - l.net * (place - 1) / l.quantity as net,
             l.discounts * place / l.quantity - l.discounts * (place - 1) / l.quantity as discounts,
             l.fees * place / l.quantity - l.fees * (place - 1) / l.quantity as fees,
             l.taxes * place / l.quantity - l.taxes * (place - 1) / l.quantity as taxes
        from holds h
       cross join unnest(h.line_zone, h.line_seat, h.line_quantity, h.line_net, h.line_discounts, h.line_fees,
                         h.line_taxes) with ordinality
               l (zone_no, seat_no, quantity, net, discounts, fees, taxes, line_no)
       cross join generate_series(1, l.quantity) place
       where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds)
    ) places;

  insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
  select p_tenant, w.transaction_id, 1, w.method::payment_method, 'captured', w.total, confirm_sales.currency,
         w.reference, v_now
    from unnest(outcomes, p_transactions, p_methods, totals, p_references)
           w (outcome, transaction_id, method, total, reference)
   where w.outcome = 'confirmed';

  insert into steps (tenant_id, transaction_id, name, updated_at)
  select p_tenant, w.transaction_id, n.name, v_now
    from unnest(outcomes, p_transactions, p_emails, p_phones) w (outcome, transaction_id, email, phone)
   cross join unnest(array['tickets', 'statistics', 'email', 'sms']::step_name[]) n (name)
   where w.outcome = 'confirmed'
     and case n.name when 'email' then w.email is not null when 'sms' then w.phone is not null else true end;

  if v_numbering = 'preallocated' and p_holder is not null then
    select i.prefix, i.padding, i.block_low
      into strict confirm_sales.prefix, confirm_sales.padding, confirm_sales.block_low
      from issue_from_blocks(p_tenant, p_series, p_shift, p_holder, array(select p_transactions[w] from unnest(v_won) w),
                             array(select v_taxes[w] from unnest(v_won) w), array(select totals[w] from unnest(v_won) w),
                             confirm_sales.currency) i;
  else
    -- The series row comes last, so that other groups of the seller wait for as little as can be.
    select s.next_number, s.last_hash, s.prefix, s.padding, greatest(clock_timestamp(), s.last_issued_at),
           fiscal_refusal(s.day_closed, s.shift_no, p_shift)
      into strict v_first, v_last_hash, confirm_sales.prefix, confirm_sales.padding, v_issued, v_refused
      from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series for update;
    if v_refused is not null and cardinality(v_won) > 0 then
      raise exception 'series % of seller %: %', p_series, p_tenant, v_refused using errcode = 'serialization_failure';
    end if;

    with documents as (
      insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
      select p_tenant, p_series, w.number, w.transaction_id, v_issued, w.taxes, w.total, confirm_sales.currency,
             fiscal_chain(v_last_hash, fiscal_content(p_series, w.number, w.transaction_id, v_issued, w.taxes, w.total,
                                                      confirm_sales.currency)) over (order by w.number)
        from (select v_first - 1 + place as number, p_transactions[ord] as transaction_id, v_taxes[ord] as taxes,
                     totals[ord] as total
                from unnest(v_won) with ordinality w (ord, place)) w
      returning number, hash
    )
    update fiscal_series s
       set next_number = v_first + cardinality(v_won), last_issued_at = v_issued,
           last_hash = (select hash from documents order by number desc limit 1)
     where s.tenant_id = p_tenant and s.series_id = p_series and cardinality(v_won) > 0;
  end if;

  select array_agg(d.number order by a.ord), array_agg(d.total order by a.ord) into numbers, totals
    from generate_series(1, v_count) a (ord)
    left join (select f.transaction_id, f.number, f.total from fiscal_documents f
                where f.tenant_id = p_tenant and f.transaction_id = any (transaction_ids)) d
      on d.transaction_id = transaction_ids[a.ord];
end $$;

-- Beside their columns: of a series that gives blocks, a shift's numbers are noted block by block, as a day's are. While it is
-- open a row says where the series (block 0), or a block of it, stood when it was opened.
alter table shift_ranges
  add column block_no integer not null default 0,
  drop constraint shift_ranges_pkey;
alter table shift_ranges add primary key (tenant_id, point_no, shift_no, series_id, block_no, first_number);

create unique index one_point_per_device on fiscal_points (tenant_id, device_no) where device_no is not null;

-- The numbers that a point's series have given since marks: block 0 has those that no block of new numbers holds. A block
-- without a mark counts from its first when it was leased at p_since or later.
create function numbers_since(
  p_tenant integer, p_point smallint, p_since timestamptz,
  p_series smallint[], p_blocks integer[], p_marks bigint[]
) returns table (series_id smallint, block_no integer, first_number bigint, last_number bigint)
language sql stable as $$
  with marks as (
    select m.series_id, m.block_no, m.mark from unnest(p_series, p_blocks, p_marks) m (series_id, block_no, mark)
  ), series as (
    select s.series_id, s.first_number, s.next_number, m.mark
      from fiscal_series s left join marks m on m.series_id = s.series_id and m.block_no = 0
     where s.tenant_id = p_tenant and s.point_no = p_point
  ), blocks as (
    select b.* from fiscal_blocks b where b.tenant_id = p_tenant and b.series_id in (select s.series_id from series s)
  ), outside as (
    select r.series_id, r.last_number + 1 as first,
           lead(r.first_number) over (partition by r.series_id order by r.first_number) - 1 as last
      from (select b.series_id, b.first_number, b.last_number from blocks b where b.from_block_no is null
            union all select s.series_id, s.first_number - 1, s.first_number - 1 from series s
            union all select s.series_id, s.next_number, s.next_number from series s) r
  ), given as (
    select o.series_id, 0, greatest(o.first, s.mark), o.last from outside o join series s on s.series_id = o.series_id
    union all
    select b.series_id, b.block_no, coalesce(m.mark, b.first_number), b.next_number - 1
      from blocks b left join marks m on m.series_id = b.series_id and m.block_no = b.block_no
     where m.mark is not null or b.leased_at >= p_since
  )
  select g.* from given g (series_id, block_no, first_number, last_number) where g.first_number <= g.last_number
$$;

-- What no day's Z has yet.
create function numbers_of_open_day(p_tenant integer, p_point smallint)
returns table (series_id smallint, block_no integer, first_number bigint, last_number bigint)
language sql stable as $$
  select n.* from (
    select array_agg(m.series_id) as series, array_agg(m.block_no) as blocks, array_agg(m.mark) as marks
      from (select r.series_id, r.block_no, max(r.last_number) + 1 as mark
              from fiscal_day_ranges r join fiscal_series s on s.tenant_id = r.tenant_id and s.series_id = r.series_id
             where r.tenant_id = p_tenant and s.point_no = p_point group by 1, 2) m) a
   cross join numbers_since(p_tenant, p_point, '-infinity', a.series, a.blocks, a.marks) n
$$;

-- What the shift that is open has given so far.
create function numbers_of_open_shift(p_tenant integer, p_point smallint, p_shift integer)
returns table (series_id smallint, block_no integer, first_number bigint, last_number bigint)
language sql stable as $$
  select n.* from (
    select array_agg(r.series_id) as series, array_agg(r.block_no) as blocks, array_agg(r.first_number) as marks
      from shift_ranges r
     where r.tenant_id = p_tenant and r.point_no = p_point and r.shift_no = p_shift and r.last_number is null) a
   cross join numbers_since(
     p_tenant, p_point,
     (select s.opened_at from shifts s where s.tenant_id = p_tenant and s.point_no = p_point and s.shift_no = p_shift),
     a.series, a.blocks, a.marks) n
$$;

-- Locks all that gives numbers at a point, so that nobody has one that is not committed: the blocks first, as who confirms
-- does. Blocks that were leased meanwhile come last; who confirms from one of those gives way or is waited for.
create function lock_point_numbers(p_tenant integer, p_point smallint) returns void language plpgsql as $$
begin
  for i in 1 .. 2 loop
    perform from fiscal_blocks b
      where b.tenant_id = p_tenant and b.state = 'open'
        and b.series_id in (select s.series_id from fiscal_series s where s.tenant_id = p_tenant and s.point_no = p_point)
      order by b.series_id, b.block_no for update;
    perform from fiscal_series s
      where s.tenant_id = p_tenant and s.point_no = p_point order by s.series_id for update;
  end loop;
end $$;

-- Documents show names as they were when they were issued: what a change overwrites is kept, and holds for whatever was issued
-- until some seconds after it, longer than a change is under way. Zones, seats and venues are never renamed.
create table seller_history (
  tenant_id integer not null,
  until timestamptz not null,
  legal_name text not null,
  tax_id text not null,
  address text,
  primary key (tenant_id, until)
);
create table event_history (
  tenant_id integer not null,
  event_id integer not null,
  until timestamptz not null,
  name text not null,
  starts_at timestamptz not null,
  venue_id integer not null,
  primary key (tenant_id, event_id, until)
);

-- The seller's address, as its documents show it.
alter table sellers add column address text;

create function keep_seller() returns trigger language plpgsql as $$
begin
  insert into seller_history
  values (old.tenant_id, clock_timestamp() + interval '5 seconds', old.legal_name, old.tax_id, old.address);
  return null;
end $$;
create trigger sellers_keep_history after update on sellers for each row
  when ((old.legal_name, old.tax_id, old.address) is distinct from (new.legal_name, new.tax_id, new.address))
  execute function keep_seller();

create function keep_event() returns trigger language plpgsql as $$
begin
  insert into event_history
  values (old.tenant_id, old.event_id, clock_timestamp() + interval '5 seconds', old.name, old.starts_at, old.venue_id);
  return null;
end $$;
create trigger events_keep_history after update on events for each row
  when ((old.name, old.starts_at, old.venue_id) is distinct from (new.name, new.starts_at, new.venue_id))
  execute function keep_event();

create function refuse_change_of_issued() returns trigger language plpgsql as $$
begin
  raise exception '% stays as it was issued: % is refused', tg_table_name, tg_op using errcode = 'restrict_violation';
end $$;
create trigger seller_history_stays before update or delete on seller_history
  for each row execute function refuse_change_of_issued();
create trigger event_history_stays before update or delete on event_history
  for each row execute function refuse_change_of_issued();
create trigger z_reports_stay before update or delete on fiscal_days
  for each row when (old.report is not null) execute function refuse_change_of_issued();
create trigger z_ranges_stay before update or delete on fiscal_day_ranges
  for each row execute function refuse_change_of_issued();
create trigger closed_shifts_stay before update or delete on shifts
  for each row when (old.closed_at is not null) execute function refuse_change_of_issued();
