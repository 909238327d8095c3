-- What follows a sale, in batches. As in the hot path, each function is the same few statements
-- whatever the number of sales, each on one table with the tenant as an equality, reached by keys in
-- an array.

-- Tells the processes that stream progress which sales have news: 'tenant:id,id,…'. A payload may
-- have 8,000 bytes, and 200 ids are 7,400.
create function notify_progress(p_tenant integer, p_transactions uuid[]) returns void language sql as $$
  select pg_notify('taquilla_progress', p_tenant || ':' || string_agg(id::text, ','))
    from unnest(p_transactions) with ordinality u (id, place)
   group by (place - 1) / 200
$$;

-- Ends steps, or records that an attempt at them failed (state 'pending', the reason in p_details): the
-- last attempt that p_attempts_max allows ends the step as failed. The end of a step takes the sale's
-- next progress event; with its last step the sale is completed, and that takes one more. A step that
-- has ended never changes again, so a repeated call changes nothing. Lock order: transactions by key.
-- Returns the steps of these sales that are still pending.
create function finish_steps(
  p_tenant integer, p_transactions uuid[], p_names step_name[], p_states step_state[], p_details text[],
  p_attempts_max integer
) returns table (transaction_id uuid, name step_name) language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_sales uuid[];
  v_counts smallint[];
  v_open_sales uuid[];
  v_open_names step_name[];
  v_open_attempts smallint[];
  v_sale uuid[];
  v_name step_name[];
  v_state step_state[];
  v_detail text[];
  v_event integer[];
begin
  select array_agg(t.transaction_id), array_agg(t.progress_events) into v_sales, v_counts
    from (select t.transaction_id, t.progress_events from transactions t
           where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
           order by t.transaction_id for no key update) t;
  v_now := clock_timestamp();

  -- A statement of its own, so that it sees what was committed while this one waited for its locks.
  select array_agg(s.transaction_id), array_agg(s.name), array_agg(s.attempts)
    into v_open_sales, v_open_names, v_open_attempts
    from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (v_sales) and s.state = 'pending';

  with asked as (
    select distinct on (a.transaction_id, a.name) a.transaction_id, a.name, a.detail, a.place,
           case when a.state = 'pending' and o.attempts + 1 >= p_attempts_max then 'failed' else a.state end as state
      from unnest(p_transactions, p_names, p_states, p_details) with ordinality
             a (transaction_id, name, state, detail, place)
      join unnest(v_open_sales, v_open_names, v_open_attempts) o (transaction_id, name, attempts)
        on o.transaction_id = a.transaction_id and o.name = a.name
     order by a.transaction_id, a.name, a.place
  )
  select array_agg(a.transaction_id), array_agg(a.name), array_agg(a.state), array_agg(a.detail),
         array_agg(case when a.state <> 'pending' then c.count + a.rank end)
    into v_sale, v_name, v_state, v_detail, v_event
    from (select *, count(*) filter (where state <> 'pending')
                      over (partition by transaction_id order by place) as rank from asked) a
    join unnest(v_sales, v_counts) c (transaction_id, count) on c.transaction_id = a.transaction_id;

  update steps s
     set state = u.state, detail = u.detail, progress_event = u.event, attempts = s.attempts + 1, updated_at = v_now
    from unnest(v_sale, v_name, v_state, v_detail, v_event) u (transaction_id, name, state, detail, event)
   where s.tenant_id = p_tenant and s.transaction_id = any (v_sale)
     and s.transaction_id = u.transaction_id and s.name = u.name;

  with ended as (
    select u.transaction_id, count(*) as steps
      from unnest(v_sale, v_event) u (transaction_id, event) where u.event is not null group by 1
  ), open as (
    select o.transaction_id, count(*) as steps from unnest(v_open_sales) o (transaction_id) group by 1
  ), news as (
    select e.transaction_id, e.steps, e.steps = o.steps as last
      from ended e join open o on o.transaction_id = e.transaction_id
  )
  update transactions t
     set progress_events = t.progress_events + n.steps + case when n.last then 1 else 0 end,
         status = case when n.last and t.status = 'processing' then 'completed' else t.status end,
         completed_at = case when n.last and t.status = 'processing' then v_now else t.completed_at end
    from news n
   where t.tenant_id = p_tenant and t.transaction_id = any (v_sale) and t.transaction_id = n.transaction_id;

  perform notify_progress(p_tenant, array_agg(distinct u.transaction_id))
     from unnest(v_sale, v_event) u (transaction_id, event) where u.event is not null;

  return query
    select o.transaction_id, o.name from unnest(v_open_sales, v_open_names) o (transaction_id, name)
     where not exists (
       select from unnest(v_sale, v_name, v_event) u (transaction_id, name, event)
        where u.transaction_id = o.transaction_id and u.name = o.name and u.event is not null);
end $$;

-- Adds sales to the statistics of their zones, each sale exactly once: its 'statistics' step ends in
-- the same transaction, under the sale's lock. Lock order: transactions by key, zones by key.
create function count_sales(p_tenant integer, p_transactions uuid[]) returns integer language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_sales uuid[];
  v_zones record;
begin
  perform t.transaction_id from transactions t
    where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
    order by t.transaction_id for no key update;
  select array_agg(s.transaction_id) into v_sales
    from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (p_transactions)
     and s.name = 'statistics' and s.state = 'pending';
  if v_sales is null then
    return 0;
  end if;

  select array_agg(z.event_id) as event_ids, array_agg(z.zone_no) as zone_nos, array_agg(z.tickets) as tickets,
         array_agg(z.net) as net, array_agg(z.discounts) as discounts, array_agg(z.fees) as fees,
         array_agg(z.taxes) as taxes, array_agg(z.total) as total
    into v_zones
    from (select i.event_id, i.zone_no, count(*) as tickets, sum(i.net)::bigint as net,
                 sum(i.discounts)::bigint as discounts, sum(i.fees)::bigint as fees,
                 sum(i.taxes)::bigint as taxes, sum(i.total)::bigint as total
            from transaction_items i
           where i.tenant_id = p_tenant and i.transaction_id = any (v_sales) and i.state = 'live'
           group by 1, 2 order by 1, 2) z;

  insert into zone_statistics as z (tenant_id, event_id, zone_no, tickets_sold, net, discounts, fees, taxes, total, updated_at)
  select p_tenant, u.*, clock_timestamp()
    from unnest(v_zones.event_ids, v_zones.zone_nos, v_zones.tickets, v_zones.net, v_zones.discounts,
                v_zones.fees, v_zones.taxes, v_zones.total) u
  on conflict (tenant_id, event_id, zone_no) do update
     set tickets_sold = z.tickets_sold + excluded.tickets_sold, net = z.net + excluded.net,
         discounts = z.discounts + excluded.discounts, fees = z.fees + excluded.fees,
         taxes = z.taxes + excluded.taxes, total = z.total + excluded.total, updated_at = excluded.updated_at;

  perform finish_steps(p_tenant, v_sales, array_fill('statistics'::step_name, array[cardinality(v_sales)]),
                       array_fill('done'::step_state, array[cardinality(v_sales)]),
                       array_fill(null::text, array[cardinality(v_sales)]), 1);
  return cardinality(v_sales);
end $$;

-- The instant that a UUIDv7 was made at, to the millisecond.
create function uuidv7_instant(id uuid) returns timestamptz language sql immutable strict parallel safe as $$
  select to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
$$;
