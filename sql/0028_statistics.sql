-- Statistics of sales: by event, zone, price stage, channel and quarter of an hour, and of taxes by their rules. Quarters,
-- since every time zone in use is off UTC by a multiple of one: hours and days of any zone are sums of them.

drop table zone_statistics;

-- What changes with each batch stands between what never does, which keeps the WAL of an update short.
create table sales_statistics (
  tenant_id integer not null,
  event_id integer not null,
  zone_no smallint not null,
  -- The code of the price stage that the places were sold in; empty where prices have no stages.
  price_stage text not null,
  channel text not null,
  -- The start of the quarter of an hour, in UTC, in which the sales were made.
  quarter timestamptz not null,
  tickets_sold bigint not null,
  net bigint not null,
  discounts bigint not null,
  fees bigint not null,
  taxes bigint not null,
  total bigint not null,
  updated_at timestamptz not null,
  -- Of what was sold in that quarter, what was given back since.
  tickets_returned bigint not null,
  taxes_returned bigint not null,
  total_returned bigint not null,
  primary key (tenant_id, event_id, zone_no, price_stage, channel, quarter)
) with (fillfactor = 50);

create table tax_statistics (
  tenant_id integer not null,
  event_id integer not null,
  tax_rule_id integer not null,
  quarter timestamptz not null,
  taxes bigint not null,
  primary key (tenant_id, event_id, tax_rule_id, quarter)
) with (fillfactor = 50);

-- Adds sales to the statistics; the caller sees to it that each is added once. Until sales say in which channel and price
-- stage they were made, they count as 'web' and as of no stage. Lock order: statistics by key, then taxes by key.
create function add_statistics(p_tenant integer, p_transactions uuid[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
begin
  insert into sales_statistics as s
         (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net, discounts, fees, taxes, total,
          updated_at, tickets_returned, taxes_returned, total_returned)
  select p_tenant, t.event_id, i.zone_no, '', 'web', t.quarter, count(*), sum(i.net), sum(i.discounts), sum(i.fees),
         sum(i.taxes), sum(i.total), clock_timestamp(), count(*) filter (where i.state = 'returned'),
         coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0),
         coalesce(sum(i.total) filter (where i.state = 'returned'), 0)
    from (select t.transaction_id, t.event_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter
            from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)) t
    join transaction_items i on i.transaction_id = t.transaction_id
   where i.tenant_id = p_tenant and i.transaction_id = any (p_transactions)
   group by t.event_id, i.zone_no, t.quarter
   order by t.event_id, i.zone_no, t.quarter
  on conflict (tenant_id, event_id, zone_no, price_stage, channel, quarter) do update
     set tickets_sold = s.tickets_sold + excluded.tickets_sold, net = s.net + excluded.net,
         discounts = s.discounts + excluded.discounts, fees = s.fees + excluded.fees,
         taxes = s.taxes + excluded.taxes, total = s.total + excluded.total, updated_at = excluded.updated_at,
         tickets_returned = s.tickets_returned + excluded.tickets_returned,
         taxes_returned = s.taxes_returned + excluded.taxes_returned,
         total_returned = s.total_returned + excluded.total_returned;

  insert into tax_statistics as s (tenant_id, event_id, tax_rule_id, quarter, taxes)
  select p_tenant, t.event_id, u.rule_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter, sum(u.amount)
    from transactions t cross join unnest(t.tax_rule_ids, t.tax_amounts) u (rule_id, amount)
   where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
   group by t.event_id, u.rule_id, quarter
   order by t.event_id, u.rule_id, quarter
  on conflict (tenant_id, event_id, tax_rule_id, quarter) do update set taxes = s.taxes + excluded.taxes;
end $$;

-- Adds sales to the statistics, each sale exactly once: its 'statistics' step ends in the same transaction, under the sale's
-- lock. Lock order: the seller's statistics (shared), transactions by key, statistics by key.
create or replace function count_sales(p_tenant integer, p_transactions uuid[]) returns integer language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_sales uuid[];
begin
  perform pg_advisory_xact_lock_shared(hashtext('statistics'), p_tenant);
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

  perform add_statistics(p_tenant, v_sales);
  perform finish_steps(p_tenant, v_sales, array_fill('statistics'::step_name, array[cardinality(v_sales)]),
                       array_fill('done'::step_state, array[cardinality(v_sales)]),
                       array_fill(null::text, array[cardinality(v_sales)]), 1);
  return cardinality(v_sales);
end $$;

-- Makes a seller's statistics, or those of one event, anew from the sales that are counted, p_page sales at a time. Sales that are
-- being counted meanwhile wait at the lock, which comes first, so that every later statement sees what was counted
-- before; reports go on reading the statistics as they were. Returns the number of sales that are in them.
create function rebuild_statistics(p_tenant integer, p_event integer, p_page integer) returns integer language plpgsql as $$
declare
  v_page uuid[];
  v_sales uuid[];
  v_after uuid := '00000000-0000-0000-0000-000000000000';
  v_count integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('statistics'), p_tenant);
  delete from sales_statistics where tenant_id = p_tenant and (p_event is null or event_id = p_event);
  delete from tax_statistics where tenant_id = p_tenant and (p_event is null or event_id = p_event);
  loop
    select array_agg(t.transaction_id order by t.transaction_id),
           array_agg(t.transaction_id) filter (where p_event is null or t.event_id = p_event)
      into v_page, v_sales
      from (select transaction_id, event_id from transactions
             where tenant_id = p_tenant and transaction_id > v_after order by transaction_id limit p_page) t;
    exit when v_page is null;
    v_after := v_page[cardinality(v_page)];
    select array_agg(s.transaction_id) into v_sales
      from steps s
     where s.tenant_id = p_tenant and s.transaction_id = any (v_sales) and s.name = 'statistics' and s.state = 'done';
    continue when v_sales is null;
    perform add_statistics(p_tenant, v_sales);
    v_count := v_count + cardinality(v_sales);
  end loop;
  return v_count;
end $$;

select rebuild_statistics(tenant_id, null, 5000) from sellers;
