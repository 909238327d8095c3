-- Fiscal numbers in blocks. A series is strict (a number is given under the lock of its row, in the order of commits)
-- or preallocated: each process leases a block of numbers, and confirming locks no row but those of its own blocks.
-- What a block does not use returns, and is leased again before the series gives new numbers
-- (docs/decisions/0017).

create type fiscal_numbering as enum ('strict', 'preallocated');
create type fiscal_block_purpose as enum ('process', 'till');
-- used: every number is a document · returned: the rest waits to be leased again, or was · voided: the rest that had
-- not been leased again never will be.
create type fiscal_block_state as enum ('open', 'used', 'returned', 'voided');

alter table fiscal_series
  add column numbering fiscal_numbering not null default 'strict',
  -- How many numbers a process leases at a time.
  add column block_size integer not null default 2000 check (block_size between 1 and 100000);

create table fiscal_blocks (
  tenant_id integer not null,
  series_id smallint not null,
  block_no integer not null,
  purpose fiscal_block_purpose not null,
  -- A process by an id of its own, or a till by the number of its device.
  holder_id text not null,
  state fiscal_block_state not null default 'open',
  first_number bigint not null,
  last_number bigint not null,
  -- All from the first up to here are documents of this block.
  next_number bigint not null,
  -- Once it has ended unused: all from next_number up to here were leased again, from here to the last they wait, or are void.
  rest_number bigint,
  -- The block whose rest this is; null for new numbers of the series.
  from_block_no integer,
  leased_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  -- Returned by the sweep, not by its holder.
  expired boolean not null default false,
  void_reason text,
  last_issued_at timestamptz not null default '-infinity',
  -- The hash of the last document, or where the block's own chain starts.
  last_hash bytea not null,
  primary key (tenant_id, series_id, block_no),
  foreign key (tenant_id, series_id) references fiscal_series,
  check (first_number <= next_number and first_number <= last_number and next_number <= last_number + 1),
  check ((state = 'used') = (next_number > last_number)),
  check ((state in ('open', 'used')) = (rest_number is null)),
  check (rest_number between next_number and last_number + 1),
  check ((state = 'open') = (ended_at is null)),
  check ((state = 'voided') = (void_reason is not null))
) with (fillfactor = 10);
-- Led by the holder, by whom a process finds its own at every seller when it renews and returns them.
create index fiscal_blocks_open on fiscal_blocks (holder_id, tenant_id, series_id) where state = 'open';
create index fiscal_blocks_waiting on fiscal_blocks (tenant_id, series_id, rest_number)
  where state = 'returned' and rest_number <= last_number;

-- How long a process has a block unless it renews it.
create function fiscal_lease() returns interval language sql immutable parallel safe as $$
  select interval '30 seconds'
$$;

-- Where a block's own chain of hashes starts.
create function fiscal_block_start(series_id smallint, block_no integer) returns bytea
language sql stable parallel safe as $$
  select sha256(convert_to(series_id || '|' || block_no, 'UTF8'))
$$;

