-- Prices, vouchers and taxes as the seller makes them, and what is counted under them. Lock order everywhere: holds,
-- seats by key, zone counters by key, use counters by key, series row last.

create type rounding_scope as enum ('line', 'document');
create type tax_base as enum ('net', 'compound', 'payment');
create type voucher_effect as enum ('amount', 'percentage', 'set_price', 'access');

alter table sellers add column tax_scope rounding_scope not null default 'line';

-- A rule that is absent from a column limits nothing by it.
alter table tax_rules
  add column base tax_base not null default 'net',
  add column per_order boolean not null default false,
  add column category_no smallint,
  add column zone_no smallint,
  add column customer_kinds text[],
  add column exempt_kinds text[],
  add column payment_methods text[],
  add column currencies text[],
  add check (base = 'net' or kind = 'percentage'),
  add check (base <> 'payment' or inclusion = 'added'),
  add check (not per_order or (kind = 'fixed' and inclusion = 'added')),
  add check (event_id is not null or (category_no is null and zone_no is null));

-- Every version is kept: a quote names the version that it was made under.
create table price_lists (
  tenant_id integer not null,
  event_id integer not null,
  pricing_version integer not null,
  list jsonb not null,
  created_at timestamptz not null,
  primary key (tenant_id, event_id, pricing_version),
  foreign key (tenant_id, event_id) references events
);

create table vouchers (
  tenant_id integer not null references sellers,
  voucher_id integer not null,
  code text not null,
  -- Absent: the voucher holds for every event of the seller.
  event_id integer,
  effect voucher_effect not null,
  -- Minor units of the currency, or parts per million.
  value bigint not null default 0 check (value >= 0),
  currency char(3) not null,
  zone_nos smallint[],
  -- Orders, of all customers and of one.
  uses_max integer check (uses_max > 0),
  customer_uses_max integer check (customer_uses_max > 0),
  valid_from timestamptz not null default '-infinity',
  valid_until timestamptz not null default 'infinity',
  reserved_seats integer[] not null default '{}',
  reserved_zones smallint[] not null default '{}',
  reserved_places integer[] not null default '{}',
  created_at timestamptz not null,
  primary key (tenant_id, voucher_id),
  unique (tenant_id, code),
  foreign key (tenant_id, event_id) references events,
  check (valid_from < valid_until),
  check (effect <> 'percentage' or value <= 1000000),
  check (cardinality(reserved_zones) = cardinality(reserved_places)),
  check (event_id is not null or (cardinality(reserved_seats) = 0 and cardinality(reserved_zones) = 0))
);

-- What is limited in number: tickets of a price stage, orders with a voucher, places of a customer. What live and
-- confirmed holds take is counted here; `allowed` is the limit under which it was last taken.
create table use_counters (
  tenant_id integer not null,
  counter_key text collate "C" not null,
  used integer not null default 0 check (used >= 0),
  allowed integer not null default 0,
  primary key (tenant_id, counter_key),
  check (used <= allowed)
) with (fillfactor = 50);

-- Kinds and stages of the lines, buyer, means of payment, voucher and fees; absent for a plain cart.
alter table holds
  add column terms jsonb,
  add column use_keys text[] not null default '{}',
  add column use_counts integer[] not null default '{}',
  add check (cardinality(use_keys) = cardinality(use_counts));

drop function place_holds;

