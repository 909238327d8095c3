-- Holds in groups. Each function is a handful of plain statements over arrays, whatever the size of
-- the group. Lock order everywhere: holds, seats by key, zone counters by key, series row last.

-- Places a group of holds of one event. Order i of the group is p_holds[i]; its seats and its places in
-- general zones stand in p_seat_orders/p_seats and p_zone_orders/p_zones/p_zone_quantities.
-- outcomes[i]: placed · taken (a seat or zone of it is not free) · again (an earlier order of this
-- group won a place of it: ask again and the answer is final) · sales_closed.
create function place_holds(
  p_tenant integer, p_event integer, p_ttl_seconds integer,
  p_holds uuid[], p_pricing_versions integer[], p_tax_versions integer[], p_valid_until timestamptz[],
  p_net bigint[], p_discounts bigint[], p_fees bigint[], p_taxes bigint[], p_total bigint[],
  p_line_zone text[], p_line_seat text[], p_line_quantity text[], p_line_unit_price text[],
  p_line_net text[], p_line_discounts text[], p_line_fees text[], p_line_taxes text[],
  p_tax_rule_ids text[], p_tax_amounts text[],
  p_seat_orders integer[], p_seats integer[],
  p_zone_orders integer[], p_zones smallint[], p_zone_quantities integer[],
  out outcomes text[], out expires_at timestamptz, out free_seats integer[],
  out zones smallint[], out zones_left integer[]
) language plpgsql
-- Tables are only ever reached by the keys in an array, and arrays meet by hashing, whatever the statistics say. Before
-- PostgreSQL 18 a way that is off costs 10^10, so that plans would be compiled: a confirm took 2 s instead of 10 ms.
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_count constant integer := cardinality(p_holds);
  v_on_sale boolean;
  v_known uuid[];
begin
  select e.status = 'published' and clock_timestamp() >= e.sales_start_at and clock_timestamp() < e.sales_end_at
    into v_on_sale
    from events e where e.tenant_id = p_tenant and e.event_id = p_event;
  if v_on_sale is not true then
    outcomes := array_fill('sales_closed'::text, array[v_count]);
    return;
  end if;

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

  -- generate_series and generate_subscripts are estimated at 1,000 rows, so these joins hash.
  with seat_asks as (
    select p_seat_orders[i] as ord, p_seats[i] as seat_no, f.seat_no is not null as free
      from generate_subscripts(p_seats, 1) i
      left join unnest(free_seats) f (seat_no) on f.seat_no = p_seats[i]
  ), zone_asks as (
    select p_zone_orders[i] as ord, p_zones[i] as zone_no, p_zone_quantities[i] as quantity,
           coalesce(l.places, 0) as places
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
           when o.ord in (select t.ord from taken t) then 'taken'
           when o.ord in (select b.ord from beaten b) then 'again'
           else 'placed' end order by o.ord)
    into outcomes
    from generate_series(1, v_count) o (ord);

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
                     line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts)
  select p_tenant, u.hold_id, p_event, place_holds.expires_at, u.pricing_version, u.tax_version, u.valid_until,
         u.net, u.discounts, u.fees, u.taxes, u.total,
         u.line_zone::smallint[], u.line_seat::integer[], u.line_quantity::smallint[], u.line_unit_price::bigint[],
         u.line_net::bigint[], u.line_discounts::bigint[], u.line_fees::bigint[], u.line_taxes::bigint[],
         u.tax_rule_ids::integer[], u.tax_amounts::bigint[]
    from unnest(outcomes, p_holds, p_pricing_versions, p_tax_versions, p_valid_until,
                p_net, p_discounts, p_fees, p_taxes, p_total,
                p_line_zone, p_line_seat, p_line_quantity, p_line_unit_price,
                p_line_net, p_line_discounts, p_line_fees, p_line_taxes, p_tax_rule_ids, p_tax_amounts)
      as u (outcome, hold_id, pricing_version, tax_version, valid_until,
            net, discounts, fees, taxes, total,
            line_zone, line_seat, line_quantity, line_unit_price,
            line_net, line_discounts, line_fees, line_taxes, tax_rule_ids, tax_amounts)
   where u.outcome = 'placed';

  select coalesce(array_agg(z.capacity - z.held - z.sold order by z.zone_no), '{}') into zones_left
    from zone_counters z
   where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = any (zones);
  outcomes := array_replace(outcomes, 'known', 'placed');
end $$;

-- Ends live holds of one event: released by the buyer, or expired by the sweep (only those whose time has
-- come by the database's clock, read under the lock). Their places go back on sale.
create function end_holds(
  p_tenant integer, p_event integer, p_holds uuid[], p_state hold_state,
  out ended uuid[], out freed_seats integer[], out zones smallint[], out zones_left integer[]
) language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  select coalesce(array_agg(h.hold_id), '{}') into ended
    from (select hold_id, expires_at from holds
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

  update holds h set state = p_state where h.tenant_id = p_tenant and h.hold_id = any (ended);
end $$;

-- Prolongs live holds of one seller, each at most p_extensions_max times; a hold that does not come back was not
-- prolonged.
create function extend_holds(p_tenant integer, p_holds uuid[], p_seconds integer, p_extensions_max integer)
returns table (hold_id uuid, expires_at timestamptz) language sql as $$
  with locked as (
    select h.hold_id from holds h
     where h.tenant_id = p_tenant and h.hold_id = any (p_holds) and h.state = 'live'
     order by h.hold_id for update
  )
  update holds h set expires_at = h.expires_at + make_interval(secs => p_seconds), extensions = h.extensions + 1
   where h.tenant_id = p_tenant and h.hold_id in (select l.hold_id from locked l)
     and h.state = 'live' and h.expires_at > clock_timestamp() and h.extensions < p_extensions_max
  returning h.hold_id, h.expires_at
$$;
