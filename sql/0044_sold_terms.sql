-- What a sale's tickets were sold as, and where: their kinds and price stages stand in the terms of the hold that the sale
-- confirmed, and the kind of fiscal point is that of its document's series. So the group's transaction writes nothing more for it.

-- The kinds and stages of the places of holds, numbered as their sale numbers them; no row where the prices have neither.
create function hold_terms(p_tenant integer, p_holds uuid[])
returns table (hold_id uuid, item_no smallint, ticket_kind text, price_stage text)
language sql stable as $$
  select h.hold_id, (row_number() over (partition by h.hold_id order by l.line_no, place))::smallint,
         h.terms->'kinds'->>(l.line_no::integer - 1), h.terms->'stages'->>(l.line_no::integer - 1)
    from holds h
   cross join unnest(h.line_quantity) with ordinality l (quantity, line_no)
   cross join generate_series(1, l.quantity) place
   where h.tenant_id = p_tenant and h.hold_id = any (p_holds) and h.terms is not null
$$;

-- The name that a code has in a list ('ticketKinds', 'stages') of an event's prices as they were.
create function price_name(p_tenant integer, p_event integer, p_version integer, p_list text, p_code text)
returns text language sql stable as $$
  select e->>'name'
    from price_lists p cross join jsonb_array_elements(p.list->p_list) e
   where p.tenant_id = p_tenant and p.event_id = p_event and p.pricing_version = p_version and e->>'code' = p_code
$$;

-- Adds sales to the statistics; the caller sees to it that each is added once. Lock order: statistics by key, then taxes by
-- key.
create or replace function add_statistics(p_tenant integer, p_transactions uuid[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_holds uuid[];
begin
  select array_agg(t.hold_id) into v_holds
    from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions);

  insert into sales_statistics as s
         (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net, discounts, fees, taxes, total,
          updated_at, tickets_returned, taxes_returned, total_returned)
  select p_tenant, t.event_id, i.zone_no, coalesce(h.price_stage, '') as price_stage,
         coalesce(d.channel, 'online') as channel, t.quarter, count(*),
         sum(i.net), sum(i.discounts), sum(i.fees),
         sum(i.taxes), sum(i.total), clock_timestamp(), count(*) filter (where i.state = 'returned'),
         coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0),
         coalesce(sum(i.total) filter (where i.state = 'returned'), 0)
    from (select t.transaction_id, t.event_id, t.hold_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter
            from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)) t
    join transaction_items i on i.transaction_id = t.transaction_id
    left join (select d.transaction_id, p.kind::text as channel
            from fiscal_documents d
            join fiscal_series f on f.tenant_id = p_tenant and f.series_id = d.series_id
            join fiscal_points p on p.tenant_id = p_tenant and p.point_no = f.point_no
           where d.tenant_id = p_tenant and d.transaction_id = any (p_transactions)) d
      on d.transaction_id = t.transaction_id
    left join hold_terms(p_tenant, v_holds) h on h.hold_id = t.hold_id and h.item_no = i.item_no
   where i.tenant_id = p_tenant and i.transaction_id = any (p_transactions)
   group by t.event_id, i.zone_no, h.price_stage, d.channel, t.quarter
   order by t.event_id, i.zone_no, price_stage, channel, t.quarter
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

select rebuild_statistics(tenant_id, null, 5000) from sellers;