-- Places a group of holds of one event. Order i of the group is p_holds[i]; its seats and its places in
-- general zones stand in p_seat_orders/p_seats and p_zone_orders/p_zones/p_zone_quantities, what it takes of
-- the counters p_counters in p_take_…, in the order of the group. p_keep_…: the ask for a zone leaves alone what
-- the counter, up to its limit, keeps for others.
-- outcomes[i]: placed · taken (a seat or zone of it is not free) · again (an earlier order of this
-- group won a place of it: ask again and the answer is final) · stale (prices have changed, or a counter is not what the
-- quote was made from: quote again, with counters_used) · sales_closed.
create function place_holds(
  p_tenant integer, p_event integer, p_ttl_seconds integer,
  p_holds uuid[], p_pricing_versions integer[], p_tax_versions integer[], p_valid_until timestamptz[],
  p_net bigint[], p_discounts bigint[], p_fees bigint[], p_taxes bigint[], p_total bigint[],
  p_line_zone text[], p_line_seat text[], p_line_quantity text[], p_line_unit_price text[],
  p_line_net text[], p_line_discounts text[], p_line_fees text[], p_line_taxes text[],
  p_tax_rule_ids text[], p_tax_amounts text[],
  p_seat_orders integer[], p_seats integer[],
  p_zone_orders integer[], p_zones smallint[], p_zone_quantities integer[],
  p_terms text[], p_use_keys text[], p_use_counts text[],
  p_counters text[], p_take_orders integer[], p_take_counters integer[], p_take_counts integer[], p_take_limits integer[],
  p_take_exhausts boolean[], p_keep_asks integer[], p_keep_counters integer[], p_keep_limits integer[],
  out outcomes text[], out expires_at timestamptz, out free_seats integer[],
  out zones smallint[], out zones_left integer[], out counters_used integer[]
) language plpgsql
-- Tables are only ever reached by the keys in an array, and arrays meet by hashing, whatever the statistics say. Before
-- PostgreSQL 18 a way that is off costs 10^10, so that plans would be compiled: a confirm took 2 s instead of 10 ms.
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_count constant integer := cardinality(p_holds);
  v_on_sale boolean;
  v_version integer;
  v_known uuid[];
  -- What is kept for the holders of vouchers, by the asks for places.
  v_kept integer[] := array_fill(0, array[cardinality(p_zones)]);
  v_from integer := 1;
  v_until integer;
  v_order integer;
  v_fits boolean;