-- Leases so many numbers (a series' block_size when null), those that wait first and the lowest of them first: a block
-- for each range. None when the series is strict. Rests are leased and voided only under the lock of the series' row.
create function lease_fiscal_blocks(
  p_tenant integer, p_series smallint, p_purpose fiscal_block_purpose, p_holder text, p_count integer, p_lease interval
) returns setof fiscal_blocks language plpgsql
set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off
as $$
declare
  v_count integer;
  v_next bigint;
  v_now timestamptz;
begin
  select coalesce(p_count, s.block_size), s.next_number into v_count, v_next
    from fiscal_series s
   where s.tenant_id = p_tenant and s.series_id = p_series and s.numbering = 'preallocated' for update;
  if not found then
    return;
  end if;
  v_now := clock_timestamp();
  return query
  with waiting as (
    select b.block_no, b.rest_number, b.last_number,
           sum(b.last_number - b.rest_number + 1) over (order by b.rest_number)::bigint as through
      from fiscal_blocks b
     where b.tenant_id = p_tenant and b.series_id = p_series and b.state = 'returned' and b.rest_number <= b.last_number
  ), taken as (
    select w.block_no, w.rest_number as first, w.last_number - greatest(w.through - v_count, 0) as last
      from waiting w where w.through - (w.last_number - w.rest_number + 1) < v_count
  ), leased_again as (
    update fiscal_blocks b set rest_number = t.last + 1 from taken t
     where b.tenant_id = p_tenant and b.series_id = p_series and b.block_no = t.block_no
  ), new as (
    select v_count - coalesce(sum(t.last - t.first + 1), 0)::bigint as numbers from taken t
  ), moved as (
    update fiscal_series s set next_number = v_next + n.numbers from new n
     where s.tenant_id = p_tenant and s.series_id = p_series and n.numbers > 0
  ), ranges as (
    select coalesce((select max(b.block_no) from fiscal_blocks b where b.tenant_id = p_tenant and b.series_id = p_series), 0)
             + row_number() over (order by r.first)::integer as block_no, r.first, r.last, r.from_block_no
      from (select t.first, t.last, t.block_no from taken t
            union all
            select v_next, v_next + n.numbers - 1, null from new n where n.numbers > 0) r (first, last, from_block_no)
  )
  insert into fiscal_blocks (tenant_id, series_id, block_no, purpose, holder_id, first_number, last_number, next_number,
                             from_block_no, leased_at, expires_at, last_hash)
  select p_tenant, p_series, r.block_no, p_purpose, p_holder, r.first, r.last, r.first,
         r.from_block_no, v_now, v_now + p_lease, fiscal_block_start(p_series, r.block_no)
    from ranges r
  returning *;
end $$;

-- Gives documents the next numbers of the holder's blocks, the lowest first. A group that needs more than is left
-- leases the rest under the series' row; block_low asks for more ahead of need, so that the next one need not.
-- A lease counts by the clock under the lock of its block: an expired one is the sweep's.
create function issue_from_blocks(
  p_tenant integer, p_series smallint, p_holder text,
  p_transactions uuid[], p_taxes bigint[], p_totals bigint[], p_currency text,
  out prefix text, out padding smallint, out block_low boolean
) language plpgsql as $$
declare
  v_count constant integer := cardinality(p_transactions);
  v_size integer;
  v_left bigint;
  v_leased boolean := false;
  v_issued timestamptz;
  -- The holder's blocks, in columns.
  b_nos integer[]; b_nexts bigint[]; b_lasts bigint[]; b_hashes bytea[];
begin
  select s.prefix, s.padding, s.block_size into strict issue_from_blocks.prefix, issue_from_blocks.padding, v_size
    from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series;
  block_low := false;
  if v_count = 0 then
    return;
  end if;
  loop
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
                                greatest(v_size, v_count - v_left)::integer, fiscal_lease());
    v_leased := true;
  end loop;
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

-- As it stands in 0005_confirm.sql, but for the numbers: in a preallocated series they come from the blocks of p_holder,
-- the process, unless that is null.
drop function confirm_sales;
create function confirm_sales(
  p_tenant integer, p_event integer, p_series smallint,
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
         (select f.numbering from fiscal_series f where f.tenant_id = p_tenant and f.series_id = p_series)
    into v_tax_version, v_numbering from sellers s where s.tenant_id = p_tenant;

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
      from issue_from_blocks(p_tenant, p_series, p_holder, array(select p_transactions[w] from unnest(v_won) w),
                             array(select v_taxes[w] from unnest(v_won) w), array(select totals[w] from unnest(v_won) w),
                             confirm_sales.currency) i;
  else
    -- The series row comes last, so that other groups of the seller wait for as little as can be.
    select s.next_number, s.last_hash, s.prefix, s.padding, greatest(clock_timestamp(), s.last_issued_at)
      into strict v_first, v_last_hash, confirm_sales.prefix, confirm_sales.padding, v_issued
      from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series for update;

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