begin
  -- A group that is sent again after its answer was lost finds its own holds here.
  select coalesce(array_agg(h.hold_id), '{}') into v_known
    from holds h where h.tenant_id = p_tenant and h.hold_id = any (p_holds);

  -- Only free seats are locked: whoever asks for a seat that is taken waits for nobody.
  select coalesce(array_agg(s.seat_no), '{}') into free_seats
    from (select seat_no from seat_states
           where tenant_id = p_tenant and event_id = p_event and seat_no = any (p_seats) and state = 'free'
           order by seat_no for update) s;
  select coalesce(array_agg(z.zone_no), '{}'), coalesce(array_agg(z.capacity - z.held - z.sold), '{}')
    into zones, zones_left
    from (select * from zone_counters
           where tenant_id = p_tenant and event_id = p_event and zone_no = any (p_zones)
           order by zone_no for update) z;

  if cardinality(p_counters) > 0 then
    insert into use_counters (tenant_id, counter_key)
    select p_tenant, c.counter_key from unnest(p_counters) c (counter_key) order by c.counter_key collate "C"
    on conflict do nothing;
    select array_agg(l.used order by array_position(p_counters, l.counter_key)) into counters_used
      from (select * from use_counters where tenant_id = p_tenant and counter_key = any (p_counters)
             order by counter_key for update) l;
    for i in 1 .. cardinality(p_keep_asks) loop
      v_kept[p_keep_asks[i]] := v_kept[p_keep_asks[i]]
        + greatest(0, p_keep_limits[i] - counters_used[p_keep_counters[i]]);
    end loop;
  end if;

  -- After the locks, so that a seller's change of prices that took one of these places is seen.
  select e.status = 'published' and clock_timestamp() >= e.sales_start_at and clock_timestamp() < e.sales_end_at,
         e.pricing_version
    into v_on_sale, v_version
    from events e where e.tenant_id = p_tenant and e.event_id = p_event;
  if v_on_sale is not true then
    outcomes := array_fill('sales_closed'::text, array[v_count]);
    return;
  end if;

  -- generate_series and generate_subscripts are estimated at 1,000 rows, so these joins hash.
  with seat_asks as (
    select p_seat_orders[i] as ord, p_seats[i] as seat_no, f.seat_no is not null as free
      from generate_subscripts(p_seats, 1) i
      left join unnest(free_seats) f (seat_no) on f.seat_no = p_seats[i]
  ), zone_asks as (
    select p_zone_orders[i] as ord, p_zones[i] as zone_no, p_zone_quantities[i] as quantity,
           coalesce(l.places, 0) - v_kept[i] as places
      from generate_subscripts(p_zones, 1) i
      left join unnest(zones, zones_left) l (zone_no, places) on l.zone_no = p_zones[i]
  ), taken as (
    select ord from seat_asks where not free
    union select ord from zone_asks where quantity > places
  ), beaten as (
    select ord from (
      select ord, row_number() over (partition by seat_no order by ord) as place
        from seat_asks where ord not in (select ord from taken)) r
     where place > 1
    union
    select ord from (
      select ord, places, sum(quantity) over (partition by zone_no order by ord) as asked
        from zone_asks where ord not in (select ord from taken)) r
     where asked > places
  )
  select array_agg(case
           when p_holds[o.ord] = any (v_known) then 'known'
           when p_pricing_versions[o.ord] <> v_version then 'stale'
           when o.ord in (select t.ord from taken t) then 'taken'
           when o.ord in (select b.ord from beaten b) then 'again'
           else 'placed' end order by o.ord)
    into outcomes
    from generate_series(1, v_count) o (ord);

  -- One order after the other, so that a stage changes over at the very ticket: whoever finds other numbers than
  -- their quote was made from asks again. Arrays alone: no statement runs here.
  while v_from <= cardinality(p_take_orders) loop
    v_order := p_take_orders[v_from];
    v_fits := outcomes[v_order] = 'placed';
    v_until := v_from;
    while v_until <= cardinality(p_take_orders) and p_take_orders[v_until] = v_order loop
      v_fits := v_fits
        and p_take_counts[v_until] <= greatest(0, p_take_limits[v_until] - counters_used[p_take_counters[v_until]])
        and (not p_take_exhausts[v_until] or p_take_counts[v_until]
             = greatest(0, p_take_limits[v_until] - counters_used[p_take_counters[v_until]]));
      v_until := v_until + 1;
    end loop;
    if v_fits then
      for i in v_from .. v_until - 1 loop
        counters_used[p_take_counters[i]] := counters_used[p_take_counters[i]] + p_take_counts[i];
      end loop;
    elsif outcomes[v_order] = 'placed' then
      outcomes[v_order] := 'stale';
    end if;
    v_from := v_until;
  end loop;
  if cardinality(p_take_orders) > 0 then
    update use_counters c set used = counters_used[u.counter], allowed = u.allowed
      from (select p_take_counters[i] as counter, max(p_take_limits[i]) as allowed
              from generate_subscripts(p_take_orders, 1) i
             where outcomes[p_take_orders[i]] = 'placed' and p_take_counts[i] > 0 group by 1) u
     where c.tenant_id = p_tenant and c.counter_key = any (p_counters) and c.counter_key = p_counters[u.counter];
  end if;

  update seat_states s set state = 'held', hold_id = u.hold_id
    from (select p_seats[i] as seat_no, p_holds[p_seat_orders[i]] as hold_id
            from generate_subscripts(p_seats, 1) i where outcomes[p_seat_orders[i]] = 'placed') u
   where s.tenant_id = p_tenant and s.event_id = p_event
     and s.seat_no = any (free_seats) and s.seat_no = u.seat_no;

  update zone_counters z set held = z.held + u.quantity
    from (select p_zones[i] as zone_no, sum(p_zone_quantities[i])::integer as quantity
            from generate_subscripts(p_zones, 1) i where outcomes[p_zone_orders[i]] = 'placed'
           group by 1) u
   where z.tenant_id = p_tenant and z.event_id = p_event
     and z.zone_no = any (zones) and z.zone_no = u.zone_no;

  expires_at := date_trunc('milliseconds', clock_timestamp()) + make_interval(secs => p_ttl_seconds);
  insert into holds (tenant_id, hold_id, event_id, expires_at, pricing_version, tax_version, quote_valid_until,
                     net, discounts, fees, taxes, total,
                     line_zone, line_seat, line_quantity, line_unit_price,
                     line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts,
                     terms, use_keys, use_counts)
  select p_tenant, u.hold_id, p_event, place_holds.expires_at, u.pricing_version, u.tax_version, u.valid_until,
         u.net, u.discounts, u.fees, u.taxes, u.total,
         u.line_zone::smallint[], u.line_seat::integer[], u.line_quantity::smallint[], u.line_unit_price::bigint[],
         u.line_net::bigint[], u.line_discounts::bigint[], u.line_fees::bigint[], u.line_taxes::bigint[],
         u.tax_rule_ids::integer[], u.tax_amounts::bigint[], u.terms::jsonb, u.use_keys::text[], u.use_counts::integer[]
    from unnest(outcomes, p_holds, p_pricing_versions, p_tax_versions, p_valid_until,
                p_net, p_discounts, p_fees, p_taxes, p_total,
                p_line_zone, p_line_seat, p_line_quantity, p_line_unit_price,
                p_line_net, p_line_discounts, p_line_fees, p_line_taxes, p_tax_rule_ids, p_tax_amounts,
                p_terms, p_use_keys, p_use_counts)
      as u (outcome, hold_id, pricing_version, tax_version, valid_until,
            net, discounts, fees, taxes, total,
            line_zone, line_seat, line_quantity, line_unit_price,
            line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts,
            terms, use_keys, use_counts)
   where u.outcome = 'placed';

  select coalesce(array_agg(z.capacity - z.held - z.sold order by z.zone_no), '{}') into zones_left
    from zone_counters z
   where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = any (zones);
  outcomes := array_replace(outcomes, 'known', 'placed');
end $$;

-- Ends live holds of one event: released by the buyer, or expired by the sweep (only those whose time has
-- come by the database's clock, read under the lock). Their places go back on sale.
create or replace function end_holds(
  p_tenant integer, p_event integer, p_holds uuid[], p_state hold_state,
  out ended uuid[], out freed_seats integer[], out zones smallint[], out zones_left integer[]
) language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  v_counters text[];
begin
  select coalesce(array_agg(h.hold_id), '{}'), 
         string_to_array(string_agg(array_to_string(h.use_keys, ' '), ' ') filter (where cardinality(h.use_keys) > 0), ' ')
    into ended, v_counters
    from (select hold_id, expires_at, use_keys from holds
           where tenant_id = p_tenant and event_id = p_event and hold_id = any (p_holds) and state = 'live'
           order by hold_id for update) h
   where p_state <> 'expired' or h.expires_at <= clock_timestamp();

  with lines as materialized (
    select l.seat_no from holds h cross join unnest(h.line_seat) l (seat_no)
     where h.tenant_id = p_tenant and h.hold_id = any (ended) and l.seat_no > 0
  ), freed as (
    update seat_states s set state = 'free', hold_id = null
     where s.tenant_id = p_tenant and s.event_id = p_event
       and s.seat_no = any (array(select seat_no from lines)) and s.state = 'held' and s.hold_id = any (ended)
    returning s.seat_no
  )
  select coalesce(array_agg(seat_no), '{}') into freed_seats from freed;

  with sums as (
    select l.zone_no, sum(l.quantity)::integer as quantity
      from holds h cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
     where h.tenant_id = p_tenant and h.hold_id = any (ended) and l.seat_no = 0
     group by 1 order by 1
  ), freed as (
    update zone_counters z set held = z.held - u.quantity from sums u
     where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = u.zone_no
    returning z.zone_no, z.capacity - z.held - z.sold as places
  )
  select coalesce(array_agg(zone_no), '{}'), coalesce(array_agg(places), '{}') into zones, zones_left from freed;

  if cardinality(v_counters) > 0 then
    perform from use_counters c where c.tenant_id = p_tenant and c.counter_key = any (v_counters)
      order by c.counter_key for update;
    update use_counters c set used = c.used - u.uses
      from (select k.counter_key, sum(k.uses)::integer as uses
              from holds h cross join unnest(h.use_keys, h.use_counts) k (counter_key, uses)
             where h.tenant_id = p_tenant and h.hold_id = any (ended) group by 1) u
     where c.tenant_id = p_tenant and c.counter_key = any (v_counters) and c.counter_key = u.counter_key;
  end if;

  update holds h set state = p_state where h.tenant_id = p_tenant and h.hold_id = any (ended);
end $$;

drop function requote_hold;

-- Gives a live hold a new quote; with p_counters, of other terms, whose uses replace those that the hold had.
-- outcome: changed · ended (the hold is not live any more) · full (a counter has no room; nothing has changed).
create function requote_hold(
  p_tenant integer, p_hold uuid, p_pricing_version integer, p_tax_version integer, p_valid_until timestamptz,
  p_net bigint, p_discounts bigint, p_fees bigint, p_taxes bigint, p_total bigint,
  p_line_zone smallint[], p_line_seat integer[], p_line_quantity smallint[],
  p_line_unit_price bigint[], p_line_net bigint[], p_line_discounts bigint[], p_line_fees bigint[],
  p_line_taxes bigint[], p_tax_rule_ids integer[], p_tax_amounts bigint[], p_terms jsonb,
  p_counters text[], p_counts integer[], p_limits integer[], out outcome text, out full_counter text
) language plpgsql as $$
declare
  v_keys text[];
  v_counts integer[];
begin
  select h.use_keys, h.use_counts into v_keys, v_counts from holds h
   where h.tenant_id = p_tenant and h.hold_id = p_hold and h.state = 'live' and h.expires_at > clock_timestamp()
     for update;
  if not found then
    outcome := 'ended';
    return;
  end if;
  if p_counters is not null then
    insert into use_counters (tenant_id, counter_key)
    select p_tenant, c.counter_key from unnest(p_counters) c (counter_key) order by c.counter_key collate "C"
    on conflict do nothing;
    perform from use_counters c where c.tenant_id = p_tenant and c.counter_key = any (v_keys || p_counters)
      order by c.counter_key for update;
    select c.counter_key into full_counter from use_counters c
      join unnest(p_counters, p_counts, p_limits) n (counter_key, uses, allowed) on n.counter_key = c.counter_key
      left join unnest(v_keys, v_counts) o (counter_key, uses) on o.counter_key = c.counter_key
     where c.tenant_id = p_tenant and n.uses > coalesce(o.uses, 0)
       and c.used - coalesce(o.uses, 0) + n.uses > n.allowed;
    if found then
      outcome := 'full';
      return;
    end if;
    update use_counters c
       set used = c.used + d.uses, allowed = case when d.uses > 0 then d.allowed else c.allowed end
      from (select counter_key, sum(uses)::integer as uses, max(allowed) as allowed
              from (select * from unnest(p_counters, p_counts, p_limits) n (counter_key, uses, allowed)
                    union all select o.counter_key, -o.uses, 0 from unnest(v_keys, v_counts) o (counter_key, uses)) u
             group by 1) d
     where c.tenant_id = p_tenant and c.counter_key = d.counter_key and d.uses <> 0;
  end if;
  update holds set pricing_version = p_pricing_version, tax_version = p_tax_version, quote_valid_until = p_valid_until,
         net = p_net, discounts = p_discounts, fees = p_fees, taxes = p_taxes, total = p_total,
         line_zone = p_line_zone, line_seat = p_line_seat, line_quantity = p_line_quantity,
         line_unit_price = p_line_unit_price, line_net = p_line_net, line_discounts = p_line_discounts,
         line_fees = p_line_fees, line_taxes = p_line_taxes,
         tax_rule_ids = p_tax_rule_ids, tax_amounts = p_tax_amounts, terms = p_terms,
         use_keys = coalesce(p_counters, use_keys), use_counts = case when p_counters is null then use_counts else p_counts end
   where tenant_id = p_tenant and hold_id = p_hold;
  outcome := 'changed';
end $$;
